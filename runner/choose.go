package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// call is a call to be sent, and the items that it is about: one, except for
// a look (all of a backup plan that wait for it) and a poll.
type call struct {
	kind  restore.ActionKind
	items []*item
	since time.Time // of a look
}

func (c call) effect() bool { return restore.Action{Kind: c.kind}.Effect() }

// choice collects what a turn decides.
type choice struct {
	now     time.Time
	calls   []call
	wake    time.Time          // the earliest moment at which something else is due
	batches batches            // the looks and polls that are wanted
	spent   map[plan.Site]bool // sites whose request rate allows no effect now
	growing *backupPlan        // whose wave goes on as soon as the request rate allows; nil for none
}

// choose decides what is sent now. Intents are applied and noted in records.
func (e *engine) choose(now time.Time, records *[]Record) ([]call, time.Time, error) {
	c := &choice{now: now, batches: newBatches(), spent: map[plan.Site]bool{}}
	if e.stopping() {
		return nil, c.wake, nil
	}
	for _, it := range e.active {
		if it.flying || e.options.NoFollow && it.seen && it.state.Phase == restore.Running {
			continue
		}
		switch a := it.state.Next(); a.Kind {
		case restore.Look:
			a.Due = e.unhurried(it, a.Due)
			c.batches.wantLook(it, a)
		case restore.Poll:
			a.Due = e.pollAt(it, a.Due)
			c.batches.wantPoll(it, a)
		case restore.CheckPre:
			if c.isDue(a.Due) && e.mayRead() {
				c.add(call{kind: a.Kind, items: []*item{it}})
				e.reading++
			}
		case restore.Start:
			if !e.mayStart(c, it) {
				continue
			}
			if err := e.intend(c, it, a, records); err != nil {
				return nil, c.wake, err
			}
		}
	}
	if !e.halted {
		e.holdAhead(c)
		e.wantLists(c)
		if err := e.admit(c, records); err != nil {
			return nil, c.wake, err
		}
	}
	e.fire(c)
	return c.calls, c.wake, nil
}

// mayRead reports whether there is a place for one more read among the calls
// under way. If not, an outcome wakes the engine.
func (e *engine) mayRead() bool { return e.reading < e.options.MaxCalls }

// waveSize is how many creates of one backup plan follow each other, where the
// limits allow, so that one list serves them all.
const waveSize = 4

// wave is the creates of one backup plan that follow each other.
type wave struct {
	of   *backupPlan
	left int
}

// begin counts a create.
func (w *wave) begin(p *backupPlan) {
	if w.left == 0 || w.of != p {
		*w = wave{p, waveSize}
	}
	w.left--
}

// admit chooses among the items that have not begun: in the plan's order, but
// for waves.
func (e *engine) admit(c *choice, records *[]Record) error {
	if due := e.queue.mature(c.now); !due.IsZero() {
		c.isDue(due)
	}
	for it := e.next(c); it != nil; it = e.next(c) {
		if err := e.intend(c, it, it.state.Next(), records); err != nil {
			return err
		}
		if it.flying { // it had its turn
			e.queue.take(it)
			e.wave.begin(it.backupPlan)
		}
	}
	if e.wave.left > 0 && e.queue.nextOf(e.wave.of) != nil {
		c.growing = e.wave.of
	}
	return nil
}

// next returns the item to begin next, nil if the limits and the request rates
// allow none.
func (e *engine) next(c *choice) *item {
	if e.wave.left > 0 {
		return e.queue.next(e.wave.of, c.spent)
	}
	return e.queue.next(nil, c.spent)
}

// intend notes the intent of an effect that is due, and adds its call, if there
// is a place for it among the calls under way and a turn under the request rate:
// what is intended is sent at once.
func (e *engine) intend(c *choice, it *item, a restore.Action, records *[]Record) error {
	if !c.isDue(a.Due) || c.spent[it.Site] {
		return nil
	}
	if !e.effects.TryAcquire(1) { // an outcome wakes the engine
		c.spent[it.Site] = true
		return nil
	}
	if wait := e.svc.Turn(it.Site); wait > 0 {
		e.effects.Release(1)
		c.spent[it.Site] = true
		c.isDue(c.now.Add(wait)) // wakes the engine then
		return nil
	}
	event := it.state.Intend(a, c.now)
	if a.Kind == restore.Create {
		it.backupPlan.creates++
		event.AskedAt = e.listedAt(it)
	}
	c.add(call{kind: a.Kind, items: []*item{it}})
	return e.apply(it, event, records)
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
