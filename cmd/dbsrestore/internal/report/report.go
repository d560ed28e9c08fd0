// Package report turns a run into evidence: how long each tier took against its
// objectives, what happened when, and what went wrong.
//
// [New] computes the figures, a plain value; the functions that write it in a
// format compute nothing. It reads no clock: the same run gives the same bytes,
// also one that is not over, of which the last thing known is the end.
package report

import (
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// Run is what there is to report of.
type Run struct {
	Manifest string // its name
	Key      string // the run key
	Target   string // endpoint and account
	Plan     *plan.Plan
	Journal  string           // digest of what the journal holds of the run
	Outcomes []runner.Outcome // in the plan's order
	Started  time.Time
	Ended    time.Time // zero while unfinished
}

// Report is a run with its figures.
type Report struct {
	Run   Run
	End   time.Time // of the run, or of what is known of it
	Items []Item    // in the plan's order
	Tiers []Tier    // by name
	Total Tier      // of all items
}

// Item is an item of a run, measured from the begin of the run.
type Item struct {
	Key         string
	Tier        string
	Destination string
	Phase       restore.Phase // view.Blocked for one that was never to be begun
	TaskID      string
	Attempt     int
	Databases   []plan.Database
	Point       time.Time // that was restored; zero for a backup set
	BackupSetID string
	SetTime     time.Time // when its backup ended; zero when unknown
	Why         string    // it did not succeed, "" when it did
	Objective   schema.Objective
	Created     time.Duration // Never when it has not been
	Started     time.Duration // likewise
	Begun       time.Duration // when its turn came, Never when it has not: Created, or Started where tasks are created ahead
	Ended       time.Duration // Never when it has not
}

// Never stands for a moment that has not come.
const Never time.Duration = -1

// New computes the figures of a run.
func New(r Run) *Report {
	rep := &Report{Run: r, End: r.Ended, Items: make([]Item, 0, len(r.Outcomes))}
	for _, o := range r.Outcomes {
		it := newItem(o, r.Started)
		it.Begun = it.begun(r.Plan.Limits.CreateAhead > 0)
		rep.Items = append(rep.Items, it)
	}
	if rep.End.IsZero() {
		rep.End = r.Started
	}
	for _, o := range r.Outcomes {
		for _, t := range []time.Time{o.State.CreatedAt, o.State.StartedAt, o.State.EndedAt} {
			if t.After(rep.End) {
				rep.End = t
			}
		}
	}
	rep.Tiers, rep.Total = tiers(rep.Items, r.Started)
	return rep
}

// Took is how long the run took, or has taken so far.
func (r *Report) Took() time.Duration { return r.End.Sub(r.Run.Started) }

func newItem(o runner.Outcome, started time.Time) Item {
	s := &o.State.Snapshot
	since := func(t time.Time) time.Duration {
		if t.IsZero() {
			return Never
		}
		return max(0, t.Sub(started)) // adopted work may be older than the run
	}
	it := Item{
		Key: string(o.Item.Key), Tier: o.Item.Labels[view.TierLabel], Destination: o.Item.Destination,
		Phase: view.PhaseOf(o), Why: view.Message(o), TaskID: s.TaskID, Attempt: s.Attempt, Databases: o.Item.Databases,
		BackupSetID: o.Item.Parameters.BackupSetId,
		Created:     since(s.CreatedAt), Started: since(s.StartedAt), Ended: since(s.EndedAt),
	}
	if ms := o.Item.BackupSetTime; ms > 0 {
		it.SetTime = time.UnixMilli(ms).UTC()
	}
	if ms := o.Item.Parameters.RestoreTime; ms > 0 {
		it.Point = time.UnixMilli(ms).UTC()
	}
	if o.Item.Objective != nil {
		it.Objective = *o.Item.Objective
	}
	return it
}

// begun says when the turn of an item came, where tasks are created ahead or not.
func (it Item) begun(ahead bool) time.Duration {
	waits := ahead && it.Ended == Never
	if it.Created == Never || waits || ahead && it.Started != Never {
		return it.Started
	}
	return it.Created
}

// Back reports whether the databases of the item are back.
func (it Item) Back() bool { return it.Phase == restore.Succeeded }

// Over reports whether nothing more happens to the item.
func (it Item) Over() bool { return it.Phase == view.Blocked || it.Phase.Ended() }

// Bad returns the items that ended otherwise than well.
func (r *Report) Bad() []Item {
	return slices.DeleteFunc(slices.Clone(r.Items), func(it Item) bool { return it.Back() || !it.Over() })
}

// Next says what to do about an item that did not come back, "" for one that did
// or still may.
func (it Item) Next() string {
	switch {
	case it.Phase == restore.Failed && it.TaskID == "":
		return "mend the cause and run the same apply again"
	case it.Phase == restore.Failed:
		return "mend the cause, then try it anew by dbsrestore retry"
	case it.Phase == restore.Unknown:
		return "look in the console, then run the same apply again"
	case it.Phase == restore.TimedOut:
		return "it goes on at the service; run the same apply again to follow it"
	case it.Phase == restore.Skipped:
		return "run the same apply again when what it needs has succeeded"
	case it.Phase == view.Blocked:
		return "do as the reason says and plan again"
	}
	return ""
}
