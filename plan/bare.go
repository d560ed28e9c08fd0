package plan

// Bare returns what a draft says of its items before anybody was asked: who
// they are and what they declare. It is no plan to carry out, but the tasks that
// exist of its items can be looked for by it.
func (d *Draft) Bare() *Plan {
	p := &Plan{
		Manifest: ManifestRef{Name: d.manifest.Name, File: d.manifest.File(), Digest: Digest(d.manifest.Digest())},
		Run:      d.run,
		Limits:   d.manifest.Limits,
		Failure:  d.manifest.Failure,
		Items:    make([]Item, 0, len(d.kept)),
	}
	for _, it := range d.all() {
		p.Items = append(p.Items, it.item)
	}
	return p
}
