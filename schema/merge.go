package schema

import "slices"

// whole are the mappings that a restore replaces rather than completes,
// because their keys exclude each other.
var whole = []string{"at", "password"}

// merge returns the manifest with the defaults under every restore. Values are
// shared, not copied, so that a problem of a default is reported once.
func merge(root *node) *node {
	defaults, restores := root.get("defaults"), root.get("restores")
	if !defaults.is(mapping) || !restores.is(list) {
		return root
	}
	merged := *restores
	merged.children = make([]*node, len(restores.children))
	for i, r := range restores.children {
		merged.children[i] = under(defaults, r)
	}
	m := *root
	m.children = slices.Clone(root.children)
	m.children[slices.Index(root.children, restores)] = &merged
	return &m
}

// under returns n completed by the keys of base.
func under(base, n *node) *node {
	if n.kind != mapping || base.kind != mapping {
		return n
	}
	m := *n
	size := len(n.keys) + len(base.keys)
	m.keys = append(make([]key, 0, size), n.keys...)
	m.children = append(make([]*node, 0, size), n.children...)
	for i, k := range base.keys {
		at := slices.IndexFunc(m.keys, func(own key) bool { return own.name == k.name })
		switch {
		case at < 0:
			m.keys, m.children = append(m.keys, k), append(m.children, base.children[i])
		case !slices.Contains(whole, k.name):
			m.children[at] = under(base.children[i], m.children[at])
		}
	}
	return &m
}
