package torture

import (
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// allKnown judges once a run came to its end whose journal is still there.
func (c *trial) allKnown() {
	ended := slices.ContainsFunc(c.Journals, func(j Journal) bool { return j.Ended && !j.Lost })
	for _, t := range c.tasks {
		if ended && t.attempt != nil && !c.told(t) {
			c.broken(t.attempt.item, "%s exists, no journal knows it, and the item did not end as unknown", t)
		}
	}
}

// told reports whether the journal of a run that ended names a task, or says
// that its item has to be looked at.
func (c *trial) told(t *task) bool {
	for i, j := range c.Journals {
		if !j.Ended || j.Lost {
			continue
		}
		phase := ""
		for _, n := range c.notes[i] {
			if plan.Key(n.Item) != t.attempt.item {
				continue
			}
			if n.names(t.id) {
				return true
			}
			phase = n.State.Phase
		}
		if phase == phaseUnknown {
			return true
		}
	}
	return false
}

// trueSuccess judges every entry that says succeeded, and what was reported.
func (c *trial) trueSuccess() {
	for i, notes := range c.notes {
		for _, n := range notes {
			if n.State.Phase == phaseSucceeded && !c.succeeded(plan.Key(n.Item), n.State.TaskID, n.At) {
				c.broken(plan.Key(n.Item), "entry %d of journal %d says that %s succeeded, which the service had not said", n.number, i+1, n.State.TaskID)
			}
		}
		c.wholeReport(i, c.Journals[i])
	}
}

// succeeded reports whether a task of an item had ended well at a moment; where
// nobody asked how tasks stand, whether it had been started.
func (c *trial) succeeded(item plan.Key, id string, at time.Time) bool {
	t := c.byID[id]
	switch {
	case t == nil || t.attempt == nil || t.attempt.item != item:
		return false
	case t.now != nil:
		return t.now.Status == "finish" && (at.IsZero() || !t.now.Finished.After(at))
	case t.byHand != nil:
		return true
	}
	return len(t.starts) > 0 && (at.IsZero() || !t.starts[0].At.After(at))
}

// wholeReport holds what a run reported against the plan, the service and the
// run's own journal.
func (c *trial) wholeReport(i int, j Journal) {
	if j.Outcomes == nil {
		return
	}
	last := make(map[plan.Key]string)
	for _, n := range c.notes[i] {
		last[plan.Key(n.Item)] = n.State.Phase
	}
	var reported []plan.Key
	for _, o := range j.Outcomes {
		reported = append(reported, o.Key)
		ended := o.Phase == phaseSucceeded || o.Phase == phaseFailed || o.Phase == phaseUnknown
		if ended && last[o.Key] != o.Phase {
			c.broken(o.Key, "it is reported as %s, its journal says %q", o.Phase, last[o.Key])
		}
		if o.Phase == phaseSucceeded && !c.succeeded(o.Key, o.TaskID, time.Time{}) {
			c.broken(o.Key, "it is reported as succeeded, which the service did not say of %q", o.TaskID)
		}
	}
	for _, it := range c.Items {
		if !slices.Contains(reported, it.Key) {
			c.broken(it.Key, "nothing is reported of it")
		}
	}
}
