package report

import (
	"cmp"
	"slices"
	"time"
)

// Tier is the items that share the label tier, measured together.
type Tier struct {
	Name      string // "" for items without the label
	Items     int
	Back      int
	Open      int // not over yet
	Databases int
	RTO       Measure // from the begin of the run to the end of the restore, waiting included
	RPO       Measure // from the moment restored to the begin of the run
	Took      Measure // at the service, of those that came back
}

// Measure is how durations stand against their objectives.
type Measure struct {
	Objective  time.Duration // the strictest of the items', 0 for none
	P50, P95   time.Duration
	Worst      time.Duration
	Measured   int // items that have one
	Objectives int // items that have an objective
	Missed     int // of these
}

// Verdict is how a tier did.
type Verdict string

// The verdicts.
const (
	Pass Verdict = "PASS" // all are back, every objective was met
	Fail Verdict = "FAIL" // an item did not come back, or an objective was missed
	Open Verdict = "OPEN" // not over, and nothing has failed so far
)

// Verdict says how the tier did.
func (t Tier) Verdict() Verdict {
	switch {
	case t.Back+t.Open < t.Items || t.RTO.Missed+t.RPO.Missed > 0:
		return Fail
	case t.Open > 0:
		return Open
	}
	return Pass
}

// tiers measures items by tier, and all together.
func tiers(items []Item, started time.Time) ([]Tier, Tier) {
	all := make([]*Item, 0, len(items))
	byName := map[string][]*Item{}
	for i := range items {
		it := &items[i]
		all = append(all, it)
		byName[it.Tier] = append(byName[it.Tier], it)
	}
	var list []Tier
	for name, of := range byName {
		t := measure(of, started)
		t.Name = name
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Tier) int {
		// The tightest objective comes first, then those without.
		none := func(d time.Duration) time.Duration { return cmp.Or(d, 1<<62) }
		return cmp.Or(cmp.Compare(none(a.RTO.Objective), none(b.RTO.Objective)), cmp.Compare(a.Name, b.Name))
	})
	return list, measure(all, started)
}

func measure(items []*Item, started time.Time) Tier {
	t := Tier{Items: len(items)}
	var rto, rpo, took []time.Duration
	for _, it := range items {
		t.Databases += len(it.Databases)
		switch {
		case it.Back():
			t.Back++
			rto = append(rto, it.Ended)
			if d := it.Took(); d != Never {
				took = append(took, d)
			}
		case !it.Over():
			t.Open++
		}
		t.RTO.hold(time.Duration(it.Objective.RTO), it.Ended, it.Back(), it.Over())
		if it.Point.IsZero() {
			continue
		}
		age := max(0, started.Sub(it.Point))
		rpo = append(rpo, age)
		t.RPO.hold(time.Duration(it.Objective.RPO), age, true, true)
	}
	t.RTO.spread(rto)
	t.RPO.spread(rpo)
	t.Took.spread(took)
	return t
}

// hold holds one item against its objective. An item that did not come back
// has missed it.
func (m *Measure) hold(objective, took time.Duration, back, over bool) {
	if objective == 0 {
		return
	}
	m.Objectives++
	if m.Objective == 0 || objective < m.Objective {
		m.Objective = objective
	}
	if over && (!back || took > objective) {
		m.Missed++
	}
}

func (m *Measure) spread(of []time.Duration) {
	if m.Measured = len(of); m.Measured == 0 {
		return
	}
	slices.Sort(of)
	m.P50, m.P95, m.Worst = percentile(of, 50), percentile(of, 95), of[len(of)-1]
}

// percentile returns the nearest rank of sorted durations.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[(len(sorted)*p+99)/100-1]
}
