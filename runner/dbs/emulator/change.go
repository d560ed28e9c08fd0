package emulator

import (
	"fmt"
	"time"
)

// change is something that somebody else did to a task: in the console, or with
// another tool. It is kept like all events.
type change struct {
	ID      string
	At      time.Time
	Word    string // one of world.Changes, but start, which is a start
	Message string `json:",omitempty"`
}

// change lets somebody else do something to a task. It fails when that cannot
// be done to the task as it stands.
func (d *DBS) change(c *call, t *task, word, message string) error {
	st := t.state(c.now, d.world.Behaviour.FinishWord)
	possible := map[string]bool{
		"start":  st.Startable && !t.removed,
		"pause":  st.Status == "running",
		"resume": st.Status == "pause",
		"stop":   t.run != nil && t.run.Stopped.IsZero() && (t.end().IsZero() || c.now.Before(t.end())), // also in its precheck
		"remove": !t.removed,
	}
	if !possible[word] {
		return fmt.Errorf("task %s is %s: it cannot be changed by %q", t.ID, st.Status, word)
	}
	e := event{Change: &change{t.ID, c.now, word, message}}
	if word == "start" {
		e = event{Start: d.decide(c, t, "")}
	}
	if err := d.keep(e); err != nil {
		return err
	}
	c.effects = append(c.effects, effect{Change: t.ID, Word: word})
	return nil
}

// change makes a change part of what is known. What is done to a task that does
// not stand so is ignored.
func (ts *tasks) change(t *task, c *change) {
	ts.sweep(c.At)
	switch {
	case c.Word == "remove":
		ts.remove(t, c.At)
	case t.run == nil:
	case c.Word == "pause":
		t.run.Paused = c.At
	case c.Word == "resume" && !t.run.Paused.IsZero():
		t.run.From = t.run.From.Add(c.At.Sub(t.run.Paused))
		t.run.Paused = time.Time{}
	case c.Word == "stop" && t.run.Stopped.IsZero():
		if t.run.Message == "" { // or else it took nothing
			ts.giveBack(t)
		}
		t.run.Stopped, t.run.Message, t.run.Code = c.At, c.Message, codeStopped
	}
	if t.counted {
		ts.settle(t)
	}
}
