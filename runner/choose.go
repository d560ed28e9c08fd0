package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// PollBatch is how many tasks one poll asks about: the largest page that
// DescribeRestoreTaskList gives (dbs-api.md §2.3).
const PollBatch = 100

// call is a call to be sent, and the items that it is about: one, except for
// a look (all of a backup plan that wait for it) and a poll.
type call struct {
	kind  restore.ActionKind
	items []*item
	since time.Time // of a look
}

// choice collects what a turn decides.
type choice struct {
	now   time.Time
	calls []call
	wake  time.Time // the earliest moment at which something else is due
	looks map[lookGroup]*batch
	polls map[plan.Site]*batch
	order []*batch           // looks and polls, in the order first wanted
	spent map[plan.Site]bool // sites whose request rate allows no effect now
}

// batch is the items that could share a call.
type batch struct {
	kind  restore.ActionKind
	group lookGroup // of a look
	items []*item
	due   time.Time // of the most urgent
	since time.Time // of the one that looks furthest back
}

// choose decides what is sent now. Intents are applied and noted in records.
func (e *engine) choose(now time.Time, records *[]Record) ([]call, time.Time, error) {
	c := &choice{now: now, looks: map[lookGroup]*batch{}, polls: map[plan.Site]*batch{}, spent: map[plan.Site]bool{}}
	if e.stopping() {
		return nil, c.wake, nil
	}
	for _, it := range e.active {
		if it.flying || e.options.NoFollow && it.state.Phase == restore.Running {
			continue
		}
		switch a := it.state.Next(); a.Kind {
		case restore.Look:
			c.wantLook(it, a)
		case restore.Poll:
			c.wantPoll(it, a)
		case restore.CheckPre:
			if c.isDue(a.Due) {
				c.add(call{kind: a.Kind, items: []*item{it}})
			}
		case restore.Start:
			if err := e.intend(c, it, a, records); err != nil {
				return nil, c.wake, err
			}
		}
	}
	if !e.halted {
		if err := e.admit(c, records); err != nil {
			return nil, c.wake, err
		}
	}
	e.fire(c)
	return c.calls, c.wake, nil
}

// admit chooses among the items that have not begun, in the plan's order.
func (e *engine) admit(c *choice, records *[]Record) error {
	var begin []*item
	reserved := e.use.clone()
	for _, it := range e.pending {
		if it.flying {
			continue
		}
		a := it.state.Next()
		if a.Kind == restore.Look {
			c.wantLook(it, a)
			continue
		}
		if !e.needsMet(it) || !reserved.allows(it) || !c.isDue(a.Due) {
			continue
		}
		reserved.take(it)
		begin = append(begin, it)
	}
	for _, it := range begin { // apart, because beginning changes e.pending
		if err := e.intend(c, it, it.state.Next(), records); err != nil {
			return err
		}
	}
	return nil
}

// intend notes the intent of an effect that is due, and adds its call, if the
// request rate has a turn for it.
func (e *engine) intend(c *choice, it *item, a restore.Action, records *[]Record) error {
	if !c.isDue(a.Due) || c.spent[it.Site] {
		return nil
	}
	if wait := e.svc.Turn(it.Site); wait > 0 {
		c.spent[it.Site] = true
		c.isDue(c.now.Add(wait)) // wakes the engine then
		return nil
	}
	c.add(call{kind: a.Kind, items: []*item{it}})
	return e.apply(it, it.state.Intend(a, c.now), records)
}

// fire turns the batches that are due into calls. A look answers everybody who
// waits for that list; a poll asks only about tasks whose own time has come.
func (e *engine) fire(c *choice) {
	for _, b := range c.order {
		switch b.kind {
		case restore.Look:
			if !e.listing[b.group] && c.isDue(b.due) {
				e.listing[b.group] = true
				c.add(call{kind: b.kind, items: b.items, since: b.since})
			}
		case restore.Poll:
			if c.isDue(e.onGrid(b.due)) {
				e.firePolls(c, b)
			}
		}
	}
}

func (e *engine) firePolls(c *choice, b *batch) {
	var due []*item
	for _, it := range b.items {
		if at := e.onGrid(it.state.Next().Due); c.isDue(at) {
			due = append(due, it)
		}
	}
	for len(due) > 0 {
		n := min(len(due), PollBatch)
		c.add(call{kind: b.kind, items: due[:n:n]})
		due = due[n:]
	}
}

// onGrid returns the first multiple of the grid at or after t.
func (e *engine) onGrid(t time.Time) time.Time {
	if down := t.Truncate(e.grid); down.Before(t) {
		return down.Add(e.grid)
	}
	return t
}

func (c *choice) add(call call) {
	for _, it := range call.items {
		it.flying = true
	}
	c.calls = append(c.calls, call)
}

// isDue reports whether t has come, and otherwise sees to it that the engine
// wakes then.
func (c *choice) isDue(t time.Time) bool {
	if !t.After(c.now) {
		return true
	}
	if c.wake.IsZero() || t.Before(c.wake) {
		c.wake = t
	}
	return false
}

func (c *choice) wantLook(it *item, a restore.Action) {
	b := want(c, c.looks, it.group(), it, a)
	b.group = it.group()
	if a.Since.Before(b.since) {
		b.since = a.Since
	}
}

func (c *choice) wantPoll(it *item, a restore.Action) { want(c, c.polls, it.Site, it, a) }

func want[K comparable](c *choice, batches map[K]*batch, key K, it *item, a restore.Action) *batch {
	b := batches[key]
	if b == nil {
		b = &batch{kind: a.Kind, due: a.Due, since: a.Since}
		batches[key] = b
		c.order = append(c.order, b)
	}
	b.items = append(b.items, it)
	if a.Due.Before(b.due) {
		b.due = a.Due
	}
	return b
}
