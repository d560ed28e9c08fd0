package plan

import (
	"maps"
	"reflect"
)

// Difference is how a manifest has moved on since a plan was made of it.
type Difference struct {
	Added   []Key // items of the manifest that the plan does not have, in the manifest's order
	Removed []Key // items of the plan that the manifest does not have any more, in the plan's order
	Changed []Key // items that are declared otherwise, in the plan's order
	Rules   bool  // the limits or what is done about failures differ
}

// IsZero reports whether nothing differs.
func (d Difference) IsZero() bool {
	return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 && !d.Rules
}

// Compare says how a draft, expanded under the plan's run key, differs from what
// the plan was made of. What only facts decide, such as the moment that latest
// is, makes no difference, nor do comments and white space.
func (p *Plan) Compare(d *Draft) Difference {
	now := d.Bare()
	diff := Difference{Rules: p.Limits != now.Limits || p.Failure != now.Failure}
	declared := make(map[Key]*Item, len(now.Items))
	for i := range now.Items {
		declared[now.Items[i].Key] = &now.Items[i]
	}
	planned := make(map[Key]bool, len(p.Items))
	for i := range p.Items {
		it := &p.Items[i]
		planned[it.Key] = true
		switch then, ok := declared[it.Key]; {
		case !ok:
			diff.Removed = append(diff.Removed, it.Key)
		case !it.sameDeclaration(then):
			diff.Changed = append(diff.Changed, it.Key)
		}
	}
	for i := range now.Items {
		if !planned[now.Items[i].Key] {
			diff.Added = append(diff.Added, now.Items[i].Key)
		}
	}
	return diff
}

// sameDeclaration reports whether two items are declared alike.
func (i *Item) sameDeclaration(j *Item) bool {
	return i.Declared == j.Declared && i.Site == j.Site && i.AllowInPlace == j.AllowInPlace &&
		reflect.DeepEqual(i.Needs, j.Needs) && maps.Equal(i.Labels, j.Labels) &&
		reflect.DeepEqual(i.Password, j.Password) && reflect.DeepEqual(i.Objective, j.Objective)
}
