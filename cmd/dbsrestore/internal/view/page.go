package view

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// style is the parameter of an SGR control sequence, "" for none.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// cell is a piece of a line. Its text is inert.
type cell struct {
	text  string
	style style
}

// texts returns unstyled cells.
func texts(s ...string) []cell {
	cells := make([]cell, 0, len(s))
	for _, t := range s {
		cells = append(cells, cell{text: t})
	}
	return cells
}

// page collects the lines of one output, none wider than its options allow.
type page struct {
	o   Options
	buf bytes.Buffer
}

func (p *page) writeTo(w io.Writer) { _, _ = io.WriteString(w, p.o.ascii(p.buf.String())) }

// lines counts what was written so far.
func (p *page) lines() int { return bytes.Count(p.buf.Bytes(), []byte{'\n'}) }

func (p *page) blank() { p.buf.WriteByte('\n') }

// gap is what stands between two cells.
const gap = "  "

// line writes cells with a gap between them, cut to the width of the page.
func (p *page) line(indent int, cells ...cell) {
	used := p.put(0, cell{text: strings.Repeat(" ", indent)})
	for i, c := range cells {
		if i > 0 {
			used = p.put(used, cell{text: gap})
		}
		used = p.put(used, c)
	}
	trimmed := bytes.TrimRight(p.buf.Bytes(), " ")
	p.buf.Truncate(len(trimmed))
	p.blank()
}

// flow writes cells as line does, on as many lines as they need.
func (p *page) flow(cells ...cell) {
	first, used := 0, 0
	for i, c := range cells {
		need := textWidth(c.text)
		if i > first {
			need += len(gap)
		}
		if p.o.Width > 0 && i > first && used+need > p.o.Width {
			p.line(0, cells[first:i]...)
			first, used, need = i, 0, textWidth(c.text)
		}
		used += need
	}
	p.line(0, cells[first:]...)
}

// put writes as much of a cell as fits after the columns used, and returns
// the columns used then.
func (p *page) put(used int, c cell) int {
	text := c.text
	if p.o.Width > 0 {
		text = truncate(text, p.o.Width-used)
	}
	if p.o.Color && c.style != "" && text != "" {
		p.buf.WriteString("\x1b[" + string(c.style) + "m" + text + "\x1b[0m")
	} else {
		p.buf.WriteString(text)
	}
	return used + textWidth(text)
}

// paragraph writes a text of several lines if need be, indented.
func (p *page) paragraph(indent int, text string) {
	columns := 0
	if p.o.Width > 0 {
		columns = max(1, p.o.Width-indent)
	}
	for _, l := range wrap(text, columns) {
		if strings.HasPrefix(l, "::") { // a word that stood within the text has come to the start
			l = hexEscape(':') + l[1:]
		}
		p.line(indent, cell{text: l})
	}
}

// table writes rows in columns. When they do not fit, the widest columns are
// cut.
func (p *page) table(indent int, rows [][]cell) {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], textWidth(c.text))
		}
	}
	if p.o.Width > 0 {
		shrink(widths, p.o.Width-indent-len(gap)*(len(widths)-1))
	}
	for _, row := range rows {
		cells := slices.Clone(row)
		for i := range cells {
			text := truncate(cells[i].text, widths[i])
			cells[i].text = text + strings.Repeat(" ", widths[i]-textWidth(text))
		}
		p.line(indent, cells...)
	}
}

// shrink takes columns from the widest until the sum fits.
func shrink(widths []int, room int) {
	sum := 0
	for _, w := range widths {
		sum += w
	}
	for ; sum > room; sum-- {
		i := slices.Index(widths, slices.Max(widths))
		if widths[i] <= 1 {
			return
		}
		widths[i]--
	}
}
