package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// composer turns YAML nodes into ours: aliases resolved, merge keys applied,
// scalars read by our rules.
type composer struct {
	*report
	done    map[*yaml.Node]*node // by anchored node; nil while it is being composed
	budget  int                  // nodes that aliases may still stand for
	nodes   int
	free    []node
	inners  []inner
	stopped bool // a limit was passed: nothing more is looked at
}

// compose returns the tree of a document of so many bytes, nil when a limit
// was passed.
func (r *report) compose(doc *yaml.Node, size int) *node {
	c := &composer{report: r, done: map[*yaml.Node]*node{}, budget: 10_000 + size/2}
	n := c.node(doc, 1)
	if c.stopped {
		return nil
	}
	r.secret, r.sounds = map[int]bool{}, map[string]bool{}
	r.hideSecrets(n)
	return n
}

// stop reports a passed limit and ends the composing.
func (c *composer) stop(y *yaml.Node, code, hint, format string, args ...any) {
	if !c.stopped {
		c.stopped = true
		c.add(place(y), 0, code, hint, format, args...)
	}
}

const quotedStyle = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func place(y *yaml.Node) key { return placeAt(y.Line, y.Column) }

func (c *composer) node(y *yaml.Node, depth int) *node {
	c.nodes++
	if c.nodes > maxNodes && !c.stopped {
		c.stopped = true
		c.tooManyNodes(place(y))
	}
	if depth > maxDepth {
		c.tooDeep(y)
	}
	n := c.newNode(y)
	if c.stopped {
		n.reported = true
		return n
	}
	if y.Kind == yaml.AliasNode {
		return c.alias(y, depth)
	}
	if y.Anchor != "" {
		c.done[y] = nil
		defer func() { c.done[y] = n }()
	}
	switch y.Kind {
	case yaml.MappingNode:
		c.mapping(n, y, depth)
	case yaml.SequenceNode:
		c.list(n, y, depth)
	default:
		c.scalar(n, y)
	}
	if y.Style&yaml.TaggedStyle != 0 {
		c.value(n, CodeTag, "remove the tag; quote the value where text is meant", "YAML tags are not allowed")
	}
	return n
}

// newNode returns a scalar at the place of y. Nodes are made by the hundred,
// which is faster than one by one.
func (c *composer) newNode(y *yaml.Node) *node {
	if len(c.free) == 0 {
		c.free = make([]node, 128)
	}
	n := &c.free[0]
	c.free = c.free[1:]
	n.line, n.col, n.size, n.inner = int32(y.Line), int32(y.Column), 1, noInner
	return n
}

// newInner returns room for so many keys, or none for a list, and children.
func (c *composer) newInner(keys, children int) *inner {
	if len(c.inners) == 0 {
		c.inners = make([]inner, 64)
	}
	in := &c.inners[0]
	c.inners = c.inners[1:]
	if keys > 0 {
		in.keys = make([]key, 0, keys)
	}
	in.children = make([]*node, 0, children)
	return in
}

func (c *composer) tooDeep(y *yaml.Node) {
	c.stop(y, CodeTooDeep, "no key of a manifest is nested so deeply", "values are nested more than %d levels deep", maxDepth)
}

// alias returns the anchored value, at the place of its use. What aliases
// stand for is counted as if it were written out, before it is.
func (c *composer) alias(y *yaml.Node, depth int) *node {
	target, ok := c.done[y.Alias]
	if target == nil {
		n := c.newNode(y)
		n.reported = true
		if ok {
			c.add(place(y), 0, CodeAlias, "write the value out", "the alias stands for a value that contains it")
		}
		return n
	}
	c.budget -= int(target.size)
	if c.budget < 0 {
		c.stop(y, CodeAlias, "write the values out, or use defaults and forEach", "the aliases stand for too many values")
	}
	if depth+int(target.height) > maxDepth {
		c.tooDeep(y)
	}
	n := *target
	n.line, n.col = int32(y.Line), int32(y.Column)
	return &n
}

func (c *composer) list(n *node, y *yaml.Node, depth int) {
	n.kind = list
	if len(y.Content) > maxItems {
		c.stop(y, CodeTooLong, "put rows into a file and use forEach: {csv: …}, or split the manifest",
			"a list of %d values, the limit is %d", len(y.Content), maxItems)
		return
	}
	n.inner = c.newInner(0, len(y.Content))
	for i, e := range y.Content {
		child := c.node(e, depth+1)
		y.Content[i] = nil // so that there are never two whole trees
		n.children = append(n.children, child)
		n.count(child)
	}
}

func (n *node) count(child *node) {
	n.size += child.size
	n.height = max(n.height, child.height+1)
}

func (c *composer) mapping(n *node, y *yaml.Node, depth int) {
	n.kind = mapping
	if len(y.Content)/2 > maxKeys {
		c.tooManyKeys(y)
		return
	}
	n.inner = c.newInner(len(y.Content)/2, len(y.Content)/2)
	var merged []*node
	var mergeKey key
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, ok := c.mappingKey(y.Content[i])
		child := c.node(y.Content[i+1], depth+1)
		if !ok || c.stopped {
			n.reported = n.reported || y.Content[i].Kind == yaml.MappingNode
			n.lose(k, child)
			continue
		}
		first, dup := n.key(k.name)
		merge := y.Content[i].Tag == "!!merge"
		if merge {
			first, dup = mergeKey, mergeKey.line > 0
		}
		if dup {
			n.lose(k, child)
			c.key(k, CodeDuplicateKey, "remove one of the two", "%q is already set at line %d", k.name, first.line)
			continue
		}
		if merge {
			mergeKey = k
			merged = append(merged, c.mergeSources(child)...)
			n.size += child.size
			if child.reported || slices.ContainsFunc(child.children, isReported) {
				n.lose(k, child)
			}
			continue
		}
		n.set(k, child)
	}
	for _, m := range merged {
		for i, k := range m.keys {
			if n.get(k.name) == nil {
				n.set(k, m.children[i])
			}
		}
	}
	if len(n.keys) > maxKeys {
		c.tooManyKeys(y)
	}
}

