package schema

import "slices"

// whole are the mappings that a restore replaces rather than completes,
// because their keys exclude each other.
var whole = []string{"at", "password"}

// layered is a mapping of a restore over that of the defaults, either nil when
// there is none. They are looked through, and never merged into a tree of its
// own: that was a twelfth of the time and memory of planning restores that are
// written out.
type layered struct{ own, base *node }

// layers returns the restores of a manifest, each over the defaults.
func layers(root *node) []layered {
	all, defaults := root.get("restores").elements(), root.get("defaults")
	ls := make([]layered, len(all))
	for i, r := range all {
		ls[i] = over(defaults, r)
	}
	return ls
}

// over lays a value over that of the defaults, which counts where both are
// mappings, and where there is no other.
func over(base, own *node) layered {
	if own == nil || own.kind == mapping && base.is(mapping) {
		return layered{own, base}
	}
	return layered{own: own}
}

// top returns the value itself: the restore's, or else that of the defaults.
func (l layered) top() *node {
	if l.own != nil {
		return l.own
	}
	return l.base
}

// get returns the value of a key, nil when there is none. Of a mapping that the
// defaults complete it returns what the restore has.
func (l layered) get(name string) *node { return l.in(name).top() }

// in returns what stands under a key.
func (l layered) in(name string) layered {
	own, base := l.own.get(name), l.base.get(name)
	if own != nil && slices.Contains(whole, name) {
		base = nil
	}
	return over(base, own)
}

// step returns what stands at one step of a JSON pointer.
func (l layered) step(step string) layered {
	switch {
	case l.own.is(list):
		return layered{own: l.own.child(step)}
	case l.base.is(list):
		return layered{base: l.base.child(step)}
	}
	return l.in(step)
}

// find returns what stands at a JSON pointer into the manifest, and whether it
// is the value itself and not the nearest above it.
func (m *Manifest) find(pointer string) (_ layered, found bool) {
	steps := splitPointer(pointer)
	l := layered{own: m.root}
	for i, step := range steps {
		below := l.step(step)
		if below.top() == nil {
			return l, false
		}
		if l = below; i == 1 && steps[0] == "restores" {
			l = over(m.root.get("defaults"), l.own)
		}
	}
	return l, true
}
