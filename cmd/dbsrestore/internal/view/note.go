package view

import (
	"cmp"
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// noteType says what a note tells. The words stand in logs and in JSON.
type noteType string

const (
	noteCreate   noteType = "create"   // a create was answered
	noteStart    noteType = "start"    // a start was answered
	noteAdopt    noteType = "adopt"    // a task of the item was found at the service
	notePhase    noteType = "phase"    // the task came into another phase
	noteProgress noteType = "progress" // it went on within the phase; in JSON only
	noteRetry    noteType = "retry"    // an attempt failed and the next begins
	noteLost     noteType = "lost"     // whether a create or start happened is not known
	noteThrottle noteType = "throttle" // the service asks for fewer calls
	noteTrouble  noteType = "trouble"  // a call failed and will be made again
	noteSurplus  noteType = "surplus"  // more than one task carries the item's name
	noteDone     noteType = "done"     // the ends of an item
	noteFail     noteType = "fail"
	noteTimeout  noteType = "timeout"
	noteUnknown  noteType = "unknown"
	noteSkip     noteType = "skip"
)

var endTypes = map[restore.Phase]noteType{
	restore.Succeeded: noteDone,
	restore.Failed:    noteFail,
	restore.TimedOut:  noteTimeout,
	restore.Unknown:   noteUnknown,
	restore.Skipped:   noteSkip,
}

// note is what a change means to a reader. All its texts are inert.
type note struct {
	Type     noteType      `json:"type"`
	At       time.Time     `json:"at"`
	Key      string        `json:"key"`
	Attempt  int           `json:"attempt"`
	Phase    restore.Phase `json:"phase"`
	TaskID   string        `json:"taskId,omitempty"`
	Token    string        `json:"clientToken,omitempty"` // of a create
	Status   string        `json:"status,omitempty"`      // as the service wrote it
	Stage    string        `json:"stage,omitempty"`
	Progress *progress     `json:"progress,omitempty"`
	Seconds  float64       `json:"elapsedSeconds,omitempty"`
	Surplus  []string      `json:"surplusTaskIds,omitempty"`
	Failure  *failure      `json:"failure,omitempty"`
	Ended    int           `json:"ended"` // items of the run that have ended
	Total    int           `json:"total"`

	attempts int    // that are allowed
	resend   string // of a create that is lost: when it is sent again, or given up
	percent  string
	elapsed  time.Duration
}

// failure is a restore.Failure with inert texts.
type failure struct {
	Class     restore.Class `json:"class"`
	Action    string        `json:"action,omitempty"`
	Code      string        `json:"code,omitempty"`
	Message   string        `json:"message,omitempty"`
	RequestID string        `json:"requestId,omitempty"`
}

func newFailure(f *restore.Failure) *failure {
	if f == nil {
		return nil
	}
	return &failure{
		Class: f.Class, Action: Inert(f.Action), Code: Inert(f.Code),
		Message: Inert(f.Message), RequestID: Inert(f.RequestID),
	}
}

// changes turns the changes of a run into notes. It remembers what has been
// told already.
type changes struct {
	troubled map[plan.Key]bool // items of which a failed call was told since one succeeded
	last     failedCall        // the last that was told
}

// failedCall tells calls apart: one call may bring the same failure to many
// items, all at one moment.
type failedCall struct {
	kind restore.EventKind
	at   time.Time
	code string
}

// notes returns what there is to tell of a change, nothing for most.
func (cs *changes) notes(c runner.Change) []note {
	base := newNote(c)
	var notes []note
	tell := func(t noteType, f *restore.Failure) {
		n := base
		n.Type, n.Failure = t, newFailure(f)
		if t == noteLost && c.Event.Kind == restore.CreateFailed {
			p := c.To.Spec().Policy
			what := "sent again"
			if c.To.Sends >= p.Sends {
				what = "given up"
			}
			n.resend = "; " + what + " at " + utc(c.To.SentAt.Add(p.Expiry+p.Settle)) + " if it is not listed by then"
		}
		if t == noteCreate {
			n.Token = Inert(string(c.To.Identity().ClientToken))
		}
		notes = append(notes, n)
	}
	switch {
	case c.Event.Kind == restore.Answered:
		tell(noteCreate, nil)
	case c.Event.Kind == restore.Started:
		tell(noteStart, nil)
	case c.To.Adopted && c.To.TaskID != c.From.TaskID:
		tell(noteAdopt, nil)
	}
	if len(c.To.Surplus) > len(c.From.Surplus) {
		tell(noteSurplus, nil)
	}
	switch t, ended := endTypes[c.To.Phase]; {
	case ended && !c.From.Phase.Ended():
		tell(t, c.To.Failure)
	case c.To.Attempt > c.From.Attempt:
		tell(noteRetry, c.To.Failure)
	case c.Event.Failure != nil:
		if t, ok := cs.failed(c); ok {
			tell(t, c.Event.Failure)
		}
	case c.To.Phase == restore.Running && stage(c.To.Last) != stage(c.From.Last):
		tell(notePhase, nil)
	case c.To.Phase == restore.Running && c.To.Last.Progress != c.From.Last.Progress:
		tell(noteProgress, nil)
	}
	if c.Event.Failure == nil && c.Event.Kind != restore.Intended {
		delete(cs.troubled, c.Key)
	}
	return notes
}

// failed says how to tell of a failed call after which the item goes on, and
// whether to tell it at all: a lost effect always, other failures once until a
// call about the item succeeds, and once for all items that a call was about.
func (cs *changes) failed(c runner.Change) (noteType, bool) {
	e := c.Event
	effect := e.Kind == restore.CreateFailed || e.Kind == restore.StartFailed
	if effect && e.Failure.Class == restore.Lost {
		return noteLost, true
	}
	t := noteTrouble
	if e.Failure.Class == restore.Throttled && !e.Failure.Wait {
		t = noteThrottle
	}
	call := failedCall{e.Kind, e.At, e.Failure.Code}
	told := cs.troubled[c.Key] || !effect && call == cs.last
	if cs.troubled == nil {
		cs.troubled = make(map[plan.Key]bool)
	}
	cs.troubled[c.Key], cs.last = true, call
	return t, !told
}

func newNote(c runner.Change) note {
	s := c.To
	n := note{
		At: c.Event.At.UTC(), Key: Inert(string(c.Key)), Attempt: s.Attempt, Phase: s.Phase,
		TaskID: Inert(s.TaskID), Status: Inert(s.Last.RawStatus),
		Stage: stage(s.Last), Progress: newProgress(s), percent: percent(s.Last),
		Surplus: inertAll(s.Surplus),
		Ended:   ended(c.Counts), Total: c.Counts.Total, attempts: s.Spec().Attempts,
	}
	if s.Phase.Ended() {
		n.elapsed = took(s, s.EndedAt)
		n.Seconds = n.elapsed.Seconds()
	}
	return n
}

// ended returns how many items will not change any more.
func ended(c runner.Counts) int { return c.Succeeded + c.Bad() + c.Skipped + c.Blocked }

// took returns how long a task has been at work until now or its end. Of one
// that was found finished the service's own times tell; 0 is not known.
func took(s restore.State, now time.Time) time.Duration {
	from, to := s.StartedAt, now
	switch {
	case from.IsZero():
		from, to = s.Last.Created, s.Last.Finished
	case !s.EndedAt.IsZero():
		to = s.EndedAt
	}
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return max(0, to.Sub(from))
}

// progress is restore.Progress in JSON: percent, -1 for what makes no sense.
type progress struct {
	Structure int `json:"structure"`
	Data      int `json:"data"`
	Indexes   int `json:"indexes"`
	Log       int `json:"log"`
}

// newProgress returns nil for a state in which no task has been seen.
func newProgress(s restore.State) *progress {
	if s.Last.Status == "" {
		return nil
	}
	p := s.Last.Progress
	return &progress{p.Structure, p.Data, p.After, p.Log}
}

// stage names what a task is at: the last of its phases that has progress, or
// the status when none has.
func stage(t restore.Task) string {
	switch p := t.Progress; {
	case t.Status == restore.StatusPause:
		return "paused"
	case t.Status == restore.StatusUnrecognized:
		return "status " + cmp.Or(Inert(t.RawStatus), `""`)
	case t.Status != restore.StatusRunning:
		return string(t.Status)
	case p.Log != 0:
		return "log"
	case p.After != 0:
		return "indexes"
	case p.Data != 0:
		return "data"
	case p.Structure != 0:
		return "structure"
	}
	return "running"
}

// percent returns how far a running task is in its stage, "?" when the
// service says something that is no percentage, "" when it says nothing.
func percent(t restore.Task) string {
	p := t.Progress
	n := cmp.Or(p.Log, p.After, p.Data, p.Structure)
	switch {
	case n == 0 || t.Status != restore.StatusRunning:
		return ""
	case n < 0:
		return "?"
	}
	return fmt.Sprintf("%d%%", n)
}