// lose keeps a value that is not part of the mapping, and that was reported:
// what it holds may be a secret.
func (n *node) lose(k key, child *node) {
	n.lost = append(n.lost, pair{k, child})
	n.count(child)
}

func (n *node) set(k key, child *node) {
	n.keys = append(n.keys, k)
	n.children = append(n.children, child)
	n.count(child)
}

func (c *composer) tooManyKeys(y *yaml.Node) {
	c.stop(y, CodeTooLong, "", "a mapping of more than %d keys", maxKeys)
}

func isReported(n *node) bool { return n.reported }

// mergeSources returns the mappings of a merge key, of which the first wins.
func (c *composer) mergeSources(n *node) []*node {
	sources := []*node{n}
	if n.kind == list {
		sources = n.children
	}
	return slices.DeleteFunc(slices.Clone(sources), func(s *node) bool {
		if s.kind != mapping && !s.reported {
			c.value(s, CodeAlias, "write <<: *name, or <<: [*first, *second]", "a merge key takes mappings, found %s", s.describe())
		}
		return s.kind != mapping
	})
}

// mappingKey reads a key, and reports one that is not text.
func (c *composer) mappingKey(y *yaml.Node) (key, bool) {
	k := place(y)
	plain := y.Style&quotedStyle == 0
	switch {
	case y.Kind == yaml.MappingNode && y.Style&yaml.FlowStyle != 0:
		c.add(k, 0, CodeQuote, `write "{{ … }}"`, "a template needs quotes: braces without them are YAML's")
	case y.Kind != yaml.ScalarNode:
		c.add(k, 0, CodeKey, "", "a key is text, nothing else")
	case y.Style&yaml.TaggedStyle != 0:
		c.add(k, 0, CodeTag, "remove the tag", "YAML tags are not allowed")
	case plain && y.Tag != "!!str" && y.Tag != "!!timestamp" && y.Tag != "!!merge":
		c.add(k, utf8.RuneCountInString(y.Value), CodeKey, "quote the key", "a key is text, found %s", describeTag(y.Tag))
	case y.Value == "":
		c.add(k, 0, CodeKey, "", "a key is empty")
	case len(y.Value) > maxKeyBytes:
		c.add(k, 0, CodeTooLong, "", "a key of %d bytes, the limit is %d", len(y.Value), maxKeyBytes)
	case c.badRunes(y, "a key"):
	default:
		k.name = y.Value
		return k, true
	}
	return k, false
}

func describeTag(tag string) string {
	switch tag {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "a boolean"
	}
	return "a number"
}

var (
	integerForm = lazily(`^(0|-?[1-9][0-9]*)$`)
	decimalForm = lazily(`^-?(0|[1-9][0-9]*)\.[0-9]+$`)
	booleanWord = lazily(`^(?i:true|false|yes|no|on|off)$`)
)

func (c *composer) scalar(n *node, y *yaml.Node) {
	n.value = y.Value
	n.plain = y.Style&quotedStyle == 0
	n.kind = text
	if len(y.Value) > maxScalar {
		c.value(n, CodeTooLong, "", "a value of %d bytes, the limit is %d", len(y.Value), maxScalar)
		return
	}
	if n.plain {
		n.resolve(y.Tag)
	}
	if c.badRunes(y, "a value") {
		n.reported = true
	}
}

// resolve says what a plain scalar is, given what yaml.v3 takes it for.
// Timestamps are text.
func (n *node) resolve(tag string) {
	switch {
	case tag == "!!null":
		n.kind = null
	case n.value == "true", n.value == "false":
		n.kind = boolean
	case booleanWord().MatchString(n.value):
		n.loose = true
	case tag == "!!int", tag == "!!float":
		n.kind = integer
		switch {
		case integerForm().MatchString(n.value):
		case decimalForm().MatchString(n.value):
			n.kind = decimal
		default:
			n.loose = true
		}
	}
}

// badRunes reports the first rune of a key or value that does not show, or
// changes how others show. Templates may span lines.
func (c *composer) badRunes(y *yaml.Node, what string) bool {
	lines := strings.Contains(y.Value, "{{")
	i := strings.IndexFunc(y.Value, func(r rune) bool {
		if r == '\n' || r == '\t' {
			return !lines
		}
		return r < ' ' || r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	})
	if i < 0 {
		return false
	}
	bad, _ := utf8.DecodeRuneInString(y.Value[i:])
	at, where := place(y), ""
	if rest := []rune(string(c.line(y.Line))); bad != '\n' && y.Column <= len(rest) {
		if j := slices.Index(rest[y.Column-1:], bad); j >= 0 {
			at.col += int32(j)
			where = fmt.Sprintf(" at column %d", at.col)
		}
	}
	if bad == '\n' {
		c.add(at, 1, CodeCharacter, "a block that begins with | or > ends with a line break, with |- or >- it does not", "%s holds a line break", what)
		return true
	}
	c.add(at, 1, CodeCharacter, "remove it", "%s holds the invisible character U+%04X%s", what, bad, where)
	return true
}
