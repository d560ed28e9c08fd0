package plan

import (
	"maps"
	"slices"
	"strings"
)

// maxNeeds bounds the needs of all items together.
const maxNeeds = 1_000_000

// choose returns the items that only and selector pick, and all that they
// need, in the manifest's order. An item must be picked by both.
func (x *expansion) choose(only []Key, selector map[string]string, needs [][]int) []*kept {
	named := x.named(only)
	chosen := make([]bool, len(x.items))
	var queue []int
	for i, it := range x.items {
		if (len(only) == 0 || named[i]) && hasLabels(it.labels, selector) {
			chosen[i] = true
			queue = append(queue, i)
		}
	}
	if len(queue) == 0 && len(selector) > 0 && len(x.items) > 0 {
		x.problems.addf(CodeSelection, "", "", "no item has the labels %s", labelText(selector))
	}
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, n := range needs[i] {
			if !chosen[n] {
				chosen[n] = true
				queue = append(queue, n)
			}
		}
	}
	var items []*kept
	for i, it := range x.items {
		if chosen[i] {
			items = append(items, it)
		}
	}
	return items
}

// named returns the indices of the items that are named by key or by restore.
func (x *expansion) named(keys []Key) map[int]bool {
	found := map[int]bool{}
	if len(keys) == 0 {
		return found
	}
	names := x.names()
	for _, k := range keys {
		indices, ok := names[string(k)]
		if !ok {
			x.problems.addf(CodeSelection, "", didYouMean(string(k), slices.Sorted(maps.Keys(names)), ""),
				"--only %s: there is no such restore or item", k)
		}
		for _, i := range indices {
			found[i] = true
		}
	}
	return found
}

// names returns the items behind each name of a restore and each item key.
func (x *expansion) names() map[string][]int {
	names := make(map[string][]int, len(x.items)+len(x.restores))
	for i, it := range x.items {
		names[string(it.key)] = []int{i}
	}
	for i, indices := range x.restores {
		names[x.manifest.Restores[i].Name] = indices
	}
	return names
}

func hasLabels(labels, selector map[string]string) bool {
	for k, v := range selector {
		if got, ok := labels[k]; !ok || got != v {
			return false
		}
	}
	return true
}

func labelText(labels map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+"="+labels[k])
	}
	return strings.Join(parts, ",")
}

// needed is what some items need, in the order of all items.
type needed struct {
	indices []int
	keys    []Key
}

// needs resolves what each item needs, and sets Needs of the items.
func (x *expansion) needs() [][]int {
	var names map[string][]int   // filled when the first item needs something
	known := map[string]needed{} // rows that need the same share it
	needs := make([][]int, len(x.items))
	total := 0
	for i, it := range x.items {
		if len(it.names) == 0 {
			continue
		}
		if names == nil {
			names = x.names()
		}
		id := strings.Join(it.names, "\x00")
		n, ok := known[id]
		if !ok {
			n = x.find(it, names)
			known[id] = n
		}
		needs[i], it.needs = n.indices, n.keys
		if total += len(n.indices); total > maxNeeds {
			x.problems.addf(CodeTooMany, restorePointer(it.index)+"/needs", "let fewer items depend on each other",
				"the items of the manifest have more than %d needs together", maxNeeds)
			return make([][]int, len(x.items))
		}
	}
	x.cycles(needs)
	return needs
}

// find looks up what an item needs by name.
func (x *expansion) find(it *kept, names map[string][]int) (n needed) {
	for i, name := range it.names {
		indices, ok := names[name]
		if !ok && name != "" { // "" is a template that failed
			p := problemf(CodeNeeds, elementPointer("/needs", i), "needs %.80q: there is no such restore or item", name)
			if x.misspelt++; x.misspelt <= samples { // likeness takes long to find, and few are shown
				p.hint = didYouMean(name, slices.Sorted(maps.Keys(names)), "")
			}
			x.problems.add(it.index, it.key, it.row, p)
		}
		n.indices = append(n.indices, indices...)
	}
	slices.Sort(n.indices)
	n.indices = slices.Compact(n.indices)
	for _, i := range n.indices {
		n.keys = append(n.keys, x.items[i].key)
	}
	return n
}

// cycles reports the first circle of items that need each other.
func (x *expansion) cycles(needs [][]int) {
	const (
		unseen = iota
		open   // on the path
		closed
	)
	state := make([]int8, len(needs))
	next := make([]int, len(needs)) // the need to follow next, of those on the path
	for start := range needs {
		if state[start] != unseen {
			continue
		}
		path := []int{start}
		state[start] = open
		for len(path) > 0 {
			i := path[len(path)-1]
			if next[i] == len(needs[i]) {
				state[i] = closed
				path = path[:len(path)-1]
				continue
			}
			n := needs[i][next[i]]
			next[i]++
			switch state[n] {
			case unseen:
				state[n] = open
				path = append(path, n)
			case open:
				x.cycle(append(slices.Clone(path[slices.Index(path, n):]), n))
				return
			}
		}
	}
}

func (x *expansion) cycle(path []int) {
	keys := make([]string, 0, len(path))
	for _, i := range path {
		keys = append(keys, string(x.items[i].key))
	}
	it := x.items[path[0]]
	x.problems.addf(CodeCycle, restorePointer(it.index)+"/needs", "none of them could ever start",
		"items need each other in a circle: %s", strings.Join(keys, " -> "))
}
