package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Journal keeps a run in a journal. It is a [Log].
type Journal struct {
	J    *journal.Journal
	Run  journal.Run
	Lock *journal.Guard // what keeps other processes from carrying out the same
}

// body is the stored form of a Record. Fields may be added, names never change.
type body struct {
	Event restore.Event    `json:"event"`
	State restore.Snapshot `json:"state"`
}

// Append implements [Log]. It fails when the lock is no longer ours: every
// effect is preceded by an Append, so none is sent from then on.
func (j Journal) Append(ctx context.Context, records []Record) error {
	if err := j.Lock.Check(); err != nil {
		return err
	}
	entries := make([]journal.Entry, len(records))
	for i, r := range records {
		data, err := json.Marshal(body{r.Event, r.State})
		if err != nil {
			return fmt.Errorf("encode what happened to %s: %w", r.Key, err)
		}
		entries[i] = journal.Entry{At: r.Event.At, Item: string(r.Key), Kind: string(r.Event.Kind), Body: data}
	}
	return j.J.Append(ctx, j.Run.ID, entries)
}

// Past is what is known of the items of a run.
type Past map[plan.Key]Saved

// Saved is what is known of one item.
type Saved struct {
	State  restore.Snapshot
	Intent *restore.Intent // what its task was asked to do; nil while nothing was sent
}

// Add takes over a record, the later of two of one item.
func (p Past) Add(r Record) {
	saved := Saved{State: r.State, Intent: p[r.Key].Intent}
	if r.Event.Intent != nil {
		saved.Intent = r.Event.Intent
	}
	p[r.Key] = saved
}

// ReadPast reads what a journal knows of a run.
func ReadPast(ctx context.Context, j *journal.Journal, run journal.Run) (Past, error) {
	entries, err := j.Entries(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	past := make(Past)
	for _, entry := range entries {
		r, err := recordOf(run, entry)
		if err != nil {
			return nil, err
		}
		past.Add(r)
	}
	return past, nil
}

// Took returns how long the items of a run took that succeeded and were not adopted,
// see [restore.Snapshot.Took].
func Took(ctx context.Context, j *journal.Journal, run journal.Run) (map[plan.Key]time.Duration, error) {
	took := make(map[plan.Key]time.Duration)
	err := j.Last(ctx, run.ID, func(entry journal.Entry) error {
		r, err := recordOf(run, entry)
		if d := r.State.Took(); d > 0 {
			took[r.Key] = d
		}
		return err
	})
	return took, err
}

// recordOf reads what Append has written.
func recordOf(run journal.Run, entry journal.Entry) (Record, error) {
	var b body
	if err := json.Unmarshal(entry.Body, &b); err != nil {
		return Record{}, fmt.Errorf("journal of run %s of %s: an entry of %s cannot be read: %w", run.Key, run.Manifest, entry.Item, err)
	}
	return Record{plan.Key(entry.Item), b.Event, b.State}, nil
}

// Without returns what is known of the items that are not among those, or are
// blocked there.
func (p Past) Without(items []Outcome) Past {
	if len(p) == 0 {
		return nil
	}
	rest := maps.Clone(p)
	for _, o := range items {
		if o.State.Phase != "" { // not blocked
			delete(rest, o.Item.Key)
		}
	}
	return rest
}

// Unfinished returns the items that have a task, or may have one, which is not
// known to have ended.
func (p Past) Unfinished() []plan.Key {
	var keys []plan.Key
	for _, key := range slices.Sorted(maps.Keys(p)) {
		if p[key].State.Phase.Active() {
			keys = append(keys, key)
		}
	}
	return keys
}

// Retryable returns the items that failed and can be tried anew.
func (p Past) Retryable() []plan.Key {
	var keys []plan.Key
	for _, key := range slices.Sorted(maps.Keys(p)) {
		if p[key].State.Retries() {
			keys = append(keys, key)
		}
	}
	return keys
}

// Known returns what planning needs to know: the items of which a restore task
// exists, or may, with the request as it was sent.
func (p Past) Known() map[plan.Key]plan.Known {
	known := make(map[plan.Key]plan.Known)
	for key, saved := range p {
		s := saved.State
		maybe := s.TaskID != "" || s.Phase == restore.Creating || s.Phase == restore.Unknown || s.Phase == restore.Absent && s.Sends > 0
		if saved.Intent == nil || !maybe && s.Attempt == 1 {
			continue // nothing was sent, or it was refused
		}
		k := plan.Known{
			Declared: saved.Intent.Declared, Parameters: saved.Intent.Parameters, Databases: saved.Intent.Databases,
			TaskID: s.TaskID, State: string(s.Phase),
			Ended:     s.Phase == restore.Succeeded || s.Phase == restore.Failed && s.TaskID != "",
			Succeeded: s.Phase == restore.Succeeded,
			Surplus:   s.Surplus,
		}
		if n := len(s.Earlier); n > 0 && !maybe {
			k.FailedTaskID, k.State = s.Earlier[n-1], ""
		}
		switch {
		case s.Failure == nil:
		case k.Ended || k.FailedTaskID != "": // that it failed is said
			k.State = s.Failure.Message
		default:
			k.State += ": " + s.Failure.Message
		}
		known[key] = k
	}
	return known
}

// Outcomes returns where the items of a plan stand, and behind them those of
// the run that the plan does not have.
func (p Past) Outcomes(pl *plan.Plan) ([]Outcome, error) {
	var outcomes []Outcome
	planned := make(map[plan.Key]bool)
	add := func(it *plan.Item) error {
		state, err := load(pl, it, p[it.Key])
		outcomes = append(outcomes, Outcome{Item: it, State: &state})
		return err
	}
	for i := range pl.Items {
		it := &pl.Items[i]
		planned[it.Key] = true
		if _, begun := p[it.Key]; it.Action == plan.Blocked && !begun {
			outcomes = append(outcomes, Outcome{Item: it, State: &blocked})
			continue
		}
		if err := add(it); err != nil {
			return nil, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p)) {
		if planned[key] {
			continue
		}
		it := &plan.Item{Key: key}
		if intent := p[key].Intent; intent != nil {
			it.Declared, it.Parameters, it.Databases = intent.Declared, intent.Parameters, intent.Databases
		}
		if err := add(it); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// load returns the state of an item of a plan, by what is known of it.
func load(p *plan.Plan, it *plan.Item, saved Saved) (restore.State, error) {
	attempts := max(1, p.Failure.Attempts, saved.State.Attempt)
	if saved.State.Retries() {
		attempts = max(attempts, saved.State.Attempt+1) // in case it is tried anew
	}
	spec := specOf(p, it, attempts)
	if saved.State.Phase == "" {
		return restore.New(spec), nil
	}
	return restore.Load(spec, saved.State)
}
