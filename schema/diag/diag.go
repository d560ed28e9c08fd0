// Package diag describes problems in a manifest to the person who wrote it.
//
// A [Diagnostic] says what is wrong (Summary), where (Pos and Width), why and
// how to mend it (Hint), under a stable Code. It is a plain value: package
// view draws it with the source line and a caret, or encodes it as JSON. A
// nil [List] means that all is well.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity tells a problem that stops from one that is only worth knowing.
type Severity int

// The severities.
const (
	Error   Severity = iota // the manifest or plan cannot be used
	Warning                 // it can be used, and somebody should look
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Pos is a place in a source file. Line and Col start at 1 and count runes;
// 0 means unknown.
type Pos struct {
	File string
	Line int
	Col  int
}

// IsValid reports whether the place within the file is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String returns "file:line:col", without what is unknown.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Compare orders places by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Diagnostic is one problem. Summary is one line in lower case without a full
// stop; Hint says how to mend it and may be empty. Neither ever holds a secret.
type Diagnostic struct {
	Severity Severity
	Code     string // stable, "DBSR" and four digits
	Pos      Pos
	Width    int // columns to underline from Pos, 0 for one
	Summary  string
	Hint     string
	Field    string // what it concerns, as [FieldOf] has it; "" when it is no field

	// Sensitive says that the source line may hold a secret and must not be
	// shown.
	Sensitive bool
}

// Error returns "file:line:col: error[CODE]: summary".
func (d Diagnostic) Error() string {
	var b strings.Builder
	if s := d.Pos.String(); s != "" {
		b.WriteString(s + ": ")
	}
	fmt.Fprintf(&b, "%s[%s]: %s", d.Severity, d.Code, d.Summary)
	return b.String()
}

// List is the problems of one reading; nil is success.
type List []Diagnostic

// Sort returns the list ordered by place, then code, then summary, without
// exact repetitions.
func (l List) Sort() List {
	s := slices.Clone(l)
	slices.SortStableFunc(s, func(a, b Diagnostic) int {
		return cmp.Or(a.Pos.Compare(b.Pos), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Summary, b.Summary))
	})
	return slices.Compact(s)
}

// HasErrors reports whether any problem of the list stops.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Errors counts the problems that stop.
func (l List) Errors() int {
	n := 0
	for _, d := range l {
		if d.Severity == Error {
			n++
		}
	}
	return n
}
