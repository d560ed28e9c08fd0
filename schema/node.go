package schema

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what a value of the manifest is, by our rules rather than YAML's.
type kind uint8

const (
	null kind = iota
	boolean
	integer
	decimal
	text
	list
	mapping
)

// node is a value of the manifest with its place. Aliases are resolved and
// merge keys applied, so nodes may be shared: after composing, a node never
// changes but for secret and reported.
//
// There are dozens of nodes to a restore, so they are kept small: planning
// 20,000 restores takes a tenth less time by it.
type node struct {
	value string // of a scalar, without quotes
	*inner
	line     int32
	col      int32
	size     int32 // nodes in the tree below, itself included, aliases expanded
	height   uint8 // levels below, at most maxDepth; 0 for a scalar
	kind     kind
	plain    bool // a scalar without quotes
	loose    bool // a plain scalar that readers of YAML understand differently: 0777, 1_000, .nan, yes
	secret   bool // stands under a key that sounds like a secret
	reported bool // something is wrong with the value and has been said
}

// inner is what a node holds. A copy of a node shares it, so it is changed only
// by who made it. Scalars share noInner, and never have one of their own.
type inner struct {
	keys     []key   // of a mapping, in the order of children
	children []*node // of a mapping or list
	lost     []pair  // of a mapping: second values of a key, and values whose key is no good
}

var noInner = &inner{}

// holding returns a copy of a list or mapping that holds something else.
func (n *node) holding(in inner) *node {
	m := *n
	m.inner = &in
	return &m
}

// key is a key of a mapping with its place.
type key struct {
	name      string
	line, col int32
}

// placeAt returns a place as a key without a name.
func placeAt(line, col int) key { return key{line: int32(line), col: int32(col)} }

type pair struct {
	key   key
	value *node
}

// place returns where a value stands, as a key without a name.
func (n *node) place() key { return key{line: n.line, col: n.col} }

// get returns the value of a mapping's key, nil when there is none or n is no
// mapping.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.keys {
		if n.keys[i].name == name {
			return n.children[i]
		}
	}
	return nil
}

// key returns a mapping's key with its place.
func (n *node) key(name string) (key, bool) {
	if n == nil {
		return key{}, false
	}
	for _, k := range n.keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// child returns the value at one step of a JSON pointer, nil when there is none.
func (n *node) child(step string) *node {
	if n.kind != list {
		return n.get(step)
	}
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i >= len(n.children) {
		return nil
	}
	return n.children[i]
}

// is reports whether n is there and of kind k.
func (n *node) is(k kind) bool { return n != nil && n.kind == k }

// isTemplate reports whether n is text that package plan will expand.
func (n *node) isTemplate() bool { return n.is(text) && strings.Contains(n.value, "{{") }

// elements returns the values of a list, none when n is no list.
func (n *node) elements() []*node {
	if !n.is(list) {
		return nil
	}
	return n.children
}

// width returns the columns that a value takes in the source, 0 for unknown.
func (n *node) width() int {
	switch {
	case n.kind >= list || strings.ContainsRune(n.value, '\n'):
		return 0
	case n.plain:
		return utf8.RuneCountInString(n.value)
	}
	return utf8.RuneCountInString(n.value) + 2
}

// shown returns a scalar for messages, cut where it is long.
func (n *node) shown() string {
	if n.secret {
		return "the value"
	}
	return quoted(n.value)
}

// describe names what was found, for people.
func (n *node) describe() string {
	switch n.kind {
	case null:
		return "nothing"
	case boolean:
		return "a boolean"
	case integer, decimal:
		return "a number"
	case text:
		return "text"
	case list:
		return "a list"
	}
	return "a mapping"
}

// plainValue returns the tree as the JSON Schema validator takes it. A number
// in a loose form stands as 1: its form is reported apart.
func (n *node) plainValue() any {
	switch n.kind {
	case null:
		return nil
	case boolean:
		return n.value == "true"
	case integer, decimal:
		if n.loose {
			return json.Number("1")
		}
		return json.Number(n.value)
	case text:
		return n.value
	case list:
		vs := make([]any, len(n.children))
		for i, c := range n.children {
			vs[i] = c.plainValue()
		}
		return vs
	}
	m := make(map[string]any, len(n.children))
	for i, c := range n.children {
		m[n.keys[i].name] = c.plainValue()
	}
	return m
}
