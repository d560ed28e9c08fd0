package view

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const (
	maxPlaces   = 3   // shown of a problem that is repeated more often than that
	sourceWidth = 120 // columns of a shown source line with its gutter
)

// Diagnostics writes problems as a compiler does: severity, code and summary,
// the place, the source line with the span underlined, the hint; last the
// totals. A problem that occurs more than three times is written once with its
// first places. Sources holds the text of files by name; without it, and of a
// sensitive diagnostic, only the place is shown. An empty list writes nothing.
func Diagnostics(w io.Writer, l diag.List, sources map[string][]byte) {
	if len(l) == 0 {
		return
	}
	p := page{}
	src := source{files: sources}
	for _, same := range grouped(l) {
		p.diagnostic(same, &src)
		p.blank()
	}
	p.line(0, cell{text: plural(l.Errors(), "error") + ", " + plural(len(l)-l.Errors(), "warning")})
	p.writeTo(w)
}

// grouped brings repetitions together, in the order of the first, if there are
// more than maxPlaces.
func grouped(l diag.List) []diag.List {
	type same struct {
		severity      diag.Severity
		code, summary string
	}
	key := func(d diag.Diagnostic) same { return same{d.Severity, d.Code, d.Summary} }
	count := make(map[same]int)
	for _, d := range l {
		count[key(d)]++
	}
	var groups []diag.List
	index := make(map[same]int)
	for _, d := range l {
		i, ok := index[key(d)]
		if !ok || count[key(d)] <= maxPlaces {
			index[key(d)] = len(groups)
			groups = append(groups, diag.List{d})
			continue
		}
		groups[i] = append(groups[i], d)
	}
	return groups
}

// diagnostic writes one problem with all the places where it occurs.
func (p *page) diagnostic(same diag.List, src *source) {
	d := same[0]
	head := fmt.Sprintf("%s[%s]: %s", d.Severity, Inert(d.Code), Inert(d.Summary))
	if len(same) > 1 {
		head += fmt.Sprintf(" (%d times)", len(same))
	}
	p.line(0, cell{text: head})
	for i, at := range same[:min(len(same), maxPlaces)] {
		if at.Pos.String() != "" {
			p.line(2, cell{text: "--> " + Inert(at.Pos.String())})
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
