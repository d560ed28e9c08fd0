package torture

import (
	"fmt"
	"strings"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// The operations that have effects, and the one that shows them.
const (
	createOperation = "CreateRestoreTask"
	startOperation  = "StartRestoreTask"
	listOperation   = "DescribeRestoreTaskList"
)

// trial is evidence in the order in which it is asked.
type trial struct {
	Evidence
	attempts []*attempt // in the plan's order
	byName   map[string]*attempt
	tasks    []*task // in the order in which they were made
	byID     map[string]*task
	notes    [][]note // of each journal

	invariant Invariant // that is being judged
	found     []Violation
}

// attempt is an attempt at an item, with the tasks that exist of it.
type attempt struct {
	plan.Attempt
	item  plan.Key
	n     int // from 1
	tasks []*task
}

// task is a restore task that the record tells of.
type task struct {
	id      string
	made    *emulator.Entry
	starts  []*emulator.Entry // that had an effect
	byHand  *emulator.Entry   // when somebody else started it first; nil for never
	removed *emulator.Entry   // when somebody else removed it; nil for never
	attempt *attempt          // nil when it is none of ours
	now     *emulator.Task    // how it stands; nil when nobody asked
}

// String names a task for a reader of the record.
func (t *task) String() string { return fmt.Sprintf("%s (record %d)", t.id, t.made.Number) }

// backupPlan returns the id of the task's backup plan.
func (t *task) backupPlan() string { return t.made.Parameters["BackupPlanId"] }

// name returns the task's name as it was sent.
func (t *task) name() string { return t.made.Parameters["RestoreTaskName"] }

func newTrial(e Evidence) (*trial, error) {
	c := &trial{Evidence: e, byName: make(map[string]*attempt), byID: make(map[string]*task)}
	for _, it := range e.Items {
		for i, identity := range it.Attempts {
			a := &attempt{Attempt: identity, item: it.Key, n: i + 1}
			c.attempts = append(c.attempts, a)
			c.byName[a.RestoreTaskName] = a
		}
	}
	for _, j := range e.Journals {
		notes, err := read(j.Entries)
		if err != nil {
			return nil, err
		}
		c.notes = append(c.notes, notes)
	}
	for i := range e.Calls {
		c.take(&e.Calls[i])
	}
	for i := range e.Tasks {
		if t := c.byID[e.Tasks[i].ID]; t != nil {
			t.now = &e.Tasks[i]
		}
	}
	return c, nil
}

// take takes over what came of a call.
func (c *trial) take(call *emulator.Entry) {
	for _, effect := range call.Effects {
		if id := effect.Create; id != "" {
			t := &task{id: id, made: call, attempt: c.byName[call.Parameters["RestoreTaskName"]]}
			c.tasks, c.byID[id] = append(c.tasks, t), t
			if t.attempt != nil {
				t.attempt.tasks = append(t.attempt.tasks, t)
			}
		}
		if t := c.byID[effect.Start]; t != nil {
			t.starts = append(t.starts, call)
		}
		switch t := c.byID[effect.Change]; {
		case t == nil:
		case effect.Word == "start" && t.byHand == nil:
			t.byHand = call
		case effect.Word == "remove":
			t.removed = call
		}
	}
}

// sent returns the calls of an operation that the service let in, in order.
func (c *trial) sent(operation string) []*emulator.Entry {
	var calls []*emulator.Entry
	for i := range c.Calls {
		if call := &c.Calls[i]; call.Operation == operation && call.Account != "" {
			calls = append(calls, call)
		}
	}
	return calls
}

// started returns those of an attempt's tasks that a call of ours started.
func (a *attempt) started() []*task {
	var started []*task
	for _, t := range a.tasks {
		if len(t.starts) > 0 {
			started = append(started, t)
		}
	}
	return started
}

// list names tasks.
func list(tasks []*task) string {
	var names []string
	for _, t := range tasks {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ")
}
