package plan

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// maxText bounds a template and what it expands to, in bytes.
const maxText = 4096

// A text is a parsed template. Without loops and calls to other templates it
// takes no longer than it is long.
type text struct {
	template *template.Template
	parts    []part // the whole template, when it is plain
	refs     []reference
	problem  *problem // it cannot be used; the field is left open
}

// A reference is what a template reads of its data: the names behind the
// dots. The empty reference is all of the data.
type reference []string

func (r reference) String() string { return "." + strings.Join(r, ".") }

// templates parses each text and each regular expression once.
type templates struct {
	functions template.FuncMap // bounded
	raw       template.FuncMap // the same, not bounded
	texts     map[string]*text
	regexps   map[string]compiled
}

// maxRegexps bounds the regular expressions that are kept: rows may bring each
// its own.
const maxRegexps = 1000

type compiled struct {
	re  *regexp.Regexp
	err error
}

func newTemplates() *templates {
	ts := &templates{texts: map[string]*text{}, regexps: map[string]compiled{}}
	ts.raw = ts.newFunctions()
	ts.functions = make(template.FuncMap, len(ts.raw))
	for name, f := range ts.raw {
		ts.functions[name] = bounded(f)
	}
	return ts
}

// isTemplate reports whether a value of the manifest is more than its letters.
func isTemplate(s string) bool { return strings.Contains(s, "{{") }

func (ts *templates) parse(s string) *text {
	t := ts.texts[s]
	if t == nil {
		t = ts.parseText(s)
		ts.texts[s] = t
	}
	return t
}

func (ts *templates) regexp(pattern string) (*regexp.Regexp, error) {
	c, ok := ts.regexps[pattern]
	if !ok {
		if len(ts.regexps) == maxRegexps {
			clear(ts.regexps)
		}
		c.re, c.err = compileRegexp(pattern)
		ts.regexps[pattern] = c
	}
	return c.re, c.err
}

func (ts *templates) parseText(s string) *text {
	if len(s) > maxText {
		return &text{problem: problemf(CodeTemplate, "", "the template is longer than %d bytes", maxText)}
	}
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck // unknown functions are told with a suggestion
	defined := map[string]*parse.Tree{}
	if _, err := tree.Parse(s, "", "", defined); err != nil {
		return &text{problem: problemf(CodeTemplate, "", "the template cannot be parsed: %s", templateError(err))}
	}
	r := reader{functions: ts.functions}
	r.node(tree.Root, true)
	delete(defined, "")
	if len(defined) > 0 && r.problem == nil {
		r.refuse("define")
	}
	if r.problem != nil {
		return &text{problem: r.problem}
	}
	// AddParseTree fails only for a template that was executed already.
	t := template.Must(template.New("").Option("missingkey=error").Funcs(ts.functions).AddParseTree("", tree))
	return &text{template: t, parts: ts.partsOf(tree.Root), refs: r.refs}
}

// A reader walks a template for what it refers to and what it may not do.
type reader struct {
	functions template.FuncMap
	refs      []reference
	problem   *problem
}

// node reads n. Root says that the dot is the whole of the data there.
func (r *reader) node(n parse.Node, root bool) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				r.node(child, root)
			}
		}
	case *parse.ActionNode:
		r.node(n.Pipe, root)
	case *parse.IfNode:
		r.branch(&n.BranchNode, root, root)
	case *parse.WithNode:
		r.branch(&n.BranchNode, root, false)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			for _, arg := range c.Args {
				r.node(arg, root)
			}
		}
	case *parse.ChainNode:
		r.node(n.Node, root)
	case *parse.DotNode:
		if root {
			r.refs = append(r.refs, reference{})
		}
	case *parse.FieldNode:
		if root {
			r.refs = append(r.refs, n.Ident)
		}
	case *parse.VariableNode:
		if n.Ident[0] == "$" {
			r.refs = append(r.refs, n.Ident[1:])
		}
	case *parse.IdentifierNode:
		r.call(n.Ident)
	case *parse.RangeNode:
		r.refuse("range")
	case *parse.TemplateNode:
		r.refuse("template")
	}
}

func (r *reader) branch(n *parse.BranchNode, root, inner bool) {
	r.node(n.Pipe, root)
	r.node(n.List, inner)
	r.node(n.ElseList, root)
}

func (r *reader) call(name string) {
	if r.functions[name] != nil || slices.Contains(builtins, name) {
		return
	}
	known := slices.Concat(slices.Sorted(maps.Keys(r.functions)), builtins)
	r.problem = problemf(CodeTemplate, "", "templates have no function %q", name).
		withHint("%s", didYouMean(name, known, "there are "+strings.Join(known, ", ")))
}

func (r *reader) refuse(action string) {
	r.problem = problemf(CodeTemplate, "", "templates may not use {{%s}}", action).
		withHint("pipelines, if, else, with and variables can be used")
}

// execute expands the template over data.
func (t *text) execute(d *data) (string, error) {
	if s, ok := joined(t.parts, d); ok {
		return s, nil
	}
	var out boundedText
	if err := t.template.Execute(&out, d.asMap()); err != nil {
		return "", errors.New(templateError(err))
	}
	return string(out), nil
}

type boundedText []byte

func (b *boundedText) Write(p []byte) (int, error) {
	if len(*b)+len(p) > maxText {
		return 0, errTooLong
	}
	*b = append(*b, p...)
	return len(p), nil
}

var templatePrefix = regexp.MustCompile(`^template: :\d+:(\d+:)? (executing "" at )?`)

// templateError returns what text/template says, without its prefix.
func templateError(err error) string {
	return templatePrefix.ReplaceAllString(err.Error(), "")
}

// A scope is what the templates of one place may refer to.
type scope struct {
	roots   []string       // .run, .name …, without the dot
	vars    map[string]any // keys of .vars
	columns []string       // keys of .each; nil when it is a plain text
}

// check returns what is wrong with the references of a template, before it is
// executed for any row.
func (s scope) check(t *text) *problem {
	if t.problem != nil {
		return t.problem
	}
	for _, ref := range t.refs {
		if p := s.checkReference(ref); p != nil {
			return p
		}
	}
	return nil
}

func (s scope) checkReference(ref reference) *problem {
	if len(ref) == 0 {
		return nil
	}
	unknown := func(hint string, args ...any) *problem {
		return problemf(CodeReference, "", "there is no %s here", ref).withHint(hint, args...)
	}
	if !slices.Contains(s.roots, ref[0]) {
		switch ref[0] {
		case "db":
			return unknown(".db is the name of a database, and is known in rename only")
		case "each":
			return unknown(".each is a row of a forEach, and this restore has none")
		}
		return unknown("there are .%s", strings.Join(s.roots, ", ."))
	}
	if len(ref) == 1 {
		return nil
	}
	var keys []string
	switch {
	case ref[0] == "vars":
		keys = slices.Sorted(maps.Keys(s.vars))
	case ref[0] == "each" && s.columns != nil:
		keys = s.columns
	default:
		return unknown(".%s is a plain text", ref[0])
	}
	if !slices.Contains(keys, ref[1]) {
		return unknown("%s", didYouMean(ref[1], keys, fmt.Sprintf(".%s has: %s", ref[0], few(keys))))
	}
	return nil
}
