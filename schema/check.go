package schema

import (
	"errors"
	"path"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// rowsAsText returns the tree with the rows of every forEach as text: there a
// scalar stands for exactly what is written, so 007 and yes are no problem.
func rowsAsText(root *node) *node {
	restores := root.get("restores")
	if !restores.is(list) {
		return root
	}
	rows := func(r *node) *node {
		return r.with("forEach", func(f *node) *node {
			if f.kind == list {
				return f.asText()
			}
			return f.with("list", (*node).asText)
		})
	}
	return root.with("restores", func(l *node) *node {
		children := make([]*node, len(l.children))
		for i, r := range l.children {
			children[i] = rows(r)
		}
		return l.holding(inner{children: children})
	})
}

// with returns a mapping with the value of a key replaced, and n itself when
// it has no such key.
func (n *node) with(name string, change func(*node) *node) *node {
	child := n.get(name)
	if child == nil {
		return n
	}
	in := *n.inner
	in.children = slices.Clone(n.children)
	in.children[slices.Index(in.children, child)] = change(child)
	return n.holding(in)
}

// asText returns a tree with its scalars as text, but for null.
func (n *node) asText() *node {
	if n.kind < list {
		m := *n
		if n.kind != null {
			m.kind, m.loose = text, false
		}
		return &m
	}
	in := *n.inner
	in.children = slices.Clone(n.children)
	for i, c := range in.children {
		in.children[i] = c.asText()
	}
	return n.holding(in)
}

// checkSettings checks what the JSON Schema cannot say of the values of a
// restore or of the defaults.
func (r *report) checkSettings(settings *node) {
	if at := settings.get("at"); at.is(text) && !at.reported && !at.isTemplate() {
		r.checkMoment(at)
	}
	for _, rule := range settings.get("rename").elements() {
		if match := rule.get("match"); match.is(text) && !match.reported {
			r.checkRegexp(match)
		}
	}
	r.checkVariables(settings)
}

// checkMoment checks the text of at.
func (r *report) checkMoment(at *node) {
	const forms = "write latest, latest-full, a time such as 2026-11-20T03:00:00+08:00, or a duration back from now such as -6h"
	s := at.value
	switch t, err := time.Parse(time.RFC3339, s); {
	case s == "latest", s == "latest-full":
	case err == nil && t.Year() < 2015:
		r.value(at, CodeMoment, "the service has no backups from before 2015", "at: %s is too long ago", s)
	case err == nil:
	case strings.HasPrefix(s, "-"):
		if d, err := parseDuration(s[1:]); err != nil {
			r.value(at, CodeMoment, forms, "at: %v", err)
		} else if d == 0 {
			r.value(at, CodeMoment, "write latest", "at: no time back from now")
		}
	case durationForm().MatchString(strings.TrimPrefix(s, "+")):
		r.value(at, CodeMoment, "write -"+cut(strings.TrimPrefix(s, "+"))+" for so long before now", "at: %s lies in the future", cut(s))
	case integerForm().MatchString(s) && len(s) == 10:
		r.value(at, CodeMoment, "the service counts milliseconds: write at: {restoreTime: "+s+"000}", "at: %s looks like seconds since 1970", quoted(s))
	case integerForm().MatchString(s):
		r.value(at, CodeMoment, "write at: {restoreTime: "+cut(s)+"} for milliseconds since 1970", "at: %s is no time", quoted(s))
	default:
		r.value(at, CodeMoment, forms, "at: %s %s", quoted(s), timeProblem(s, err))
	}
}

var timeParts = lazily(`^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2})?(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?$`)

// timeProblem says why a text is no RFC 3339 time, given what time.Parse says.
func timeProblem(s string, err error) string {
	m := timeParts().FindStringSubmatch(s)
	switch {
	case m == nil:
		return "is no time"
	case m[1] == "":
		return "has no time of day"
	case m[4] == "":
		return "has no zone: end it with Z or +08:00"
	case m[2] == ":60":
		return "is a leap second, which the service does not know"
	case m[2] == "":
		return "has no seconds"
	case strings.HasSuffix(err.Error(), "out of range"):
		return "does not exist: day or time of day out of range"
	}
	return "is not in RFC 3339 form"
}

// checkRegexp compiles an expression, and points at the part that is wrong.
func (r *report) checkRegexp(match *node) {
	_, err := syntax.Parse(match.value, syntax.Perl) // what regexp.Compile refuses, without the cost of compiling
	if err == nil {
		return
	}
	at, width, why := match.place(), match.width(), err.Error()
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		why = e.Code.String() + ": " + quoted(e.Expr)
		if i := strings.Index(match.value, e.Expr); i >= 0 && strings.Contains(string(r.line(int(match.line))), match.value) {
			at.col += int32(utf8.RuneCountInString(match.value[:i]))
			width = utf8.RuneCountInString(e.Expr)
			if !match.plain {
				at.col++
			}
		}
	}
	match.reported = true
	r.add(at, width, CodeRegexp, "the syntax is RE2: no look-around, no back-references", "match: %s", why)
}

var variable = lazily(`\$\{?[A-Z_][A-Z0-9_]*\}?`)

// checkVariables warns of variables of the environment, which nobody expands.
func (r *report) checkVariables(n *node) {
	for i, c := range n.children {
		switch {
		case n.kind == mapping && n.keys[i].name == "rename", c.reported:
		case c.kind >= list:
			r.checkVariables(c)
		case c.kind == text:
			r.checkVariable(c)
		}
	}
}

func (r *report) checkVariable(n *node) {
	if n.secret || !strings.Contains(n.value, "$") {
		return
	}
	if v := variable().FindString(n.value); v != "" {
		r.warn(n, CodeVariable, `hand it in with --var name="$NAME" and write {{ .vars.name }}`, "%s is not expanded: the environment is not read", v)
	}
}

// checkManifest checks the run key and the variables.
func (r *report) checkManifest(root *node) {
	if run := root.get("run"); run.is(text) && !run.reported {
		r.checkVariable(run)
		if slot, ok := strings.CutPrefix(run.value, "slot:"); ok && !run.isTemplate() {
			if d, err := parseDuration(slot); err != nil {
				r.value(run, CodeDuration, "write slot:24h for one run a day", "run: %v", err)
			} else if d < time.Minute {
				r.value(run, CodeDuration, "write slot:24h for one run a day", "run: a slot is at least 1m long")
			}
		}
	}
	vars := root.get("vars")
	if !vars.is(mapping) {
		return
	}
	for i, k := range vars.keys {
		v := vars.children[i]
		if v.secret {
			r.warnKey(k, CodeLiteralSecret, "templates end up in names and reports: never put secrets in the manifest", "the variable %q sounds like a secret", k.name)
		}
		if _, err := v.scalar(); err != nil && !v.reported {
			r.value(v, CodeRange, "quote the value", "%s: %s is too large a number", k.name, v.shown())
		}
	}
}

// checkPath checks the path of a CSV file.
func (r *report) checkPath(n *node) {
	s := n.value
	windows := len(s) > 1 && s[1] == ':' || strings.HasPrefix(s, `\`)
	if path.IsAbs(s) || windows {
		r.value(n, CodePath, "write the path relative to the manifest, with slashes", "csv: %s is an absolute path", quoted(s))
	}
	if clean := path.Clean(strings.ReplaceAll(s, `\`, "/")); clean == ".." || strings.HasPrefix(clean, "../") {
		r.value(n, CodePath, "put the file into the manifest's folder, or one below it", "csv: %s leads out of the manifest's folder", quoted(s))
	}
}
