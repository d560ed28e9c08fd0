package schema

import (
	"bytes"
	"fmt"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// report gathers the problems of one reading.
type report struct {
	file    string
	source  []byte          // normalized
	lines   []int           // offsets of the lines of source, filled on first use
	secret  map[int]bool    // lines that must not be shown; nil while there is no tree to tell
	sounds  map[string]bool // keys that sound like a secret, and those that do not
	list    diag.List
	omitted int
}

// add reports an error at a place. The summary is a format; text that the
// author wrote goes in with %q or as a checked word.
func (r *report) add(at key, width int, code, hint, format string, args ...any) {
	r.put(diag.Diagnostic{
		Code:    code,
		Pos:     diag.Pos{File: r.file, Line: int(at.line), Col: int(at.col)},
		Width:   width,
		Summary: fmt.Sprintf(format, args...),
		Hint:    hint,
	})
}

// full reports whether no more problems are kept, so that explaining another
// is lost time.
func (r *report) full() bool { return len(r.list) >= maxProblems }

func (r *report) put(d diag.Diagnostic) {
	if r.full() {
		r.omitted++
		return
	}
	r.list = append(r.list, d)
}

// value reports an error of a value, once.
func (r *report) value(n *node, code, hint, format string, args ...any) {
	if n.reported {
		return
	}
	n.reported = true
	r.add(n.place(), n.width(), code, hint, format, args...)
}

// key reports an error of a key.
func (r *report) key(k key, code, hint, format string, args ...any) {
	r.add(k, len([]rune(k.name)), code, hint, format, args...)
}

// warn reports what is worth knowing of a value.
func (r *report) warn(n *node, code, hint, format string, args ...any) {
	r.warning(n.place(), n.width(), code, hint, format, args...)
}

// warnKey reports what is worth knowing of a key.
func (r *report) warnKey(k key, code, hint, format string, args ...any) {
	r.warning(k, len([]rune(k.name)), code, hint, format, args...)
}

func (r *report) warning(at key, width int, code, hint, format string, args ...any) {
	r.put(diag.Diagnostic{
		Severity: diag.Warning,
		Code:     code,
		Pos:      diag.Pos{File: r.file, Line: int(at.line), Col: int(at.col)},
		Width:    width,
		Summary:  fmt.Sprintf(format, args...),
		Hint:     hint,
	})
}

// finish returns the problems in order, those on lines with secrets marked.
func (r *report) finish() diag.List {
	for i, d := range r.list {
		r.list[i].Sensitive = r.secret[d.Pos.Line] || r.secret == nil && r.maySecret(d.Pos.Line)
	}
	l := r.list.Sort()
	if r.omitted > 0 {
		l = append(l, diag.Diagnostic{
			Code:    CodeTooMany,
			Pos:     diag.Pos{File: r.file},
			Summary: fmt.Sprintf("at least %d more problems are not shown", r.omitted),
			Hint:    "mend these first: one mistake often causes many",
		})
	}
	if len(l) == 0 {
		return nil
	}
	return l
}

// line returns a line of the source, counted from 1.
func (r *report) line(n int) []byte {
	if r.lines == nil {
		r.lines = []int{0}
		for i, c := range r.source {
			if c == '\n' {
				r.lines = append(r.lines, i+1)
			}
		}
	}
	if n < 1 || n > len(r.lines) {
		return nil
	}
	l := r.source[r.lines[n-1]:]
	if i := bytes.IndexByte(l, '\n'); i >= 0 {
		l = l[:i]
	}
	return l
}
