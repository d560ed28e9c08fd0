package runner

import (
	"context"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// wait returns the next outcomes: all that have arrived when the first does,
// none at wake or when the run is to drain.
func (e *engine) wait(ctx context.Context, wake time.Time) ([]itemEvent, error) {
	var alarm <-chan time.Time
	if !wake.IsZero() {
		t := time.NewTimer(time.Until(wake))
		defer t.Stop()
		alarm = t.C
	}
	drain := e.options.Drain
	if e.drained {
		drain = nil
	}
	select {
	case r := <-e.results:
		return e.collect(r)
	case <-alarm:
		return nil, nil
	case <-drain:
		e.drained = true
		e.stopReads()
		return nil, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (e *engine) collect(r result) ([]itemEvent, error) {
	var all []itemEvent
	for {
		e.flying--
		if !r.call.effect() {
			e.reading--
		}
		if r.call.kind == restore.Poll {
			e.took.polled(r.took)
		}
		switch of := r.call.items[0].backupPlan; r.call.kind {
		case restore.Look:
			of.listing = false
			e.learn(of, r)
		case restore.Create:
			of.creates--
		}
		if r.err != nil {
			return nil, r.err
		}
		e.troubles.note(r, time.Now(), lullOf(time.Duration(e.plan.Limits.PollInterval)))
		all = append(all, r.events...)
		select {
		case r = <-e.results:
		default:
			return all, nil
		}
	}
}
