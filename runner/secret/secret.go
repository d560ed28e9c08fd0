// Package secret reads a secret from where a manifest says, and holds it so
// that nothing prints it.
//
// A [Value] shows itself as "REDACTED" through every verb of fmt, log/slog,
// encoding/json, encoding/xml, YAML and text/template, and also where those
// reach it only by reflection, as an unexported field of something else: the
// text sits behind a pointer, which they print as an address. Only
// [Value.Reveal] gives it out.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "REDACTED"

// Value is a secret. The zero Value holds none.
type Value struct {
	text *string
}

// New returns text as a secret.
func New(text string) Value { return Value{&text} }

// Reveal returns the secret itself, "" for none. Call it where it is sent and
// keep the result nowhere.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// String returns "REDACTED".
func (Value) String() string { return redacted }

// Format writes "REDACTED", whatever the verb.
func (Value) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// MarshalText returns "REDACTED", for JSON, XML and YAML too.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "REDACTED".
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }
