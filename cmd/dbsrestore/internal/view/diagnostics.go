package view

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const (
	sourceWidth = 120 // columns of a shown source line with its gutter
	maxCodes    = 5   // named where help is offered
)

// Diagnostics writes problems as a compiler does: severity, code and summary,
// the place, the source line with the span underlined, the hint; last the
// totals, and where there is help on the codes. Of more than three problems that
// are alike the first is written, and where the next two are. Sources holds the
// text of files by name; without it, and of a sensitive diagnostic, only the
// place is shown. An empty list writes nothing.
func Diagnostics(w io.Writer, l diag.List, sources map[string][]byte) {
	if len(l) == 0 {
		return
	}
	p := page{}
	src := source{files: sources}
	groups, left := shown(l)
	for _, same := range groups {
		p.diagnostic(same, &src)
		p.blank()
	}
	totals := Plural(l.Errors(), "error") + ", " + Plural(len(l)-l.Errors(), "warning")
	if left > 0 {
		totals += fmt.Sprintf("; %d of them are not shown", left)
	}
	p.line(0, cell{text: totals})
	p.line(0, cell{text: "more about them: dbsrestore help " + strings.Join(codes(groups), " ")})
	p.writeTo(w)
}

// codes returns the first few codes of some problems.
func codes(groups []diag.List) []string {
	var list []string
	for _, same := range groups {
		if code := Inert(same[0].Code); len(list) < maxCodes && !slices.Contains(list, code) {
			list = append(list, code)
		}
	}
	return list
}

// diagnostic writes one problem with the first places where it occurs.
func (p *page) diagnostic(same diag.List, src *source) {
	d := same[0]
	head := fmt.Sprintf("%s[%s]: %s", d.Severity, Inert(d.Code), Inert(d.Summary))
	if len(same) > 1 {
		head += fmt.Sprintf(" (%d like this)", len(same))
	}
	p.line(0, cell{text: head})
	for i, at := range same[:min(len(same), maxPlaces)] {
		switch {
		case at.Pos.String() == "":
		case at.Summary == d.Summary:
			p.line(2, cell{text: "--> " + Inert(at.Pos.String())})
		default:
			p.line(2, cell{text: "--> " + Inert(at.Pos.String()) + ": " + Inert(at.Summary)})
		}
		if i == 0 {
			p.snippet(d, src)
		}
	}
	if more := len(same) - maxPlaces; more > 0 {
		p.line(2, cell{text: fmt.Sprintf("... and %d more", more)})
	}
	if d.Hint != "" {
		p.line(0, cell{text: "hint: " + Inert(d.Hint)})
	}
}

// snippet writes the source line of a problem with its span underlined.
func (p *page) snippet(d diag.Diagnostic, src *source) {
	line, ok := src.line(d.Pos)
	if !ok || d.Sensitive {
		return
	}
	number := strconv.Itoa(d.Pos.Line)
	blank := strings.Repeat(" ", len(number))
	text, marks := excerpt(line, d.Pos.Col, d.Width, sourceWidth-len(number)-len(" | "))
	p.line(0, cell{text: blank + " |"})
	p.line(0, cell{text: number + " | " + text})
	if marks != "" {
		p.line(0, cell{text: blank + " | " + marks})
	}
}

// source finds lines of files, each of which is split once.
type source struct {
	files map[string][]byte
	lines map[string][][]byte
}

func (s *source) line(pos diag.Pos) (string, bool) {
	data, ok := s.files[pos.File]
	if !ok || !pos.IsValid() {
		return "", false
	}
	lines, ok := s.lines[pos.File]
	if !ok {
		lines = bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
		if s.lines == nil {
			s.lines = make(map[string][][]byte)
		}
		s.lines[pos.File] = lines
	}
	if pos.Line > len(lines) {
		return "", false
	}
	return string(bytes.TrimSuffix(lines[pos.Line-1], []byte("\r"))), true
}
