package view

import (
	"io"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema"
)

// fieldWidth is where the descriptions of fields are broken on a page without a
// width of its own.
const fieldWidth = 100

// Field writes what a manifest may say in a field. Of are those in it.
func Field(w io.Writer, f schema.Field, of []schema.Field, o Options) {
	p := page{o: o}
	if p.o.Width == 0 {
		p.o.Width = fieldWidth
	}
	p.line(0, cell{f.Path, bold})
	p.blank()
	p.paragraph(2, f.Description)
	p.blank()
	for _, about := range []struct{ name, text string }{
		{"type", strings.Join(f.Types, ", or ")},
		{"required", required(f)},
		{"default", f.Default},
		{"allowed", strings.Join(f.Choices, ", ")},
		{"limits", f.Limits},
		{"form", f.Rule},
		{"in", f.Parent()},
		{"also at", strings.Join(f.AlsoAt, ", ")},
	} {
		if about.text != "" {
			p.item(about.name, about.text)
		}
	}
	if len(f.Examples) > 0 {
		p.blank()
		p.line(2, cell{text: "for example"})
		columns := p.o.Width
		p.o.Width = 0 // they are there to be copied
		for _, e := range f.Examples {
			p.line(4, cell{e, cyan})
		}
		p.o.Width = columns
	}
	if len(of) > 0 {
		p.blank()
		p.fieldTable(2, of)
	}
	p.writeTo(w)
}

// Fields writes the fields at the top of a manifest.
func Fields(w io.Writer, top []schema.Field, o Options) {
	p := page{o: o}
	if p.o.Width == 0 {
		p.o.Width = fieldWidth
	}
	p.fieldTable(0, top)
	p.writeTo(w)
}

// item writes a name with a text that goes on beside it.
func (p *page) item(name, text string) {
	const column = 12
	for i, l := range wrap(text, p.o.Width-column) {
		if i > 0 {
			name = ""
		}
		p.line(2, cell{text: name + strings.Repeat(" ", column-len(gap)-2-len(name))}, cell{text: l})
	}
}

func (p *page) fieldTable(indent int, fields []schema.Field) {
	var rows [][]cell
	for _, f := range fields {
		about, _, _ := strings.Cut(f.Description, ". ")
		rows = append(rows, []cell{{f.Name(), bold}, {f.Types[0], dim}, {text: strings.TrimSuffix(about, ".")}})
	}
	p.table(indent, rows)
}

func required(f schema.Field) string {
	inherited := slices.Contains(f.AlsoAt, strings.Replace(f.Path, "restores.", "defaults.", 1))
	switch {
	case f.Required && inherited && !strings.HasPrefix(f.Path, "defaults."):
		return "yes, here or in defaults"
	case f.Required:
		return "yes"
	}
	return ""
}

// FieldsJSON writes fields as one JSON object.
func FieldsJSON(w io.Writer, fields []schema.Field) error {
	type fieldJSON struct {
		Field       string   `json:"field"`
		Description string   `json:"description"`
		Types       []string `json:"types"`
		Required    bool     `json:"required"`
		Default     string   `json:"default,omitempty"`
		Allowed     []string `json:"allowed,omitempty"`
		Limits      string   `json:"limits,omitempty"`
		Form        string   `json:"form,omitempty"`
		Examples    []string `json:"examples"`
		In          string   `json:"in,omitempty"`
		Fields      []string `json:"fields,omitempty"`
		AlsoAt      []string `json:"alsoAt,omitempty"`
	}
	list := make([]fieldJSON, 0, len(fields))
	for _, f := range fields {
		list = append(list, fieldJSON{f.Path, f.Description, f.Types, f.Required, f.Default, f.Choices, f.Limits, f.Rule, f.Examples, f.Parent(), f.Children, f.AlsoAt})
	}
	return encode(w, struct {
		FormatVersion int         `json:"formatVersion"`
		Fields        []fieldJSON `json:"fields"`
	}{jsonFormat, list})
}
