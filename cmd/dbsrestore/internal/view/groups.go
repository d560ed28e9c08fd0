package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// group is the items of a plan that share a tier, a region and, where there
// are few groups, a destination. Its texts are inert.
type group struct {
	tier, region, destination string
	items                     map[plan.Action]int
	databases                 int
	rto, rpo                  time.Duration // the strictest of the items', 0 for none
}

// TierLabel is the label by which restores are grouped and measured.
const TierLabel = "tier"

// groupItems groups the items of a plan, ordered by tier, region and
// destination. When there are more groups than so many, the destinations of a
// tier and region are brought together.
func groupItems(items []plan.Item, most int) []group {
	groups := groupBy(items, func(it plan.Item) string { return it.Destination })
	if len(groups) <= most {
		return groups
	}
	type place struct{ tier, region string }
	destinations := map[place]map[string]bool{}
	for _, g := range groups {
		at := place{g.tier, g.region}
		if destinations[at] == nil {
			destinations[at] = map[string]bool{}
		}
		destinations[at][g.destination] = true
	}
	groups = groupBy(items, func(plan.Item) string { return "" })
	for i := range groups {
		n := len(destinations[place{groups[i].tier, groups[i].region}])
		groups[i].destination = Plural(n, "destination")
	}
	return groups
}

func groupBy(items []plan.Item, destination func(plan.Item) string) []group {
	type name struct{ tier, region, destination string }
	index := map[name]int{}
	var groups []group
	for _, it := range items {
		n := name{Inert(it.Labels[TierLabel]), Inert(it.Site.Region), Inert(destination(it))}
		i, ok := index[n]
		if !ok {
			i = len(groups)
			index[n] = i
			groups = append(groups, group{tier: n.tier, region: n.region, destination: n.destination, items: map[plan.Action]int{}})
		}
		groups[i].items[it.Action]++
		groups[i].databases += len(it.Databases)
		if o := it.Objective; o != nil {
			groups[i].rto = strictest(groups[i].rto, time.Duration(o.RTO))
			groups[i].rpo = strictest(groups[i].rpo, time.Duration(o.RPO))
		}
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(a.region, b.region), cmp.Compare(a.destination, b.destination))
	})
	return groups
}

// strictest returns the shorter of two objectives, of which 0 is none.
func strictest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}

func (g group) count() int {
	n := 0
	for _, items := range g.items {
		n += items
	}
	return n
}

// others says how many items of the group are not simply to be restored.
func (g group) others() string {
	var words []string
	for _, a := range planActions {
		if a.action != plan.Restore && g.items[a.action] > 0 {
			words = append(words, fmt.Sprintf("%d %s", g.items[a.action], a.words))
		}
	}
	return strings.Join(words, ", ")
}

// objective says what the group is measured against, "" for nothing.
func (g group) objective() string {
	var words []string
	if g.rto > 0 {
		words = append(words, "rto "+Duration(g.rto))
	}
	if g.rpo > 0 {
		words = append(words, "rpo "+Duration(g.rpo))
	}
	return strings.Join(words, ", ")
}

// itemNote is a text about some items of a plan.
type itemNote struct {
	text string
	keys []plan.Key
}

// gather returns the texts that a function gives of items, in the order of their
// first items.
func gather(items []plan.Item, of func(plan.Item) []string) []itemNote {
	var notes []itemNote
	index := map[string]int{}
	for _, it := range items {
		for _, t := range of(it) {
			i, ok := index[t]
			if !ok {
				i = len(notes)
				index[t] = i
				notes = append(notes, itemNote{text: t})
			}
			notes[i].keys = append(notes[i].keys, it.Key)
		}
	}
	return notes
}

// planActions are the actions in the order in which they are counted, with the
// words for their totals.
var planActions = []struct {
	action plan.Action
	words  string
}{
	{plan.Restore, "to restore"}, {plan.Adopt, "to adopt"}, {plan.Done, "done"},
	{plan.Failed, "failed"}, {plan.Blocked, "blocked"},
}

// totals says how many items the plan has of each action, the empty ones left
// out.
func totals(p *plan.Plan) []string {
	n := p.Count()
	var words []string
	for _, a := range planActions {
		if n[a.action] > 0 {
			words = append(words, fmt.Sprintf("%d %s", n[a.action], a.words))
		}
	}
	if words == nil {
		return []string{"nothing to restore"}
	}
	return words
}
