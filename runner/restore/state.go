package restore

import (
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// Phase is where a restore stands.
type Phase string

// The phases. From Creating to Running a task exists at the service, or may.
const (
	Waiting  Phase = "waiting"  // nothing is known of the service yet
	Absent   Phase = "absent"   // looked: no task of ours exists, one may be created
	Creating Phase = "creating" // a create was intended, its outcome is not known
	Created  Phase = "created"  // a task was answered, the list does not show it yet
	Ready    Phase = "ready"    // ours is listed and the earliest, it may be started
	Starting Phase = "starting" // a start was intended, its outcome is not known
	Running  Phase = "running"  // started: followed until the service says how it ended

	Succeeded Phase = "succeeded" // the service says so
	Failed    Phase = "failed"    // the service says so, or refused
	TimedOut  Phase = "timed-out" // still running at the service after Policy.Timeout
	Unknown   Phase = "unknown"   // cannot be proved; a person has to look
	Skipped   Phase = "skipped"   // an item that it needs did not succeed
)

// Ended reports whether nothing more will be done.
func (p Phase) Ended() bool {
	switch p {
	case Succeeded, Failed, TimedOut, Unknown, Skipped:
		return true
	}
	return false
}

// Active reports whether an unfinished task exists at the service, or may.
func (p Phase) Active() bool {
	switch p {
	case Creating, Created, Ready, Starting, Running:
		return true
	}
	return false
}

// Spec is what a restore is to be: constant over its life.
type Spec struct {
	Item       *plan.Item // must not change afterwards
	MovingTime bool       // the restore point was declared relative, such as latest: a task found by name may carry another
	Attempts   int        // that are allowed; at least one
	Foreseen   int        // further attempts whose tasks are looked for: a person may have asked for them in a process of which nothing is known

	// Identity returns the identity of the nth attempt, counted from 1. It is not
	// kept, as most restores need that of one attempt, three times.
	Identity func(n int) plan.Attempt

	Policy Policy
}

// Policy bounds the waiting. Zero fields are as in [DefaultPolicy].
//
// A create whose answer was lost may be on its way for long, or lie in the
// buffer of something between. The gateway refuses a request that was signed
// more than 15 minutes ago (dbs-api.md §4.8), an effect is signed within
// [Fence] of its intent, and clocks differ: Expiry covers all three. Not before
// Expiry and Settle have passed does a list without the task prove that there
// is none, even where the service does not remember client tokens.
type Policy struct {
	PollInterval time.Duration // shortest time between two looks at a running task
	Timeout      time.Duration // from the start of a task until it counts as timed out
	Gather       time.Duration // between a create and the look for it, so that one list serves many
	Relook       time.Duration // between a fruitless look and the next, at first
	Settle       time.Duration // how long a task may be missing from the list
	Expiry       time.Duration // how long after its intent a create may still arrive at the service, see below
	Outage       time.Duration // how long calls may go on failing before the restore gives up
	Sends        int           // how often one effect is sent when its outcome cannot be found
}

// DefaultPolicy is the policy of a run that says nothing else.
var DefaultPolicy = Policy{
	PollInterval: 5 * time.Second,
	Timeout:      12 * time.Hour,
	Gather:       time.Second,
	Relook:       time.Second,
	Settle:       time.Minute,
	Expiry:       20 * time.Minute,
	Outage:       time.Hour,
	Sends:        3,
}

// State is a restore at one moment. Use [New] or [Load]; the zero State has no
// Spec. States are values: Apply returns a new one and leaves the old as it was.
//
// Invariants:
//
//	S1  TaskID is set in Created, Ready, Starting, Running and Succeeded.
//	S2  Attempt is in 1..Spec.Attempts, or that of a task that was found.
//	S3  Failure is set in Failed, TimedOut, Unknown and Skipped.
//	S4  an ended State never changes.
type State struct {
	spec *Spec
	Snapshot

	due      time.Time // not before this is anything done
	troubled time.Time // since when calls fail without a break; zero when the last one did not
	outage   time.Time // since when they fail for another reason than credentials that expired; zero when the last one did not
	failures int       // calls in a row that failed, up to enough
	missed   time.Time // since when polls do not know the task; zero when the last one did
	onceMore time.Time // since when a task that was listed before is looked for once more; zero for not
	looks    int       // calls in a row that did not settle the question
	misses   int       // polls in a row that did not know the task
	inits    int       // polls in a row that found a task in init of which a start was sent

	precheck string // what its precheck was at last, since the start was sent; "" when nobody has asked
}

// Snapshot is the part of a State that outlives its process. It round-trips
// through JSON: fields may be added, names never change.
type Snapshot struct {
	Phase   Phase    `json:"phase"`
	Attempt int      `json:"attempt"`           // 1-based
	TaskID  string   `json:"taskId,omitempty"`  // the service's id; "" while none is known
	Adopted bool     `json:"adopted,omitempty"` // the task was found, not answered to a create of ours
	Assumed bool     `json:"assumed,omitempty"` // Running because of a status that nobody knows, not of a start or a known one
	Last    Task     `json:"last,omitzero"`     // as last seen at the service, without its parameters; zero before
	Surplus []string `json:"surplus,omitempty"` // other tasks of ours, which are never started
	Earlier []string `json:"earlier,omitempty"` // tasks of the attempts before, which ended as failed
	Failure *Failure `json:"failure,omitempty"` // why it ended, or what went wrong last

	CreatedAt time.Time `json:"createdAt,omitzero"` // when the create was answered, or the adopted task found
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`

	AbsentAt time.Time `json:"absentAt,omitzero"` // when a list showed that no task of this attempt existed
	SentAt   time.Time `json:"sentAt,omitzero"`   // when the current effect was last intended
	Sends    int       `json:"sends,omitempty"`   // of the current effect
}

// New returns the state of a restore of which nothing is known. It keeps spec
// with the defaults of its policy filled in; spec must not change afterwards.
func New(spec Spec) State {
	spec.Policy = spec.Policy.withDefaults()
	return waiting(&spec, 1)
}

func waiting(spec *Spec, attempt int) State {
	return State{spec: spec, Snapshot: Snapshot{Phase: Waiting, Attempt: attempt}}
}

// Load returns the state that a snapshot was taken of. An attempt beyond those
// of the spec is an error.
func Load(spec Spec, saved Snapshot) (State, error) {
	if saved.Attempt < 1 || saved.Attempt > spec.Attempts {
		return State{}, fmt.Errorf("restore %s: a snapshot of attempt %d, of %d", spec.Item.Key, saved.Attempt, spec.Attempts)
	}
	s := New(spec)
	s.Snapshot = saved
	return s, nil
}

// Spec returns what the restore is to be.
func (s State) Spec() *Spec { return s.spec }

// Identity returns the token and the task name of the current attempt.
func (s State) Identity() plan.Attempt { return s.spec.Identity(s.Attempt) }

// Took returns how long a restore that has succeeded took, by the service's clock
// where it tells, else as far as was noticed; 0 when it has not or was adopted.
func (s Snapshot) Took() time.Duration {
	if s.Phase != Succeeded || s.StartedAt.IsZero() || s.Adopted {
		return 0
	}
	if t := s.Last; !t.Created.IsZero() && t.Finished.After(t.Created) && s.StartedAt.After(s.CreatedAt) {
		if took := t.Finished.Sub(t.Created) - s.StartedAt.Sub(s.CreatedAt); took > 0 {
			return took
		}
	}
	return s.EndedAt.Sub(s.StartedAt)
}

func (p Policy) withDefaults() Policy {
	d := DefaultPolicy
	setDuration(&p.PollInterval, d.PollInterval)
	setDuration(&p.Timeout, d.Timeout)
	setDuration(&p.Gather, min(d.Gather, p.PollInterval/2))
	setDuration(&p.Relook, min(d.Relook, p.PollInterval/2))
	setDuration(&p.Settle, d.Settle)
	setDuration(&p.Expiry, d.Expiry)
	setDuration(&p.Outage, d.Outage)
	if p.Sends == 0 {
		p.Sends = d.Sends
	}
	return p
}

func setDuration(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}
