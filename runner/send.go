package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// send performs a call in a goroutine of its own, which brings its outcome to
// e.results unless ctx ends first.
func (e *engine) send(ctx context.Context, c call) {
	e.flying++
	go func() {
		begun := time.Now()
		r := e.perform(ctx, c)
		r.call, r.took = c, time.Since(begun)
		select {
		case e.results <- r:
		case <-ctx.Done():
		}
	}()
}

// perform makes a call, which has its place among those under way.
func (e *engine) perform(ctx context.Context, c call) (r result) {
	defer func() {
		if p := recover(); p != nil {
			// The value may hold what must not be printed: say where, not what.
			r = result{err: fmt.Errorf("panic (%T) in a call to the service\n%s", p, debug.Stack())}
		}
	}()
	if c.effect() {
		defer e.effects.Release(1)
		return e.single(ctx, c)
	}
	switch c.kind {
	case restore.Look:
		return e.look(e.readCtx, c)
	case restore.Poll:
		return e.poll(e.readCtx, c)
	}
	return e.single(e.readCtx, c)
}

// single performs a call that is about one item. The states of the items of a
// call that is under way are not changed, so they may be read here.
func (e *engine) single(ctx context.Context, c call) result {
	it := c.items[0]
	if c.effect() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, it.state.SentAt.Add(restore.Fence))
		defer cancel()
	}
	var event restore.Event
	var bad restore.EventKind
	var err error
	switch c.kind {
	case restore.Create:
		event.Kind, bad = restore.Answered, restore.CreateFailed
		event.TaskID, err = e.svc.CreateRestoreTask(ctx, it.Site, it.state.Identity(), it.Parameters, it.Password)
	case restore.Start:
		event.Kind, bad = restore.Started, restore.StartFailed
		err = e.svc.StartRestoreTask(ctx, it.Site, it.state.TaskID, it.state.Identity().ClientToken)
	case restore.CheckPre:
		var p restore.Precheck
		p, err = e.svc.Precheck(ctx, it.Site, it.state.TaskID)
		event.Kind, event.Precheck, bad = restore.Prechecked, &p, restore.PollFailed
	default:
		return result{err: fmt.Errorf("no call for action %q", c.kind)} // unreachable unless bug in this package
	}
	return each(c.items, err, bad, func(*item) restore.Event { return event })
}

func (e *engine) look(ctx context.Context, c call) result {
	site, id := c.items[0].Site, c.items[0].Parameters.BackupPlanId
	asked := time.Now()
	tasks, err := e.svc.RestoreTasks(ctx, site, id, c.since)
	listing := restore.NewListing(tasks)
	r := each(c.items, err, restore.LookFailed, func(it *item) restore.Event {
		event := it.state.Looked(listing)
		event.AskedAt = asked
		return event
	})
	if err == nil {
		r.asked, r.names = asked, make([]string, len(tasks))
		for i, t := range tasks {
			r.names[i] = t.Name
		}
	}
	return r
}

func (e *engine) poll(ctx context.Context, c call) result {
	ids := make([]string, len(c.items))
	for i, it := range c.items {
		ids[i] = it.state.TaskID
	}
	tasks, err := e.svc.RestoreTasksByID(ctx, c.items[0].Site, ids)
	byID := make(map[string]restore.Task, len(tasks))
	for _, t := range tasks {
		byID[t.ID] = t
	}
	return each(c.items, err, restore.PollFailed, func(it *item) restore.Event {
		event := restore.Event{Kind: restore.Polled}
		if t, ok := byID[it.state.TaskID]; ok {
			event.Tasks = []restore.Task{t}
		}
		return event
	})
}

// each gives every item of a shared call its event: what f says, or the
// call's failure.
func each(items []*item, err error, bad restore.EventKind, f func(*item) restore.Event) result {
	if err != nil {
		event, err := failed(bad, err)
		if err != nil {
			return result{err: err}
		}
		f = func(*item) restore.Event { return event }
	}
	r := result{}
	for _, it := range items {
		r.events = append(r.events, itemEvent{it, f(it)})
	}
	return r
}

// failed turns the error of a call into its event. An error that is not a
// *restore.Failure breaks the contract of Service and stops the run.
func failed(kind restore.EventKind, err error) (restore.Event, error) {
	f, ok := errors.AsType[*restore.Failure](err)
	if !ok {
		return restore.Event{}, err
	}
	return restore.Event{Kind: kind, Failure: f}, nil
}

// unrecorded names the tasks of which only this process knows, for the error
// of a log that cannot be written.
func unrecorded(records []Record) string {
	var b strings.Builder
	for _, r := range records {
		if r.Event.Kind == restore.Answered {
			fmt.Fprintf(&b, "\n  restore task %s of %s exists and is not recorded", r.Event.TaskID, r.Key)
		}
	}
	return b.String()
}
