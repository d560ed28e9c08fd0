package view

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dbsrestore/dbsrestore/plan"
)

// manyGroups is how many groups of items a reader takes in at once; beyond it
// the destinations of a tier and region are brought together.
const manyGroups = 20

// group is the items of a plan that share a tier, a region and, where there
// are few groups, a destination. Its texts are inert.
type group struct {
	tier, region, destination string
	items                     map[plan.Action]int
	databases                 int
}

// TierLabel is the label by which restores are grouped and measured.
const TierLabel = "tier"

// groupItems groups the items of a plan, ordered by tier, region and
// destination.
func groupItems(items []plan.Item) []group {
	groups := groupBy(items, func(it plan.Item) string { return it.Destination })
	if len(groups) <= manyGroups {
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
			groups = append(groups, group{n.tier, n.region, n.destination, map[plan.Action]int{}, 0})
		}
		groups[i].items[it.Action]++
		groups[i].databases += len(it.Databases)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(a.region, b.region), cmp.Compare(a.destination, b.destination))
	})
	return groups
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
