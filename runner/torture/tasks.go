package torture

import (
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

func (c *trial) oneTask() {
	for _, a := range c.attempts {
		if len(a.tasks) > 1 {
			c.broken(a.item, "attempt %d made %d restore tasks: %s", a.n, len(a.tasks), list(a.tasks))
		}
	}
}

func (c *trial) oneStart() {
	for _, a := range c.attempts {
		if started := a.started(); len(started) > 1 {
			c.broken(a.item, "attempt %d started %d restore tasks: %s", a.n, len(started), list(started))
		}
	}
}

// afterFailure needs to know how the tasks stand.
func (c *trial) afterFailure() {
	for _, a := range c.attempts {
		for _, before := range c.attempts {
			if before.item != a.item || before.n >= a.n {
				continue
			}
			for _, t := range a.tasks {
				for _, earlier := range before.tasks {
					if earlier.now != nil && !failedBefore(earlier, t.made) {
						c.broken(a.item, "attempt %d made %s while %s of attempt %d had not failed", a.n, t, earlier, before.n)
					}
				}
			}
		}
	}
}

// failedBefore reports whether a task had ended as failed when a call came:
// while it ran, or in its precheck, of which the service keeps no time.
func failedBefore(t *task, call *emulator.Entry) bool {
	switch t.now.Status {
	case "stop":
		return !t.now.Finished.After(call.At)
	case "init":
		return len(t.starts) > 0 && t.starts[0].Number < call.Number
	}
	return false
}

// rightStart judges every start that was let in, whatever came of it.
func (c *trial) rightStart() {
	for _, call := range c.sent(startOperation) {
		t := c.byID[call.Parameters["RestoreTaskId"]]
		if t == nil || t.attempt == nil {
			c.broken("", "record %d starts %s, which is no task of ours", call.Number, call.Parameters["RestoreTaskId"])
			continue
		}
		if earlier := c.earlier(t, call); earlier != nil {
			c.broken(t.attempt.item, "record %d starts %s, but %s carries the same name and is earlier", call.Number, t, earlier)
		}
		if !c.listed(t, call) {
			c.broken(t.attempt.item, "record %d starts %s, but nobody read a list since it was made", call.Number, t)
		}
	}
}

// earlier returns a task that was there when t was started, carries t's name
// in its backup plan, and is earlier by what a list shows: its time of creation,
// to the millisecond. Of those made in the same millisecond none is earlier.
func (c *trial) earlier(t *task, call *emulator.Entry) *task {
	for _, other := range c.tasks {
		if other == t || other.name() != t.name() || other.backupPlan() != t.backupPlan() ||
			other.removed != nil && other.removed.Number < call.Number {
			continue
		}
		if other.made.At.UnixMilli() < t.made.At.UnixMilli() {
			return other
		}
	}
	return nil
}

// listed reports whether a list that may show t was read whole between its
// creation and a call. That the list did show it, the record does not tell.
func (c *trial) listed(t *task, call *emulator.Entry) bool {
	return slices.ContainsFunc(c.sent(listOperation), func(list *emulator.Entry) bool {
		about := list.Parameters["BackupPlanId"] == t.backupPlan() ||
			slices.Contains(strings.Split(list.Parameters["RestoreTaskId"], ","), t.id)
		return about && list.Status == 200 && list.Code == "" && t.made.Number < list.Number && list.Number < call.Number
	})
}

func (c *trial) freshNonce() {
	type signed struct{ key, nonce string }
	first := make(map[signed]uint64)
	for _, call := range c.Calls {
		s := signed{call.AccessKeyID, call.Nonce}
		if call.Nonce == "" {
			continue
		}
		if n, used := first[s]; used {
			c.broken("", "records %d and %d carry one nonce", n, call.Number)
			continue
		}
		first[s] = call.Number
	}
}
