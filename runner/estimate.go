package runner

import "time"

// estimates are how long the restores of a run took, from which it is told when
// to ask about others.
type estimates struct {
	all    spread
	byPlan map[*backupPlan]spread
}

// spread is the shortest and the longest of some durations, zero for none.
type spread struct{ least, most time.Duration }

func (s spread) with(d time.Duration) spread {
	if s.least == 0 {
		return spread{d, d}
	}
	return spread{min(s.least, d), max(s.most, d)}
}

// note takes in a restore that has succeeded.
func (e *estimates) note(it *item) {
	took := it.state.Took()
	if took <= 0 {
		return
	}
	if e.byPlan == nil {
		e.byPlan = map[*backupPlan]spread{}
	}
	e.byPlan[it.backupPlan] = e.byPlan[it.backupPlan].with(took)
	e.all = e.all.with(took)
}

// patience is how many poll intervals may pass between two looks at a task, the
// same as for one that runs for hours: it could fail at any time.
const patience = 12

// poll returns when a running task is asked about that must not be before due:
// hardly before it could have ended; when all took about as long, as soon as it
// should have; and never much later.
func (e *estimates) poll(it *item, due time.Time, interval time.Duration) time.Time {
	s := e.byPlan[it.backupPlan]
	if s.least == 0 {
		s = e.all
	}
	started := it.state.StartedAt
	if s.least == 0 || started.IsZero() {
		return due
	}
	end := started.Add(s.least)
	if s.most-s.least < interval {
		end = started.Add(s.most)
	}
	if latest := due.Add((patience - 1) * interval); end.After(latest) {
		end = latest
	}
	if end.Before(due) {
		return due
	}
	return end
}
