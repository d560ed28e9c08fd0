package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// checkForEach checks the rows of every forEach. It runs before the JSON
// Schema, to say of a list of mappings what it lacks rather than that each of
// them is no scalar.
func (r *report) checkForEach(root *node) {
	for _, restore := range root.get("restores").elements() {
		f := restore.get("forEach")
		switch {
		case f == nil || f.reported:
		case f.kind == list && slices.ContainsFunc(f.children, func(c *node) bool { return c.kind == mapping }):
			r.value(f, CodeForEach, "write forEach: {list: [...], key: COLUMN}", "forEach: a list of mappings needs the key that identifies a row")
		case f.kind == list:
			r.checkKeys(f.children)
		case f.kind == mapping:
			r.checkRows(f)
		}
	}
}

// checkRows checks the rows of a forEach with a key column.
func (r *report) checkRows(f *node) {
	if csv := f.get("csv"); csv.is(text) {
		r.checkPath(csv)
	}
	name := f.get("key")
	if !name.is(text) {
		return
	}
	var keys []*node
	for _, row := range f.get("list").elements() {
		switch v := row.get(name.value); {
		case row.kind != mapping:
		case v == nil:
			r.value(row, CodeForEach, "", "the row has no column %s, which identifies it", quoted(name.value))
		case v.kind == text:
			keys = append(keys, v)
		}
	}
	r.checkKeys(keys)
}

// checkKeys checks the values that identify rows.
func (r *report) checkKeys(keys []*node) {
	first := make(map[string]int, len(keys))
	for _, k := range keys {
		if k.kind != text {
			continue
		}
		line, dup := first[k.value]
		switch {
		case dup:
			r.value(k, CodeForEach, "the key of a row is part of the item's name, and unique", "the row %s is already there at line %d", quoted(k.value), line)
		case k.value == "":
			r.value(k, CodeForEach, "the key of a row is part of the item's name", "the key of the row is empty")
		case strings.ContainsAny(k.value, "[]"), utf8.RuneCountInString(k.value) > MaxRowKey:
			r.value(k, CodeForEach, fmt.Sprintf("at most %d characters, no brackets: it is written as name[key]", MaxRowKey), "%s cannot be the key of a row", quoted(k.value))
		}
		first[k.value] = int(k.line)
	}
}

// checkComplete reports what restores lack, and the defaults too. What every one
// of them lacks is reported once.
func (r *report) checkComplete(root *node) {
	def := theDefinition()
	restores := slices.DeleteFunc(layers(root), func(l layered) bool { return l.own.kind != mapping || l.own.reported })
	r.checkRequired(root, restores, "", words(def.at("$defs", "complete"), "required"), def.at("$defs", "restore", "properties"))
	r.checkRequired(root, restores, "destination", words(def.at("$defs", "complete", "properties", "destination"), "required"),
		def.at("$defs", "destination", "properties"))
}

// checkRequired reports the required keys that restores lack, in themselves or
// in one of their mappings.
func (r *report) checkRequired(root *node, restores []layered, in string, required []string, properties map[string]any) {
	for _, name := range required {
		var lacking []*node
		for _, l := range restores {
			m := l
			if in != "" {
				m = l.in(in)
			}
			if m.top().is(mapping) && m.get(name) == nil {
				lacking = append(lacking, l.own)
			}
		}
		p, _ := properties[name].(map[string]any)
		hint := example(name, theDefinition().resolve(p))
		what := name
		if in != "" {
			what = in + "." + name
		}
		if len(lacking) > 1 && len(lacking) == len(restores) {
			at, ok := root.key("defaults")
			if !ok {
				at, _ = root.key("restores")
			}
			r.key(at, CodeMissing, "set it under defaults; "+hint, "no restore has %s", what)
			continue
		}
		for _, n := range lacking {
			r.lacks(n, in, what, hint)
		}
	}
}

// lacks reports what a restore lacks, where it has the mapping of its own that
// should hold it, or else where it begins.
func (r *report) lacks(n *node, in, what, hint string) {
	at := n.place()
	if k, ok := n.key(in); ok {
		at = k
	}
	r.add(at, len([]rune(at.name)), CodeMissing, "set it here or under defaults; "+hint, "%s has no %s", restoreName(n), what)
}

func restoreName(n *node) string {
	if name := n.get("name"); name.is(text) {
		return "restore " + quoted(name.value)
	}
	return "the restore"
}

