package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// estimates are how long restores took, from which it is told when to ask about
// others: each by how long it took in an earlier run, where that is known, or by as
// much less as those of this run take; else as those of this run. What takes longer
// than before is asked about from when it could have ended.
type estimates struct {
	before map[plan.Key]time.Duration // in an earlier run
	pace   estimate                   // of what took a second before
	all    estimate
	byPlan map[*backupPlan]*estimate
	call   estimate // how long it takes to ask
}

// estimate is of durations: the shortest, their mean and their mean deviation, both
// of the last ones most, as TCP keeps them of its round trips (RFC 6298).
type estimate struct{ least, mean, deviation time.Duration }

func (e *estimate) note(d time.Duration) {
	if e.least == 0 {
		*e = estimate{d, d, d / 2}
		return
	}
	e.least = min(e.least, d)
	e.deviation += ((d - e.mean).Abs() - e.deviation) / 4
	e.mean += (d - e.mean) / 8
}

// soonest returns what hardly any restore takes less than, zero when it is not
// known.
func (e *estimate) soonest() time.Duration { return max(e.least, e.mean-2*e.deviation) }

// polled takes in how long a poll took.
func (e *estimates) polled(took time.Duration) { e.call.note(max(took, 1)) }

// note takes in a restore that has succeeded.
func (e *estimates) note(it *item) {
	took := it.state.Took()
	if took <= 0 {
		return
	}
	if before := e.before[it.Key]; before > 0 {
		e.pace.note(time.Duration(took.Seconds() / before.Seconds() * float64(time.Second)))
	}
	if e.byPlan == nil {
		e.byPlan = map[*backupPlan]*estimate{}
	}
	if e.byPlan[it.backupPlan] == nil {
		e.byPlan[it.backupPlan] = &estimate{}
	}
	e.byPlan[it.backupPlan].note(took)
	e.all.note(took)
}

// soonest returns what an item hardly takes less than, zero when it is not known.
func (e *estimates) soonest(it *item) time.Duration {
	if before := e.before[it.Key]; before > 0 {
		pace := e.pace.soonest()
		if pace == 0 {
			pace = time.Second * 7 / 8
		}
		return time.Duration(before.Seconds() * float64(min(pace, time.Second)))
	}
	if of := e.byPlan[it.backupPlan]; of != nil {
		return of.soonest()
	}
	return e.all.soonest()
}

// patience is how many poll intervals may pass between two looks at a task, the
// same as for one that runs for hours: it could fail at any time.
const patience = 12

// poll returns when a running task is asked about, which without an estimate is
// due: as soon as it can be expected to have ended, and from then on at pauses that
// double, from a sixteenth of the interval. So what takes as long as others is
// noticed at once, and what takes longer is not asked about at every turn. After a
// failure, and with an end that is far away, it is not before due.
func (e *estimates) poll(it *item, due time.Time, interval time.Duration) time.Time {
	soonest, started := e.soonest(it), it.state.StartedAt
	if made := it.state.Last.Created; it.state.Adopted && !made.IsZero() {
		started = earlier(started, made) // somebody else may have started it, long ago
	}
	if soonest == 0 || started.IsZero() {
		return due
	}
	end := started.Add(soonest - e.call.least/2) // the service answers half a call later
	latest := due.Add((patience - 1) * interval)
	if !it.heard.IsZero() {
		latest = later(due, it.heard.Add(patience*interval))
	}
	if end.After(latest) {
		end = latest
	}
	switch overdue := it.heard.Sub(end); {
	case it.heard.IsZero():
		return later(end, due)
	case overdue < 0:
		return end
	default:
		return earlier(due, it.heard.Add(max(overdue, interval/16)))
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
