package runner

import (
	"context"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Replay tells the changes of a run from its journal, also while another process
// carries it out. What is not kept there, as the progress of a restore, it does
// not tell.
type Replay struct {
	plan   *plan.Plan
	run    journal.Run
	tail   *journal.Tail
	items  map[plan.Key]*plan.Item
	states map[plan.Key]restore.State
	past   Past
	counts Counts
}

// NewReplay returns a Replay of a run from its beginning. The plan is that of the
// run.
func NewReplay(j *journal.Journal, run journal.Run, p *plan.Plan) (*Replay, error) {
	r := &Replay{plan: p, run: run, tail: j.Tail(run.ID), items: map[plan.Key]*plan.Item{}, states: map[plan.Key]restore.State{}, past: Past{}}
	for i := range p.Items {
		it := &p.Items[i]
		r.items[it.Key] = it
		r.counts.Total++
		if it.Action == plan.Blocked {
			r.counts.Blocked++
			continue
		}
		state, err := load(p, it, Saved{})
		if err != nil {
			return nil, err
		}
		r.states[it.Key] = state
		r.counts.add(state.Phase, 1)
	}
	return r, nil
}

// Counts says where the items stood at the last change.
func (r *Replay) Counts() Counts { return r.counts }

// Outcomes returns where the items stood at the last change.
func (r *Replay) Outcomes() ([]Outcome, error) { return r.past.Outcomes(r.plan) }

// Next returns the changes since the call before. An item that the plan does not
// have is left out.
func (r *Replay) Next(ctx context.Context) ([]Change, error) {
	entries, err := r.tail.Next(ctx)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, entry := range entries {
		record, err := recordOf(r.run, entry)
		if err != nil {
			return nil, err
		}
		key := record.Key
		r.past.Add(record)
		it, ok := r.items[key]
		if !ok {
			continue
		}
		from, known := r.states[key]
		to, err := load(r.plan, it, r.past[key])
		if err != nil {
			return nil, err
		}
		r.states[key] = to
		if known {
			r.counts.add(from.Phase, -1)
		} else {
			r.counts.Blocked--
		}
		r.counts.add(to.Phase, 1)
		changes = append(changes, Change{Key: key, From: from, To: to, Event: record.Event, Counts: r.counts})
	}
	return changes, nil
}
