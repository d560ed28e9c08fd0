package runner

import "time"

// estimates are how long restores of this run took at least, from which it is
// told when to ask about others: hardly before one could have ended, and then at
// once.
type estimates struct {
	all    time.Duration // 0 while none has ended well
	byPlan map[*backupPlan]time.Duration
}

// note takes in a restore that has succeeded.
func (e *estimates) note(it *item) {
	took := it.state.Took()
	if took <= 0 {
		return
	}
	if e.byPlan == nil {
		e.byPlan = map[*backupPlan]time.Duration{}
	}
	if d := e.byPlan[it.backupPlan]; d == 0 || took < d {
		e.byPlan[it.backupPlan] = took
	}
	if e.all == 0 || took < e.all {
		e.all = took
	}
}

// patience is how many poll intervals may pass between two looks at a task, the
// same as for one that runs for hours: it could fail at any time.
const patience = 12

// poll returns when a running task is asked about that must not be before due:
// when it could end, but not much later.
func (e *estimates) poll(it *item, due time.Time, interval time.Duration) time.Time {
	least := e.byPlan[it.backupPlan]
	if least == 0 {
		least = e.all
	}
	started := it.state.StartedAt
	if least == 0 || started.IsZero() {
		return due
	}
	end := started.Add(least)
	if latest := due.Add((patience - 1) * interval); end.After(latest) {
		end = latest
	}
	if end.Before(due) {
		return due
	}
	return end
}
