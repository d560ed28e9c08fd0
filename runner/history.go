package runner

import (
	"context"
	"encoding/json"
	"fmt"

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

// Append implements [Log]. It fails when the lock is no longer ours: every
// effect is preceded by an Append, so none is sent from then on.
func (j Journal) Append(ctx context.Context, records []Record) error {
	if err := j.Lock.Check(); err != nil {
		return err
	}
	entries := make([]journal.Entry, len(records))
	for i, r := range records {
		body, err := json.Marshal(r.Event)
		if err != nil {
			return fmt.Errorf("encode an event of %s: %w", r.Key, err)
		}
		entries[i] = journal.Entry{At: r.Event.At, Item: string(r.Key), Kind: string(r.Event.Kind), Body: body}
	}
	return j.J.Append(ctx, j.Run.ID, entries)
}

// Past reads what a journal holds of a run, by item and in order.
func Past(ctx context.Context, j *journal.Journal, run journal.Run) (map[plan.Key][]restore.Event, error) {
	entries, err := j.Entries(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	past := make(map[plan.Key][]restore.Event)
	for _, entry := range entries {
		var event restore.Event
		if err := json.Unmarshal(entry.Body, &event); err != nil {
			return nil, fmt.Errorf("journal of run %s of %s: an entry of %s cannot be read: %w", run.Key, run.Manifest, entry.Item, err)
		}
		key := plan.Key(entry.Item)
		past[key] = append(past[key], event)
	}
	return past, nil
}

// Replay returns the state that events lead to.
func Replay(spec restore.Spec, events []restore.Event) (restore.State, error) {
	state := restore.New(spec)
	for _, event := range events {
		if event.Kind == restore.Intended && event.Effect == restore.Create && state.Phase.Ended() {
			state = state.Resume() // a later run began anew after a refusal
		}
		next, err := state.Apply(event)
		if err != nil {
			return state, fmt.Errorf("journal: %w", err)
		}
		state = next
	}
	return state, nil
}

// States returns where the items of a plan stand by what is known of its run.
func States(p *plan.Plan, past map[plan.Key][]restore.Event) ([]Outcome, error) {
	outcomes := make([]Outcome, 0, len(p.Items))
	for _, it := range p.Items {
		o := Outcome{Item: it}
		if it.Action != plan.Blocked {
			state, err := Replay(specOf(p, it, past[it.Key], 0), past[it.Key])
			if err != nil {
				return nil, err
			}
			o.State = state
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// Known returns what planning needs to know of a run, by item: those of which
// a restore task exists, or may, with the request as it was sent. attempts is
// how many the manifest allows now.
func Known(past map[plan.Key][]restore.Event, attempts int) (map[plan.Key]plan.Known, error) {
	known := make(map[plan.Key]plan.Known)
	for key, events := range past {
		intent := lastIntent(events)
		if intent == nil {
			continue // nothing was ever sent
		}
		spec := restore.Spec{
			Key: key, Declared: intent.Declared, Parameters: intent.Parameters, Databases: intent.Databases,
			MovingTime: true, Attempts: make([]plan.Attempt, attemptsOf(events, attempts)),
		}
		s, err := Replay(spec, events)
		if err != nil {
			return nil, err
		}
		if s.TaskID == "" && s.Phase != restore.Creating && s.Phase != restore.Unknown && s.Attempt == 1 {
			continue // refused: as if nothing had been sent
		}
		known[key] = knownOf(s, intent)
	}
	return known, nil
}

func knownOf(s restore.State, intent *restore.Intent) plan.Known {
	k := plan.Known{
		Declared: intent.Declared, Parameters: intent.Parameters, Databases: intent.Databases,
		TaskID: s.TaskID, Ended: s.Resume().Phase.Ended(), Succeeded: s.Phase == restore.Succeeded, State: string(s.Phase),
	}
	if s.Failure != nil {
		k.State += ": " + s.Failure.Message
	}
	return k
}

// attemptsOf returns how many identities a restore needs: for the attempts
// that are allowed, and for those that were made.
func attemptsOf(events []restore.Event, allowed int) int {
	n := max(1, allowed)
	for _, e := range events {
		n = max(n, e.Attempt)
	}
	return n
}

func lastIntent(events []restore.Event) *restore.Intent {
	var last *restore.Intent
	for _, e := range events {
		if e.Intent != nil {
			last = e.Intent
		}
	}
	return last
}
