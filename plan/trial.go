package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// DatabaseTypes are the types of databases whose rules for names are known, in
// lower case.
func DatabaseTypes() []string { return slices.Sorted(maps.Keys(engines)) }

// A Trial is what an item would make of a database with some name.
type Trial struct {
	Item    Key
	Name    string
	Skipped string   // why the item does not restore it; "" when it does
	By      string   // the template, or the expression of the rule, that it meets; "" when it keeps its name
	Rule    int      // of the rule, from 1; 0 for none
	Pos     diag.Pos // of the template or rule
	Target  string   // its name at the destination
	Code    string   // of the problem why that cannot be; "" when it can
	Refused string   // the same in words
}

// Try tells what the items of a draft would make of database names. With the
// type of the databases, "" for unknown, the rules of their engine are held
// too. Of the rows of one forEach so many are tried; left counts the others.
func (d *Draft) Try(names []string, databaseType string, rows int) (trials []Trial, left int) {
	tried := map[int]int{}
	for _, it := range d.all() {
		if tried[it.index]++; tried[it.index] > rows {
			left++
			continue
		}
		for _, name := range names {
			trials = append(trials, d.try(it, name, databaseType))
		}
	}
	return trials, left
}

func (d *Draft) try(it *draftItem, name, databaseType string) Trial {
	t := Trial{Item: it.item.Key, Name: name, Skipped: skipped(it, name, engineOf(databaseType))}
	field := "/rename"
	if t.Rule, t.By = d.metBy(it, name); t.Rule > 0 {
		field = elementPointer(field, t.Rule-1)
	}
	if t.By != "" {
		t.Pos = d.manifest.Pos(restorePointer(it.index) + field)
	}
	target, p := d.rename(it, name)
	if p != nil {
		t.Code, t.Refused = p.code, p.summary
		return t
	}
	t.Target = target
	t.Code, t.Refused = checkTarget(databaseType, name, target)
	return t
}

// metBy returns the template that renames a database, or the number and
// expression of the rule.
func (d *Draft) metBy(it *draftItem, name string) (rule int, by string) {
	r := it.restore.Rename
	if i, _, _, _ := d.ruleOf(it, name); i >= 0 {
		return i + 1, r.Rules[i].Match
	}
	return 0, r.Template
}

// skipped says why an item does not restore a database of this name.
func skipped(it *draftItem, name string, e engine) string {
	covers := func(glob string) bool { return glob == name || matches(glob, name) }
	r := &it.restore
	switch {
	case len(r.Databases) > 0 && !slices.ContainsFunc(r.Databases, covers):
		return "databases does not name it"
	case slices.ContainsFunc(r.Exclude, covers):
		return "exclude names it"
	case e.isSystem(name) && !slices.Contains(r.Databases, name):
		return fmt.Sprintf("%s is a system database", strings.ToLower(name))
	}
	return ""
}
