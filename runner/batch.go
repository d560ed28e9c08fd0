package runner

import (
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// PollBatch is how many tasks one poll asks about: the largest page that
// DescribeRestoreTaskList gives (dbs-api.md §2.3).
const PollBatch = 100

// batch is the items that could share a call.
type batch struct {
	kind  restore.ActionKind
	of    *backupPlan // of a look
	items []*item
	due   time.Time // of the most urgent
	last  time.Time // of the least urgent
	since time.Time // of the one that looks furthest back
}

// batches are the looks, by backup plan, and the polls, by site.
type batches struct {
	looks map[*backupPlan]*batch
	polls map[plan.Site]*batch
	order []*batch // in the order first wanted
}

func newBatches() batches {
	return batches{looks: map[*backupPlan]*batch{}, polls: map[plan.Site]*batch{}}
}

func (bs *batches) wantLook(it *item, a restore.Action) {
	b := want(bs, bs.looks, it.backupPlan, it, a)
	b.of = it.backupPlan
}

func (bs *batches) wantPoll(it *item, a restore.Action) { want(bs, bs.polls, it.Site, it, a) }

func want[K comparable](bs *batches, by map[K]*batch, key K, it *item, a restore.Action) *batch {
	b := by[key]
	if b == nil {
		b = &batch{kind: a.Kind, due: a.Due, last: a.Due, since: a.Since}
		by[key] = b
		bs.order = append(bs.order, b)
	}
	b.items = append(b.items, it)
	if a.Due.Before(b.due) {
		b.due = a.Due
	}
	if a.Due.After(b.last) {
		b.last = a.Due
	}
	if a.Since.Before(b.since) {
		b.since = a.Since
	}
	return b
}

// fire turns the batches that are due into calls. A look answers everybody who
// waits for that list, and therefore waits a little for the last of them; a
// poll asks only about tasks whose own time has come.
func (e *engine) fire(c *choice) {
	for _, b := range c.batches.order {
		switch b.kind {
		case restore.Look:
			if !b.of.listing && c.isDue(e.lookDue(c, b)) && e.mayRead() {
				b.of.listing = true
				e.reading++
				c.add(call{kind: b.kind, items: b.items, since: b.since})
			}
		case restore.Poll:
			if c.isDue(e.onGrid(b.due)) {
				e.firePolls(c, b)
			}
		}
	}
}

// lookDue returns when a list is read: when the last that waits for it is due,
// or later while more creates of its wave are under way or to come, but not much
// later than the first is.
func (e *engine) lookDue(c *choice, b *batch) time.Time {
	limit := b.due.Add(e.gather)
	if b.last.After(limit) || c.growing == b.of || b.of.creates > 0 {
		return limit
	}
	return b.last
}

func (e *engine) firePolls(c *choice, b *batch) {
	var due []*item
	for _, it := range b.items {
		if c.isDue(e.pollTurn(it)) {
			due = append(due, it)
		}
	}
	for some := range slices.Chunk(due, PollBatch) {
		if !e.mayRead() || !e.mayPoll(c, b.items[0].Site) {
			return
		}
		asked := e.askedAt(c.now)
		for _, it := range some {
			it.asked = asked
		}
		e.reading++
		c.add(call{kind: b.kind, items: some})
	}
}

// pollShare is of how many turns under the request rate a poll takes at most one
// while creates and starts wait for theirs.
const pollShare = 8

func (e *engine) mayPoll(c *choice, site plan.Site) bool {
	if c.spent[site] && !c.isDue(e.polled[site].Add(turns(e.plan.Limits, pollShare))) {
		return false
	}
	e.polled[site] = c.now
	return true
}

// pollTurn returns when a task is asked about, on the grid.
func (e *engine) pollTurn(it *item) time.Time { return e.onGrid(e.pollAt(it, it.state.Next().Due)) }

// pollAt returns when a task is asked about that, counted from the last answer,
// must not be before due. Pauses are from question to question where the answer came
// soon; where it did not, the question may have waited for its turn under the request
// rate.
func (e *engine) pollAt(it *item, due time.Time) time.Time {
	interval := time.Duration(e.plan.Limits.PollInterval)
	if !it.asked.IsZero() && !it.heard.IsZero() && it.heard.Sub(it.asked) <= interval/4 {
		due = it.asked.Add(due.Sub(it.heard))
	}
	return e.took.poll(it, due, interval)
}

// askedAt returns from when pauses count after a poll that is sent now: the grid, or
// now itself when it was held up by so much that the next would come too soon.
func (e *engine) askedAt(now time.Time) time.Time {
	grid := e.onGrid(now)
	if grid.After(now) {
		grid = grid.Add(-e.grid)
	}
	if now.Sub(grid) > time.Duration(e.plan.Limits.PollInterval)/16 {
		return now
	}
	return grid
}

// gridOf returns how far polls are apart at least: a sixteenth of the poll interval,
// but so far that they take no more than a twelfth of the request rate, up to half
// of the interval. The interval is a multiple of it, but for nanoseconds less.
func gridOf(l schema.Limits) time.Duration {
	interval := time.Duration(l.PollInterval)
	steps := max(interval/max(interval/16, turns(l, 12), time.Millisecond), 2)
	return max((interval+steps-1)/steps, time.Millisecond)
}

// gatherOf returns how long the first create of a wave waits at most for the list
// that it shares with the others, of which each may wait for several turns.
func gatherOf(l schema.Limits) time.Duration {
	return max(2*gridOf(l), turns(l, 4*waveSize))
}

// turns returns how long so many turns under the request rate take.
func turns(l schema.Limits, n int) time.Duration {
	if l.RequestsPerSecond <= 0 {
		return 0
	}
	return time.Duration(float64(n) / l.RequestsPerSecond * float64(time.Second))
}

// onGrid returns the first multiple of the grid at or after t, by the same
// clocks as t: a wall clock that jumps does not move it.
func (e *engine) onGrid(t time.Time) time.Time {
	if past := t.Sub(t.Truncate(e.grid)); past > 0 {
		return t.Add(e.grid - past)
	}
	return t
}
