package plan

import "path"

// Bare returns what a draft says of its items before anybody was asked: who
// they are and what they declare. It is no plan to carry out, but the tasks that
// exist of its items can be looked for by it.
func (d *Draft) Bare() *Plan {
	p := d.head()
	p.Items = make([]Item, 0, len(d.kept))
	for _, it := range d.all() {
		p.Items = append(p.Items, it.item)
	}
	return p
}

// head returns the plan of a draft, without its items.
func (d *Draft) head() *Plan {
	m := d.manifest
	return &Plan{
		FormatVersion: FormatVersion,
		Manifest:      ManifestRef{Name: m.Name, File: baseName(m.File()), Digest: Digest(m.Digest())},
		Run:           d.run,
		Limits:        m.Limits,
		Failure:       m.Failure,
	}
}

// baseName returns the last element of a path, "" for none.
func baseName(file string) string {
	if file == "" {
		return ""
	}
	return path.Base(file)
}
