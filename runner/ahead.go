package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Tasks that are created ahead (limits.createAhead) wait, ready, until one of those
// that were started has ended. What a list has shown of them holds for as long as a
// list may lag behind; then they are looked for again before they are started. The
// place of one that is being looked for is not given to another.

// mayStart reports whether the task of an item, which is ready, may be started now.
// One whose start was sent before keeps its place. A run that halts starts none of
// those that were created ahead.
func (e *engine) mayStart(c *choice, it *item) bool {
	if it.state.Sends > 0 {
		return true
	}
	since, waits := e.kept[it]
	switch {
	case !c.isDue(it.state.Next().Due):
		return false
	case e.halted && e.plan.Limits.CreateAhead > 0 || !e.use.mayStart(e.again):
		if !waits {
			e.kept[it] = c.now
		}
		return false
	case !waits || c.now.Sub(since) < it.state.Spec().Policy.Settle:
		return true
	}
	delete(e.kept, it)
	it.again = true
	e.again++
	it.state = it.state.LookAgain(c.now)
	c.batches.wantLook(it, it.state.Next())
	return false
}

// holdAhead lets nothing be created ahead while places are to be filled, which needs
// calls, too; but not for long, as it may be the list that they wait for.
func (e *engine) holdAhead(c *choice) {
	if !e.use.mayStart(0) {
		e.open, e.use.held = time.Time{}, false
		return
	}
	if e.open.IsZero() {
		e.open = c.now
	}
	e.use.held = e.use.limits.CreateAhead > 0 && !c.isDue(e.open.Add(e.pause()))
}

// unhurried returns when a task that is due to be seen in a list is looked for: later
// while it would not be started anyway, so that the list shows more of its kind.
func (e *engine) unhurried(it *item, due time.Time) time.Time {
	if it.state.Phase != restore.Created || e.use.limits.CreateAhead == 0 || e.use.mayStart(0) {
		return due
	}
	return due.Add(e.pause())
}

// pause is how long what is done ahead waits for what is not.
func (e *engine) pause() time.Duration { return time.Duration(e.plan.Limits.PollInterval) / 2 }
