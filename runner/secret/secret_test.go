package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/runner/secret"
)

const canary = "canary-p@ss"

// carrier holds a secret in each way in which a struct may.
type carrier struct {
	Password secret.Value
	Pointer  *secret.Value
	List     []secret.Value
	Map      map[string]secret.Value `xml:"-"`
	hidden   secret.Value
	any      any
}

func carriers() []any {
	v := secret.New(canary)
	c := carrier{v, &v, []secret.Value{v}, map[string]secret.Value{"k": v}, v, v}
	return []any{v, &v, c, &c, []any{c}, map[string]any{"k": c}}
}

// channels are the ways out of a program, each as a function that shows a value.
func channels() map[string]func(any) string {
	marshal := func(f func(any) ([]byte, error)) func(any) string {
		return func(v any) string {
			b, err := f(v)
			return fmt.Sprint(string(b), err)
		}
	}
	logged := func(h func(*bytes.Buffer) slog.Handler) func(any) string {
		return func(v any) string {
			var b bytes.Buffer
			slog.New(h(&b)).Info("m", "k", v, slog.Group("g", "k", v))
			return b.String()
		}
	}
	all := map[string]func(any) string{
		"json": marshal(json.Marshal), "xml": marshal(xml.Marshal), "yaml": marshal(yaml.Marshal),
		"slog text": logged(func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) }),
		"slog json": logged(func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) }),
		"gob": func(v any) string {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.String() + fmt.Sprint(err)
		},
		"template": func(v any) string {
			var b bytes.Buffer
			err := template.Must(template.New("").Parse("{{.}} {{printf `%s %q` . .}}")).Execute(&b, v)
			return b.String() + fmt.Sprint(err)
		},
		"errors": func(v any) string {
			return errors.Join(fmt.Errorf("a: %v", v), fmt.Errorf("b: %w", errors.New(fmt.Sprint(v)))).Error()
		},
		"print": func(v any) string { return fmt.Sprint(v) + fmt.Sprintln(v) },
		"panic": func(v any) (text string) {
			defer func() { text = fmt.Sprintf("%v %+v %#v", recover(), v, v) }()
			panic(v)
		},
	}
	for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %o %b %c %U %e %t %T %10.3v %-20s % x %#x %!") {
		all[verb] = func(v any) string { return fmt.Sprintf(verb, v) }
	}
	return all
}

func TestNoWayOutShowsASecret(t *testing.T) {
	for name, show := range channels() {
		for _, v := range carriers() {
			got := strings.ToLower(show(v))
			for _, form := range []string{canary, "canary", fmt.Sprintf("%x", canary), fmt.Sprintf("% x", canary), fmt.Sprintf("%d", []byte(canary))} {
				if strings.Contains(got, form) {
					t.Errorf("%s of %T shows the secret: %s", name, v, got)
				}
			}
		}
	}
}

func TestASecretShowsAsRedacted(t *testing.T) {
	v := secret.New(canary)
	j, err := json.Marshal(map[string]any{"password": v})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{fmt.Sprint(v), v.String(), fmt.Sprintf("%#v", v), strings.Trim(string(j[12:]), `"}`), v.LogValue().String()} {
		if got != "REDACTED" {
			t.Errorf("got %s, want REDACTED", got)
		}
	}
}

func TestOnlyRevealGivesItOut(t *testing.T) {
	if got := secret.New(canary).Reveal(); got != canary {
		t.Errorf("got %q, want %q", got, canary)
	}
	if got := (secret.Value{}).Reveal(); got != "" {
		t.Errorf("got %q of the zero Value, want nothing", got)
	}
}
