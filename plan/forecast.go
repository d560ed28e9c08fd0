package plan

import (
	"maps"
	"slices"
	"time"
)

// Forecast says how long a run of a plan takes at least, and which of its limits
// is the reason. No order of the restores can beat it: it is the longest of what
// each limit alone asks for.
type Forecast struct {
	AtLeast time.Duration // 0 when it is not known how long restores take
	Rounds  int           // then: how many restores run one after another at least
	Known   int           // items whose own duration is known; others count as the median of these
	Binds   string        // the limit by its name in the manifest, or "needs"; "" when the longest restore alone takes so long
	Of      string        // the destination, backup plan or item for which it binds; "" for all
	Items   int           // that share the limit
	Late    []Key         // items that take longer than their objective.rto even when they begin at once, what they need before them
}

// callsPerRestore is what a restore asks of the request rate at least: a create
// and a start.
const callsPerRestore = 2

// Forecast forecasts a run of what is left to do, by how long items took before.
func (p *Plan) Forecast(past map[Key]time.Duration) Forecast {
	f := forecast{past: past, items: map[Key]*Item{}, chains: map[Key]time.Duration{}}
	for i := range p.Items {
		if it := &p.Items[i]; it.Action == Restore || it.Action == Adopt {
			f.order = append(f.order, it)
			f.items[it.Key] = it
			if past[it.Key] > 0 {
				f.Known++
			}
		}
	}
	f.usual = median(past)
	f.chainBounds()
	all := func(*Item) string { return "" }
	f.limit("inFlight", p.Limits.InFlight, all)
	f.limit("perDestination", p.Limits.PerDestination, func(it *Item) string { return it.Destination })
	f.limit("perBackupPlan", p.Limits.PerBackupPlan, func(it *Item) string { return it.Parameters.BackupPlanId })
	if n := len(f.order); len(past) > 0 && p.Limits.RequestsPerSecond > 0 {
		f.bound(time.Duration(callsPerRestore*float64(n)/p.Limits.RequestsPerSecond*float64(time.Second)), "requestsPerSecond", "", n)
	}
	if len(past) == 0 {
		f.Rounds, f.AtLeast, f.Late = int(f.AtLeast), 0, nil
	}
	return f.Forecast
}

// forecast collects the bounds of a plan; the longest is kept.
type forecast struct {
	Forecast
	past   map[Key]time.Duration
	usual  time.Duration // of an item whose duration is not known
	order  []*Item       // what is left to do
	items  map[Key]*Item
	chains map[Key]time.Duration // of an item with all that it needs
}

func (f *forecast) takes(it *Item) time.Duration {
	if d := f.past[it.Key]; d > 0 {
		return d
	}
	return f.usual
}

func (f *forecast) bound(d time.Duration, binds, of string, items int) {
	if d > f.AtLeast {
		f.AtLeast, f.Binds, f.Of, f.Items = d, binds, of, items
	}
}

// chainBounds counts in that items wait for what they need.
func (f *forecast) chainBounds() {
	for _, it := range f.order {
		f.bound(f.takes(it), "", string(it.Key), 1)
	}
	for _, it := range f.order {
		d := f.chain(it)
		f.bound(d, "needs", string(it.Key), 1)
		if it.Objective != nil && it.Objective.RTO > 0 && d > time.Duration(it.Objective.RTO) {
			f.Late = append(f.Late, it.Key)
		}
	}
}

// chain is how long an item takes with all that it needs.
func (f *forecast) chain(it *Item) time.Duration {
	if d, ok := f.chains[it.Key]; ok {
		return d
	}
	f.chains[it.Key] = 0 // a plan that somebody made by hand may go round in circles
	var before time.Duration
	for _, key := range it.Needs {
		if need := f.items[key]; need != nil {
			before = max(before, f.chain(need))
		}
	}
	f.chains[it.Key] = before + f.takes(it)
	return f.chains[it.Key]
}

// limit counts in that at most so many of the items that share something run at
// a time.
func (f *forecast) limit(name string, most int, shared func(*Item) string) {
	most = max(1, most)
	sums, counts := map[string]time.Duration{}, map[string]int{}
	for _, it := range f.order {
		sums[shared(it)] += f.takes(it)
		counts[shared(it)]++
	}
	for _, of := range slices.Sorted(maps.Keys(sums)) {
		f.bound((sums[of]+time.Duration(most)-1)/time.Duration(most), name, of, counts[of])
	}
}

// median returns the usual duration, 1 when none is known, so that restores are
// counted then.
func median(past map[Key]time.Duration) time.Duration {
	if len(past) == 0 {
		return 1
	}
	all := slices.Sorted(maps.Values(past))
	return all[len(all)/2]
}