// maxSuggested bounds the names among which a misspelt one is looked for.
const maxSuggested = 2000

// checkNames checks that names are unique and that needs can be met.
func (r *report) checkNames(root *node) {
	restores := root.get("restores").elements()
	byName := make(map[string]*node, len(restores))
	names := make([]string, 0, len(restores))
	named := make([]*node, 0, len(restores))
	for _, n := range restores {
		name := n.get("name")
		if !name.is(text) || name.value == "" {
			continue
		}
		folded := strings.ToLower(name.value)
		if first := byName[folded]; first != nil {
			r.add(name.place(), name.width(), CodeDuplicateName, "every restore needs a name of its own, whatever its letter case",
				"restore %s is already defined at line %d", quoted(name.value), first.get("name").line)
			continue
		}
		byName[folded] = n
		names, named = append(names, name.value), append(named, n)
	}
	known := restoresByName{byName, names, map[string]map[string]bool{}}
	edges := map[string][]*node{}
	for i, name := range names {
		for _, need := range named[i].get("needs").elements() {
			if need.is(text) && !need.reported && r.checkNeed(name, need, known) {
				edges[name] = append(edges[name], need)
			}
		}
	}
	r.checkCycles(names, edges)
}

// needed returns the restore that a need names.
func needed(need *node) string {
	name, _, _ := strings.Cut(need.value, "[")
	return name
}

// checkNeed checks one need, and reports whether it names a restore or item
// that is there. Which one a template names is not known here.
func (r *report) checkNeed(name string, need *node, known restoresByName) bool {
	target, row, item := strings.Cut(need.value, "[")
	row = strings.TrimSuffix(row, "]")
	template := strings.Contains(row, "{{")
	n := known.nodes[target]
	switch {
	case strings.Contains(target, "{{"):
	case n == nil:
		hint := "needs names restores of this manifest"
		if len(known.names) <= maxSuggested && !r.full() {
			if near := diag.Nearest(target, known.names); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
		}
		r.value(need, CodeNeeds, hint, "needs: there is no restore %s", quoted(target))
	case template && n.get("forEach") != nil: // which row, package plan will know
	case target == name:
		r.value(need, CodeNeeds, "remove it", "restore %s needs itself", quoted(name))
	case item && n.get("forEach") == nil:
		r.value(need, CodeNeeds, "write "+target, "needs: restore %s has no forEach, and so no item %s", quoted(target), quoted(need.value))
	case item && !known.hasRow(target, row):
		r.value(need, CodeNeeds, "", "needs: the forEach of restore %s has no row %s", quoted(target), quoted(row))
	default:
		return true
	}
	return false
}

// restoresByName is what needs are checked against.
type restoresByName struct {
	nodes map[string]*node
	names []string
	rows  map[string]map[string]bool // keys of the rows that stand in the manifest, filled when asked for
}

// hasRow reports whether the forEach of a restore has a row of that key, or
// may have it in a file.
func (k restoresByName) hasRow(name, row string) bool {
	f := k.nodes[name].get("forEach")
	if f.get("csv") != nil {
		return true
	}
	if k.rows[name] == nil {
		rows := map[string]bool{}
		for _, c := range f.elements() {
			rows[c.value] = true
		}
		for _, c := range f.get("list").elements() {
			rows[c.get(f.get("key").text()).text()] = true
		}
		k.rows[name] = rows
	}
	return k.rows[name][row]
}

// checkCycles reports restores that wait for each other.
func (r *report) checkCycles(names []string, edges map[string][]*node) {
	const (
		open = 1
		done = 2
	)
	if len(edges) == 0 {
		return
	}
	state := map[string]int{}
	var trail []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = open
		trail = append(trail, name)
		for _, need := range edges[name] {
			switch to := needed(need); state[to] {
			case open:
				if r.full() {
					r.omitted++
					continue
				}
				cycle := append(slices.Clone(trail[slices.Index(trail, to):]), to)
				if len(cycle) > 6 {
					cycle = slices.Concat(cycle[:3], []string{"…"}, cycle[len(cycle)-2:])
				}
				r.value(need, CodeNeeds, "remove one of these needs", "the restores wait for each other: %s", strings.Join(cycle, " needs "))
			case 0:
				visit(to)
			}
		}
		trail = trail[:len(trail)-1]
		state[name] = done
	}
	for _, name := range names {
		if state[name] == 0 {
			visit(name)
		}
	}
}
