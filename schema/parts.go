package schema

import (
	"iter"
	"slices"
)

// partSize is how many restores are validated at a time.
const partSize = 1000

// parts yields the manifest with some restores after the other, and the index
// of the first of them. All but the first part have no more than those and what
// every manifest must have.
func parts(root *node) iter.Seq2[int, *node] {
	return func(yield func(int, *node) bool) {
		all := root.get("restores").elements()
		part := func(from int) func(*node) *node {
			return func(l *node) *node {
				return l.holding(inner{children: all[from:min(from+partSize, len(all))]})
			}
		}
		if len(all) <= partSize {
			yield(0, root)
			return
		}
		if !yield(0, root.with("restores", part(0))) {
			return
		}
		rest := &node{kind: mapping, line: root.line, col: root.col, inner: &inner{}}
		for i, k := range root.keys {
			if slices.Contains([]string{"version", "name", "restores"}, k.name) {
				rest.keys, rest.children = append(rest.keys, k), append(rest.children, root.children[i])
			}
		}
		for from := partSize; from < len(all); from += partSize {
			if !yield(from, rest.with("restores", part(from))) {
				return
			}
		}
	}
}
