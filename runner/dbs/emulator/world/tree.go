package world

import (
	"regexp"

	"gopkg.in/yaml.v3"
)

// Bounds of a document, so that a small one cannot keep the reader busy.
const (
	maxCopies = 50_000 // nodes that aliases stand for
	maxKeys   = 1000   // of one mapping
)

// tree makes of a YAML document what JSON has: no aliases, merges, tags or
// keys that are not text, and times as text.
type tree struct {
	copies   int
	open     map[*yaml.Node]bool // what is being copied
	problems problems
}

// plain returns a document without what only YAML has, or what is wrong.
func plain(n *yaml.Node) (*yaml.Node, problems) {
	t := &tree{open: make(map[*yaml.Node]bool)}
	return t.node(n, false), t.problems
}

func (t *tree) refuse(n *yaml.Node, format string, args ...any) {
	t.problems.add("", format, args...)
	t.problems[len(t.problems)-1].node = n
}

// node copies a node; copied says that an alias asked for it.
func (t *tree) node(n *yaml.Node, copied bool) *yaml.Node {
	nothing := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
	if n.Kind == yaml.AliasNode {
		if t.open[n.Alias] {
			t.refuse(n, "this alias is inside of what it stands for; write out what is meant")
			return nothing
		}
		return t.node(n.Alias, true)
	}
	if copied {
		if t.copies++; t.copies > maxCopies {
			if t.copies == maxCopies+1 {
				t.refuse(n, "aliases make more than %d values; write out what is meant", maxCopies)
			}
			return nothing
		}
	}
	c := *n
	c.Anchor = ""
	t.open[n] = true
	defer delete(t.open, n)
	switch n.Kind {
	case yaml.MappingNode:
		c.Content = t.pairs(n, copied)
	case yaml.SequenceNode:
		c.Content = nil
		for _, item := range n.Content {
			c.Content = append(c.Content, t.node(item, copied))
		}
	default:
		t.scalar(&c)
	}
	if n.Style&yaml.TaggedStyle != 0 {
		t.refuse(n, "tags are not read here; leave out the word after the !, or put quotes around a value that begins with it")
		return nothing
	}
	return &c
}

// endless are numbers that JSON has none of.
var endless = regexp.MustCompile(`(?i)^[-+]?\.(inf|nan)$`)

func (t *tree) scalar(n *yaml.Node) {
	switch {
	case n.Tag == "!!timestamp":
		n.Tag = "!!str"
	case n.Tag == "!!float" && endless.MatchString(n.Value):
		t.refuse(n, "this is no number that can be used; write one with digits")
	}
}

// pairs copies keys and values, those that are merged in after those that are
// written out.
func (t *tree) pairs(n *yaml.Node, copied bool) (content []*yaml.Node) {
	lines := make(map[string]int)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := t.node(n.Content[i], copied), t.node(n.Content[i+1], copied)
		line, given := lines[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode:
			t.refuse(k, "a key is text, not a list or a mapping; put quotes around text with braces or brackets")
		case k.Tag == "!!merge":
			merged = append(merged, t.sources(v)...)
		case given:
			t.refuse(k, "this key was given in line %d already; leave one of them out", line)
		default:
			k.Tag, lines[k.Value] = "!!str", k.Line
			content = append(content, k, v)
		}
		if len(lines) > maxKeys {
			t.refuse(n, "more than %d keys are in one mapping; leave some out", maxKeys)
			return nil
		}
	}
	for _, m := range merged {
		for i := 0; i < len(m.Content); i += 2 {
			k := m.Content[i]
			if _, given := lines[k.Value]; !given && len(lines) < maxKeys {
				lines[k.Value] = k.Line
				content = append(content, k, m.Content[i+1])
			}
		}
	}
	return content
}

// sources returns the mappings that << merges.
func (t *tree) sources(v *yaml.Node) (list []*yaml.Node) {
	list = []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		list = v.Content
	}
	for _, m := range list {
		if m.Kind != yaml.MappingNode {
			t.refuse(m, "<< merges mappings only; write an alias of one after it")
			return nil
		}
	}
	return list
}
