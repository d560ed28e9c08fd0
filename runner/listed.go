package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// A look for the tasks of some restores lists those of the whole backup plan that
// were created after a moment: when a list showed that there was none of theirs.
// Were that the beginning of the run for all, each look would list the whole run.
// But what was listed for some restores holds for those that wait, too.

// untouched reports whether nothing was sent of a restore that could have made a task,
// nor one found.
func untouched(s restore.State) bool {
	return (s.Phase == restore.Waiting || s.Phase == restore.Absent) && s.Attempt == 1 && s.Sends == 0
}

// fresh is how old a list may be that planning has read and that stands for the one
// right before the first creates: what comes between them where nobody is asked.
const fresh = 10 * time.Second

// ifFresh returns the lists if none is too old, by the wall clock as well: the other
// stands still while a machine is suspended.
func (l Lists) ifFresh(now, wall time.Time) Lists {
	for _, asked := range l {
		age, byWall := now.Sub(asked), wall.Round(0).Sub(asked.Round(0))
		if age >= fresh || byWall >= fresh || byWall < 0 {
			return nil
		}
	}
	return l
}

// recall takes over what a list has shown that planning has read: no task of a restore.
// It says nothing of those that the log knows.
func (e *engine) recall(it *item) (err error) {
	asked, ok := e.listed[plan.Subject{Site: it.Site, BackupPlanID: it.Parameters.BackupPlanId}]
	if _, begun := e.options.Past[it.Key]; begun || !ok {
		return nil
	}
	it.backupPlan.listed = asked
	it.state, err = it.state.Apply(restore.Event{Kind: restore.Looked, At: time.Now(), AskedAt: asked})
	return err
}

// learn takes in what a look has listed for others than those it was made for. A
// task of an untouched restore was made by somebody else: it is looked for again, and
// not created.
func (e *engine) learn(of *backupPlan, r result) {
	policy := r.call.items[0].state.Spec().Policy
	if r.names == nil || !r.call.since.IsZero() && r.call.since.After(policy.Since(of.listed)) {
		return // not read, or what was created in between was not listed
	}
	of.listed = r.asked
	for _, name := range r.names {
		it := e.unmade[name]
		if it == nil || it.backupPlan != of || it.flying || it.state.Phase != restore.Absent {
			continue
		}
		e.queue.drop(it)
		it.state = it.state.Resume()
		e.await(it)
	}
}

// listedAt returns when the last list was asked for that showed no task of an item
// of which a create is intended now, zero when its state knows best.
func (e *engine) listedAt(it *item) time.Time {
	if e.unmade[it.RestoreTaskName] != it {
		return time.Time{}
	}
	return it.backupPlan.listed
}
