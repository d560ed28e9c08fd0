package schema

import (
	"strings"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// standing is which fields stand at one place: a mapping and its first key begin
// at the same.
type standing struct{ outer, inner string }

// nameFields says of each problem which field of the tree stands at its place.
// A problem of a mapping as a whole has no width.
func (r *report) nameFields(root *node) {
	if len(r.list) == 0 {
		return
	}
	at := make(map[key]standing, len(r.list))
	for _, d := range r.list {
		at[placeAt(d.Pos.Line, d.Pos.Col)] = standing{}
	}
	root.fields(at, nil)
	for i := range r.list {
		d := &r.list[i]
		s := at[placeAt(d.Pos.Line, d.Pos.Col)]
		if d.Field = s.inner; d.Width == 0 {
			d.Field = s.outer
		}
	}
}

// fields fills in what stands at the places that are asked for.
func (n *node) fields(at map[key]standing, path []string) {
	note := func(k key, field []string) {
		s, asked := at[k]
		if !asked {
			return
		}
		s.inner = diag.FieldOf("/" + strings.Join(field, "/"))
		if s.outer == "" {
			s.outer = s.inner
		}
		at[k] = s
	}
	for i, c := range n.children {
		below := append(path, "*")
		if n.kind == mapping {
			k := n.keys[i]
			below[len(path)] = pointerEscaper.Replace(k.name)
			note(key{line: k.line, col: k.col}, below)
		}
		note(c.place(), below)
		c.fields(at, below)
	}
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")
