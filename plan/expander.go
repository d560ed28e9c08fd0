package plan

import (
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema"
)

// An expander expands the fields of restores, row after row.
type expander struct {
	x        *expansion
	walk     walk
	expanded schema.Restore // of the row at hand

	// Of the restore at hand:
	of       *schema.Restore
	index    int
	row      bool
	scope    scope
	inRename scope
	checked  map[string]bool // fields whose references were checked; false when they are bad

	// Of the row at hand:
	key    Key
	data   data     // what its templates see
	values []string // what they gave, in the order of the walk
	failed []string // fields that could not be expanded
}

func newExpander(x *expansion) *expander {
	e := &expander{x: x, checked: map[string]bool{}}
	e.walk = walk{manifest: x.manifest, text: e.text, plain: isClean}
	return e
}

// The roots of references, in the order in which hints name them.
var rootNames = []string{"name", "run", "vars", "each", "db"}

// enter goes on to a restore, whose rows have these columns.
func (e *expander) enter(i int, columns []string) {
	e.of, e.index = &e.x.manifest.Restores[i], i
	e.row = e.of.ForEach != nil
	e.walk.enter(i)
	clear(e.checked)
	e.data = data{names: inFields, name: e.of.Name, run: e.x.run, vars: e.x.vars}
	e.scope = scope{roots: rootNames[:3], vars: e.x.vars, columns: columns}
	e.inRename = e.scope
	e.inRename.roots = rootsWithoutRow
	if e.row {
		e.scope.roots, e.inRename.roots = rootNames[:4], rootNames
	}
}

var rootsWithoutRow = []string{"name", "run", "vars", "db"}

// begin goes on to a row.
func (e *expander) begin(row row) {
	e.key = Key(e.of.Name)
	if e.row {
		e.key = Key(e.of.Name + "[" + row.key + "]")
	}
	e.data.each, e.data.whole = row.each, nil
	e.values, e.failed = e.values[:0], nil
}

// report records a problem of the row, unless it follows from a template that
// failed.
func (e *expander) report(p *problem) {
	if !slices.ContainsFunc(e.failed, func(field string) bool { return strings.HasPrefix(field, p.field) }) {
		e.x.problems.add(e.index, e.key, e.row, p)
	}
}

// fail records that a field of the row could not be expanded; p is nil when
// that was reported already.
func (e *expander) fail(field string, p *problem) {
	if p != nil {
		e.report(p)
	}
	e.failed = append(e.failed, field)
}

// parse returns the template of a field, nil when it is no good. Its
// references are checked once, not for every row.
func (e *expander) parse(field, s string, in scope) *text {
	t := e.x.templates.parse(s)
	good, seen := e.checked[field]
	if !seen {
		p := in.check(t)
		if p != nil {
			e.x.problems.add(e.index, e.key, false, &problem{p.code, field, p.summary, p.hint})
		}
		good = p == nil
		e.checked[field] = good
	}
	if !good {
		return nil
	}
	return t
}

// text expands one field.
func (e *expander) text(field, s string) string {
	if isTemplate(s) {
		s = e.expand(field, s)
		e.values = append(e.values, s)
	}
	if r, bad := unprintable(s); bad {
		e.report(problemf(CodeText, field, "the value %+.80q holds %U, which cannot be seen", s, r))
	}
	return s
}

// isClean reports whether there is nothing to expand in a text, and nothing to
// report of it.
func isClean(s string) bool {
	_, bad := unprintable(s)
	return !bad && !isTemplate(s)
}

// expand executes the template of a field, and gives "" when it fails.
func (e *expander) expand(field, s string) string {
	t := e.parse(field, s, e.scope)
	if t == nil {
		e.fail(field, nil)
		return ""
	}
	s, err := t.execute(&e.data)
	if err != nil {
		e.fail(field, problemf(CodeExecute, field, "the template fails: %v", err))
		return ""
	}
	return s
}

// rename checks the templates of a rename, which are expanded later, when the
// databases are known. It returns what they refer to.
func (e *expander) rename(r schema.Rename) map[string]any {
	inputs := map[string]any{}
	read := func(field, s string) {
		if !isTemplate(s) {
			return
		}
		if t := e.parse(field, s, e.inRename); t != nil {
			t.inputs(&e.data, inputs)
		}
	}
	if r.Template != "" {
		read("/rename", r.Template)
	}
	for i, rule := range r.Rules {
		read(elementPointer("/rename", i)+"/to", groupMarks(rule.To))
	}
	return inputs
}
