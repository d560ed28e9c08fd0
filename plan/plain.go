package plan

import (
	"strings"
	"text/template/parse"
)

// A part of a plain template is letters, or a reference to a text that goes
// through functions: {{ .name | replace "-" "_" }}. Nearly all templates are
// plain, and package template takes ten times the time of joined.
type part struct {
	letters string
	ref     reference
	calls   []call
}

// A call is a function of texts with all arguments but the last.
type call struct {
	function any
	literals []string
}

// partsOf returns the parts of a template that consists of nothing else, nil
// of another.
func (ts *templates) partsOf(root *parse.ListNode) (parts []part) {
	for _, n := range root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			parts = append(parts, part{letters: string(n.Text)})
		case *parse.ActionNode:
			p, ok := ts.partOf(n.Pipe)
			if !ok {
				return nil
			}
			parts = append(parts, p)
		default:
			return nil
		}
	}
	return parts
}

func (ts *templates) partOf(pipe *parse.PipeNode) (p part, ok bool) {
	if len(pipe.Decl) > 0 || len(pipe.Cmds[0].Args) != 1 {
		return p, false
	}
	field, ok := pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok || len(field.Ident) > 2 {
		return p, false
	}
	p.ref = field.Ident
	for _, command := range pipe.Cmds[1:] {
		name, ok := command.Args[0].(*parse.IdentifierNode)
		if !ok {
			return p, false
		}
		c := call{function: ts.raw[name.Ident]}
		for _, arg := range command.Args[1:] {
			s, ok := arg.(*parse.StringNode)
			if !ok {
				return p, false
			}
			c.literals = append(c.literals, s.Text)
		}
		p.calls = append(p.calls, c)
	}
	return p, true
}

// apply calls the function, and fails where package template should.
func (c call) apply(s string) (out string, ok bool) {
	switch f := c.function.(type) {
	case func(string) string:
		return f(s), len(c.literals) == 0
	case func(string, string) string:
		if ok = len(c.literals) == 1; ok {
			out = f(c.literals[0], s)
		}
	case func(string, string, string) (string, error):
		if ok = len(c.literals) == 2; ok {
			var err error
			out, err = f(c.literals[0], c.literals[1], s)
			ok = err == nil
		}
	}
	return out, ok
}

// expand returns what a part stands for.
func (p *part) expand(d *data) (s string, ok bool) {
	if p.ref == nil {
		return p.letters, true
	}
	s, ok = d.text(p.ref)
	for _, c := range p.calls {
		if !ok || len(s) > maxText {
			return "", false
		}
		s, ok = c.apply(s)
	}
	return s, ok
}

// joined expands a plain template in which every value is a text and nothing is
// wrong. What is wrong, package template says.
func joined(parts []part, d *data) (string, bool) {
	if len(parts) == 0 {
		return "", false
	}
	var array [8]string // so that few parts take no memory
	pieces := array[:0]
	size := 0
	for i := range parts {
		s, ok := parts[i].expand(d)
		if size += len(s); !ok || size > maxText {
			return "", false
		}
		pieces = append(pieces, s)
	}
	if len(pieces) == 1 {
		return pieces[0], true
	}
	return strings.Join(pieces, ""), true
}
