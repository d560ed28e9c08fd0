package restore

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// EventKind says what happened. The words are stored in journals and never
// change their meaning.
type EventKind string

// The kinds of event.
const (
	Intended     EventKind = "intended"      // an effect is about to be sent; Effect says which
	Answered     EventKind = "created"       // the create was answered with TaskID
	CreateFailed EventKind = "create-failed" // Failure says how
	Looked       EventKind = "looked"        // the list was read; Tasks are those of ours, oldest first
	LookFailed   EventKind = "look-failed"
	Started      EventKind = "started" // the start was answered
	StartFailed  EventKind = "start-failed"
	Polled       EventKind = "polled" // Tasks holds the task, or nothing when the service does not know it
	PollFailed   EventKind = "poll-failed"
	Prechecked   EventKind = "prechecked"
	Skip         EventKind = "skipped" // an item that this one needs did not succeed
)

// Event is an outcome, or the intent of an effect. The engine stamps At. It
// round-trips through JSON: fields may be added, names never change.
type Event struct {
	Kind     EventKind  `json:"kind"`
	At       time.Time  `json:"at"`
	Effect   ActionKind `json:"effect,omitempty"`  // Intended: create or start
	Attempt  int        `json:"attempt,omitempty"` // Intended; Looked: that of Tasks
	AskedAt  time.Time  `json:"askedAt,omitzero"`  // Looked: when the list was asked for, At when zero; Intended, of a create: when the last was that showed no task of this restore, though read for others
	Intent   *Intent    `json:"intent,omitempty"`  // Intended, of a create; Looked, when it found the task
	TaskID   string     `json:"taskId,omitempty"`  // Answered
	Tasks    []Task     `json:"tasks,omitempty"`
	Earlier  []Task     `json:"earlier,omitempty"` // Looked: those of the attempts before
	Precheck *Precheck  `json:"precheck,omitempty"`
	Failure  *Failure   `json:"failure,omitempty"`
	Since    time.Time  `json:"-"` // with Failure: since when calls of its kind fail at the site, whichever restore they are about; zero when nobody knows
}

// Intent is what a create sends, or an adopted task was asked for, as far as it
// must be known to send the same again after a restart. It holds no secret.
type Intent struct {
	Declared   plan.Digest     `json:"declared"`
	Parameters plan.Parameters `json:"parameters"`
	Databases  []plan.Database `json:"databases,omitempty"`
}

// Intend returns the event that must be applied, and be durable, before the
// effect of an action is sent.
func (s State) Intend(a Action, now time.Time) Event {
	e := Event{Kind: Intended, At: now, Effect: a.Kind, Attempt: s.Attempt}
	if a.Kind == Create {
		e.Intent = s.spec.intent()
	}
	return e
}

func (s *Spec) intent() *Intent {
	return &Intent{Declared: s.Item.Declared, Parameters: s.Item.Parameters, Databases: s.Item.Databases}
}

// ForLog returns the form in which an event that took a restore from one state
// to another is kept: one that binds a task to it carries the intent, so that a
// later run knows what the task was asked to do. The tasks that were seen are
// left out, as the state tells what matters of them.
func ForLog(from, to State, e Event) Event {
	e.Tasks, e.Earlier = nil, nil
	if to.TaskID != from.TaskID && to.TaskID != "" {
		e.Intent = to.spec.intent()
	}
	return e
}

// Durable reports whether the state to which an event took a restore must
// survive a crash: after every intent, every outcome of an effect, and when
// what was seen tells something new. Mere progress is not kept.
func Durable(from, to State, e Event) bool {
	switch e.Kind {
	case Intended, Answered, CreateFailed, Started, StartFailed:
		return true
	case Skip:
		return false // judged anew in every run
	}
	return to.TaskID != from.TaskID || len(to.Surplus) != len(from.Surplus) ||
		to.Phase != from.Phase && to.Phase != Absent ||
		to.Attempt != from.Attempt || to.Last.Status != from.Last.Status
}
