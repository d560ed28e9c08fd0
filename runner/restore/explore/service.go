package explore

import (
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// ids are those of the tasks of a world, in the order of their creation.
var ids = [maxTasks]string{"t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08", "t09", "t10", "t11", "t12"}

func (x *explorer) id(task int) string {
	if x.setup.Off.has(IDsOutOfOrder) {
		return ids[maxTasks-1-task]
	}
	return ids[task]
}

// taskOf returns the index of the task with an id, -1 for none.
func (x *explorer) taskOf(id string) int {
	for i := range ids {
		if x.id(i) == id {
			return i
		}
	}
	return -1
}

// create executes a CreateRestoreTask: it returns the task that the token
// stands for, or makes one.
func (x *explorer) create(w *world, attempt int8) int {
	last := 0
	for last < maxTasks && w.tasks[last].attempt != 0 {
		last++
	}
	for i := last - 1; i >= 0; i-- {
		if w.tasks[i].attempt == attempt && x.remembers(w, w.tasks[i].created) {
			return i
		}
	}
	if last == maxTasks {
		panic("explore: too many tasks for a world") // unreachable unless Bounds allow more tries than that
	}
	w.tasks[last] = task{attempt: attempt, created: w.now}
	return last
}

// remembers reports whether the service still knows a token that came at a time.
func (x *explorer) remembers(w *world, came time.Duration) bool {
	switch off := x.setup.Off; {
	case off.has(TokenIgnored | FreshToken):
		return false
	case off.has(TokenForgotten):
		return w.now-came < window
	}
	return true
}

// start executes a StartRestoreTask. One of a task that was started is
// refused, unless the token tells that it is the same again.
func (x *explorer) start(w *world, i int, fails bool) failed {
	t := &w.tasks[i]
	if t.started {
		if x.remembers(w, t.begun) {
			return well
		}
		return refused
	}
	t.started, t.begun, t.fails = true, w.now, fails
	return well
}

// seen returns how the service shows a task, as it was a lag ago; ok is false
// while it is not shown.
func (x *explorer) seen(w *world, i int) (_ restore.Task, ok bool) {
	t, as := w.tasks[i], w.now-w.lag
	if t.attempt == 0 || t.created > as {
		return restore.Task{}, false
	}
	return x.describe(t, i, as), true
}

func (x *explorer) describe(t task, i int, as time.Duration) restore.Task {
	shown := restore.Task{ID: x.id(i), Name: x.spec.Identity(int(t.attempt)).RestoreTaskName, Created: epoch.Add(t.created)}
	if x.setup.Off.has(List) {
		shown.Name = shown.Name[:3]
	}
	switch {
	case !t.started || t.begun > as:
		shown.Status = restore.StatusInit
	case as < t.begun+running:
		shown.Status = restore.StatusRunning
	case t.fails:
		shown.Status = restore.StatusFailed
	default:
		shown.Status = restore.StatusSucceeded
	}
	shown.RawStatus = string(shown.Status)
	return shown
}

// look answers a look of a process.
func (x *explorer) look(w *world, s restore.State, since time.Time) restore.Event {
	off := x.setup.Off
	if off.has(NoList) {
		return restore.Event{Kind: restore.Looked}
	}
	if i := x.taskOf(s.TaskID); i >= 0 && off.has(StartUnseen) {
		return restore.Event{Kind: restore.Looked, Tasks: []restore.Task{x.describe(w.tasks[i], i, w.now)}}
	}
	var listed [maxTasks]restore.Task
	n := 0
	for i := range w.tasks {
		if t, ok := x.seen(w, i); ok && !t.Created.Before(since) {
			listed[n] = t
			n++
		}
	}
	e := s.Looked(restore.NewListing(listed[:n]))
	if off.has(Earliest) && len(e.Tasks) > 0 {
		e.Tasks = onlyOwn(e.Tasks, s.TaskID)
	}
	return e
}

// onlyOwn returns the task with an id; when it is not there or the id not
// known, the last that was created.
func onlyOwn(ours []restore.Task, id string) []restore.Task {
	for i := range ours {
		if ours[i].ID == id {
			return ours[i : i+1]
		}
	}
	return ours[len(ours)-1:]
}
