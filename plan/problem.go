package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// A problem is what a check found wrong with one field of one restore.
type problem struct {
	code    string
	field   string // JSON pointer below the restore, such as "/destination/port"
	summary string
	hint    string
}

func problemf(code, field, format string, args ...any) *problem {
	return &problem{code: code, field: field, summary: fmt.Sprintf(format, args...)}
}

func (p *problem) withHint(format string, args ...any) *problem {
	p.hint = fmt.Sprintf(format, args...)
	return p
}

// samples is how many keys are named where many rows fail alike.
const samples = 3

// problems collects diagnostics. What goes wrong with one field in many rows
// of a forEach is told once, with the count and a few of the keys.
type problems struct {
	manifest *schema.Manifest
	list     diag.List // those of no restore
	groups   map[place]*group
}

type place struct {
	restore     int
	code, field string
}

type group struct {
	first problem
	row   bool
	keys  []Key // at most samples
	count int
}

// add records a problem of an item. Row says that the item is one of many of
// its restore.
func (ps *problems) add(restore int, key Key, row bool, p *problem) {
	if ps.groups == nil {
		ps.groups = map[place]*group{}
	}
	at := place{restore, p.code, p.field}
	g := ps.groups[at]
	if g == nil {
		g = &group{first: *p, row: row}
		ps.groups[at] = g
	}
	g.count++
	if len(g.keys) < samples {
		g.keys = append(g.keys, key)
	}
}

// addf records a problem of no single item, at a place in the manifest or, with
// an empty pointer, at none.
func (ps *problems) addf(code, pointer, hint, format string, args ...any) {
	d := diag.Diagnostic{Code: code, Summary: fmt.Sprintf(format, args...), Hint: hint}
	if pointer != "" {
		d.Pos, d.Field = ps.manifest.Pos(pointer), diag.FieldOf(pointer)
	}
	ps.list = append(ps.list, d)
}

// diagnostics returns all that was collected, ordered by place.
func (ps *problems) diagnostics() diag.List {
	list := ps.list
	for at, g := range ps.groups {
		list = append(list, diag.Diagnostic{
			Code:    at.code,
			Pos:     ps.manifest.Pos(restorePointer(at.restore) + at.field),
			Field:   diag.FieldOf("/restores/*" + at.field),
			Summary: g.summary(),
			Hint:    g.first.hint,
		})
	}
	return list.Sort()
}

func (g *group) summary() string {
	if !g.row {
		return g.first.summary
	}
	s := string(g.keys[0]) + ": " + g.first.summary
	if g.count == 1 {
		return s
	}
	more := make([]string, 0, samples)
	for _, k := range g.keys[1:] {
		more = append(more, string(k))
	}
	if g.count > len(g.keys) {
		more = append(more, "…")
	}
	return fmt.Sprintf("%s (and %d more: %s)", s, g.count-1, strings.Join(more, ", "))
}

func restorePointer(i int) string { return "/restores/" + strconv.Itoa(i) }

func elementPointer(field string, i int) string { return field + "/" + strconv.Itoa(i) }

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// didYouMean returns a hint for a mistyped word, or otherwise when no
// candidate is like it.
func didYouMean(word string, candidates []string, otherwise string) string {
	if s := diag.Nearest(word, candidates); s != "" {
		return fmt.Sprintf("did you mean %q?", s)
	}
	return otherwise
}
