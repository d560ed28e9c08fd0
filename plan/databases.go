package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema"
)

// isGlob reports whether a name of databases or exclude is a pattern.
func isGlob(s string) bool { return strings.ContainsAny(s, `*?[\`) }

// matches reports whether a glob, or a name, matches a database. No character
// is special as a separator, and [!a] is what [^a] is, as in a shell.
func matches(glob, name string) bool { return newPattern(glob).matches(name) }

// pattern is a glob that is matched against many names.
type pattern struct {
	text string // as its author wrote it
	glob string // as package path reads it
}

func newPattern(glob string) pattern { return pattern{glob, pathGlob.Replace(glob)} }

var pathGlob = strings.NewReplacer(`\[`, `\[`, "/", "\x00", "[!", "[^")

func (p pattern) matches(name string) bool {
	if p.text == name {
		return true
	}
	if !isGlob(p.text) {
		return false
	}
	ok, err := path.Match(p.glob, strings.ReplaceAll(name, "/", "\x00"))
	return ok && err == nil
}

// checkGlobs reports malformed globs.
func checkGlobs(r *schema.Restore) (found []*problem) {
	for _, l := range []struct {
		field string
		globs []string
	}{{"/databases", r.Databases}, {"/exclude", r.Exclude}} {
		for i, g := range l.globs {
			if !isGlob(g) {
				continue
			}
			if _, err := path.Match(newPattern(g).glob, ""); err != nil {
				found = append(found, problemf(CodeGlob, elementPointer(l.field, i), "the glob %q is malformed", g).
					withHint(`a [ needs its ]; write \[ for the character itself`))
			}
		}
	}
	return found
}

// A selection is the databases of an item before they are renamed.
type selection struct {
	names    []string
	open     []string // globs, and "" for all, that could not be matched
	warnings []string
	found    []*problem

	restore *schema.Restore
	held    []string // databases of the backup plan, none when they are not known
	holds   nameSet
	engine  engine
	seen    nameSet
	named   nameSet   // those that exclude has without a pattern
	exclude []pattern // the others
}

// A nameSet is a set of names. Few are compared with each other, which takes
// less than a map, and most items have few.
type nameSet struct {
	few  [8]string
	size int             // of few
	many map[string]bool // all of them, when they are not few
}

// add puts a name into the set, and reports whether it was not there.
func (s *nameSet) add(name string) bool {
	switch {
	case s.has(name):
		return false
	case s.many != nil:
		s.many[name] = true
	case s.size < len(s.few):
		s.few[s.size] = name
		s.size++
	default:
		s.many = map[string]bool{name: true}
		for _, known := range s.few {
			s.many[known] = true
		}
	}
	return true
}

func (s *nameSet) has(name string) bool {
	if s.many != nil {
		return s.many[name]
	}
	return slices.Contains(s.few[:s.size], name)
}

// selectDatabases returns the databases that a restore asks for. Held are
// those of the backup plan; when they are not known, only names can be
// selected.
func selectDatabases(r *schema.Restore, held []string, e engine) selection {
	s := selection{restore: r, held: held, engine: e, names: make([]string, 0, len(r.Databases))}
	for _, name := range held {
		s.holds.add(name)
	}
	for _, glob := range r.Exclude {
		if isGlob(glob) {
			s.exclude = append(s.exclude, newPattern(glob))
		} else {
			s.named.add(glob)
		}
	}
	for i, wanted := range r.Databases {
		s.pick(elementPointer("/databases", i), wanted)
	}
	if len(r.Databases) == 0 && r.Destination.InstanceType != "Agent" {
		s.match("/databases", "")
	}
	if s.seen.size > 0 && len(s.names) == 0 && s.found == nil {
		s.found = append(s.found, problemf(CodeDatabase, "/exclude", "exclude leaves no database to restore"))
	}
	return s
}

func (s *selection) pick(field, wanted string) {
	if isGlob(wanted) {
		s.match(field, wanted)
		return
	}
	if s.engine.isSystem(wanted) {
		s.found = append(s.found, problemf(CodeSystem, field, "%q is a system database, which is never restored", wanted).
			withHint("leave it out; globs leave it out by themselves"))
		return
	}
	if len(s.held) > 0 && !s.holds.has(wanted) {
		p := problemf(CodeDatabase, field, "the backup plan has no database %q", wanted).withHint("it has %s", few(s.held))
		if len(s.found) < samples { // likeness takes long to find, and few are shown
			p.hint = didYouMean(wanted, s.held, p.hint)
		}
		s.found = append(s.found, p)
	}
	s.add(wanted)
}

// match selects what a glob matches, or all when it is empty.
func (s *selection) match(field, glob string) {
	if len(s.held) == 0 {
		s.open = append(s.open, glob)
		return
	}
	n := 0
	for _, name := range s.held {
		switch {
		case glob != "" && !matches(glob, name):
		case s.engine.isSystem(name):
			s.warnings = append(s.warnings, fmt.Sprintf("%s is a system database and left out", name))
		default:
			n++
			s.add(name)
		}
	}
	if n == 0 {
		s.found = append(s.found, problemf(CodeGlob, field, "no database of the backup plan matches %q", cmp.Or(glob, "*")).
			withHint("it has %s; system databases are left out", few(s.held)))
	}
}

func (s *selection) add(name string) {
	if s.seen.add(name) && !s.named.has(name) && !slices.ContainsFunc(s.exclude, func(p pattern) bool { return p.matches(name) }) {
		s.names = append(s.names, name)
	}
}

// needless warns of what exclude has and the backup plan does not: a misspelt
// name there restores what was to be left out.
func (s *selection) needless() {
	if len(s.held) == 0 {
		return
	}
	var without []string
	for _, glob := range s.restore.Exclude {
		if !s.holds.has(glob) && !slices.ContainsFunc(s.held, newPattern(glob).matches) {
			without = append(without, glob)
		}
		if len(without) > samples {
			break
		}
	}
	if len(without) > 0 {
		s.warnings = append(s.warnings, "exclude has what the backup plan does not hold: "+few(without))
	}
}

// few names the first few of a list, each as far as 40 characters.
func few(names []string) string {
	const most, longest = 8, 40
	var shown []string
	for _, name := range names[:min(len(names), most)] {
		if r := []rune(name); len(r) > longest {
			name = string(r[:longest]) + "…"
		}
		shown = append(shown, visible(name))
	}
	s := strings.Join(shown, ", ")
	if len(names) > most {
		s += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return s
}

var groupMark = regexp.MustCompile(`\$\{(\w+)\}`)

// groupMarks replaces ${1} by a mark that no template changes and no name
// holds, so that a $ of a database's name stays one.
func groupMarks(to string) string {
	return groupMark.ReplaceAllString(to, "\x00$1\x00")
}

// bareGroup is a group as other tools write it.
var bareGroup = regexp.MustCompile(`\$\d+`)

var markedGroup = regexp.MustCompile("\x00(\\w+)\x00")

// ruleOf returns the first rule of rename that a database meets, with what its
// groups match; rule is -1 when it meets none.
func (d *Draft) ruleOf(it *draftItem, db string) (rule int, re *regexp.Regexp, groups []string, _ *problem) {
	for i, r := range it.restore.Rename.Rules {
		re, err := d.templates.regexp(r.Match)
		if err != nil {
			return -1, nil, nil, problemf(CodeRename, elementPointer("/rename", i)+"/match", "%v", err)
		}
		if groups := re.FindStringSubmatch(db); groups != nil {
			return i, re, groups, nil
		}
	}
	return -1, nil, nil, nil
}

// rename returns the name of a database at the destination.
func (d *Draft) rename(it *draftItem, db string) (string, *problem) {
	r := it.restore.Rename
	if r.Template != "" {
		return d.renameBy("/rename", r.Template, it, db)
	}
	i, re, groups, p := d.ruleOf(it, db)
	if p != nil || i < 0 {
		return db, p
	}
	to, p := d.renameBy(elementPointer("/rename", i)+"/to", groupMarks(r.Rules[i].To), it, db)
	if p != nil {
		return db, p
	}
	return markedGroup.ReplaceAllStringFunc(to, func(mark string) string {
		if g := groupIndex(re, strings.Trim(mark, "\x00")); g >= 0 {
			return groups[g]
		}
		return mark // of a hostile name, and refused as one
	}), nil
}

// renamesBy reports whether a rename refers to a value, such as run.
func (d *Draft) renamesBy(it *draftItem, value string) bool {
	in := []string{it.restore.Rename.Template}
	for _, rule := range it.restore.Rename.Rules {
		in = append(in, groupMarks(rule.To))
	}
	return slices.ContainsFunc(in, func(template string) bool {
		return isTemplate(template) && slices.ContainsFunc(d.templates.parse(template).refs, func(ref reference) bool {
			return len(ref) == 0 || ref[0] == value
		})
	})
}

func (d *Draft) renameBy(field, template string, it *draftItem, db string) (string, *problem) {
	if !isTemplate(template) {
		return template, nil
	}
	name, err := d.templates.parse(template).execute(it.data.as(db))
	if err != nil {
		return "", problemf(CodeExecute, field, "the template fails for database %q: %v", db, err)
	}
	return name, nil
}

// checkRules reports regular expressions that are malformed, and groups that
// they do not have.
func (ts *templates) checkRules(rules []schema.RenameRule) (found []*problem) {
	for i, rule := range rules {
		field := elementPointer("/rename", i)
		re, err := ts.regexp(rule.Match)
		if err != nil {
			found = append(found, problemf(CodeRename, field+"/match", "%v", err))
			continue
		}
		if m := bareGroup.FindString(rule.To); m != "" {
			found = append(found, problemf(CodeRename, field+"/to", "%s is no group: it would stand in the name as it is", m).
				withHint("write ${%s}", m[1:]))
		}
		for _, m := range groupMark.FindAllStringSubmatch(rule.To, -1) {
			if groupIndex(re, m[1]) < 0 {
				found = append(found, problemf(CodeRename, field+"/to", "match has no group %s", m[0]).
					withHint("groups are counted by their opening parenthesis: ${1} to ${%d}", re.NumSubexp()))
			}
		}
	}
	return found
}

// groupIndex returns the index of a group by number or name, -1 for none.
func groupIndex(re *regexp.Regexp, group string) int {
	n, err := strconv.Atoi(group)
	switch {
	case err != nil:
		return re.SubexpIndex(group)
	case n > re.NumSubexp():
		return -1
	}
	return n
}

// restoreObjects returns the parameter of that name. The new name is always
// said, even where it is the old one.
func restoreObjects(databases []Database) string {
	var written [512]byte // enough for most, so that only the result takes memory
	out := append(written[:0], '[')
	for i, d := range databases {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(append(out, `{"DBName":`...), d.Source)
		out = append(appendText(append(out, `,"NewDBName":`...), d.Target), '}')
	}
	return string(append(out, ']'))
}

// Made returns the parameters of an item with what only facts decide, the
// moment and the databases, as they are in a task that was made of it.
func (p Parameters) Made(task Parameters) (Parameters, []Database) {
	p.RestoreTime, p.BackupSetId = task.RestoreTime, task.BackupSetId
	var objects []struct{ DBName, NewDBName string }
	if json.Unmarshal([]byte(task.RestoreObjects), &objects) != nil || len(objects) == 0 {
		p.RestoreObjects = ""
		return p, nil
	}
	databases := make([]Database, 0, len(objects))
	for _, o := range objects {
		databases = append(databases, Database{o.DBName, cmp.Or(o.NewDBName, o.DBName)})
	}
	p.RestoreObjects = restoreObjects(databases)
	return p, databases
}
