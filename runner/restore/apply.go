package restore

import (
	"fmt"
	"strings"
	"time"
)

// Apply returns the state after an event. An event that cannot happen in the
// state is an error that names both; it means a damaged journal or a bug.
func (s State) Apply(e Event) (State, error) {
	apply, ok := transitions[e.Kind]
	if !ok {
		return s, fmt.Errorf("restore %s: unknown event %q: the journal was written by a newer version", s.spec.Item.Key, e.Kind)
	}
	if !apply.allows(s.Phase) {
		return s, fmt.Errorf("restore %s: event %q is impossible in phase %q", s.spec.Item.Key, e.Kind, s.Phase)
	}
	return apply.to(s, e), nil
}

type transition struct {
	from []Phase
	to   func(State, Event) State
}

func (t transition) allows(p Phase) bool {
	for _, f := range t.from {
		if f == p {
			return true
		}
	}
	return false
}

var transitions = map[EventKind]transition{
	Intended:     {[]Phase{Absent, Ready}, State.intended},
	Answered:     {[]Phase{Creating}, State.answered},
	CreateFailed: {[]Phase{Creating}, State.createFailed},
	Looked:       {[]Phase{Waiting, Creating, Created}, State.looked},
	LookFailed:   {[]Phase{Waiting, Creating, Created}, State.lookFailed},
	Started:      {[]Phase{Starting}, State.started},
	StartFailed:  {[]Phase{Starting}, State.startFailed},
	Polled:       {[]Phase{Starting, Running}, State.polled},
	PollFailed:   {[]Phase{Starting, Running}, State.pollFailed},
	Prechecked:   {[]Phase{Starting, Running}, State.prechecked},
	Skip:         {[]Phase{Waiting, Absent}, State.skipped},
}

// intended opens an effect. What went wrong before does not explain how it goes.
func (s State) intended(e Event) State {
	s.SentAt, s.Sends, s.due, s.Failure = e.At, s.Sends+1, e.At, nil
	s.looks, s.inits, s.precheck = 0, 0, ""
	s.Phase = Creating
	if e.Effect == Start {
		s.Phase = Starting
	} else if e.AskedAt.After(s.AbsentAt) {
		s.AbsentAt = e.AskedAt
	}
	return s
}

func (s State) answered(e Event) State {
	s = s.calm()
	s.Phase, s.TaskID, s.CreatedAt = Created, e.TaskID, e.At
	s.due = e.At.Add(s.spec.Policy.Gather)
	return s
}

func (s State) createFailed(e Event) State {
	switch {
	case e.Failure.Class == Lost:
		s.Failure = e.Failure
		s.due = e.At.Add(s.spec.Policy.Relook)
		return s
	case e.Failure.Class == Throttled || e.Failure.Fatal:
		s.Phase, s.Sends = Absent, s.Sends-1 // it did not happen
		return s.trouble(e, Failed)
	}
	return s.end(Failed, e.At, e.Failure)
}

func (s State) started(e Event) State {
	s = s.calm()
	s.Phase, s.StartedAt, s.Sends = Running, e.At, 0
	s.due = e.At.Add(s.spec.Policy.PollInterval)
	return s
}

// startFailed never ends a restore by itself: after a refusal, as after a lost
// answer, the task's own status decides, for somebody may have started it.
func (s State) startFailed(e Event) State {
	if e.Failure.Class == Throttled || e.Failure.Class == Refused && e.Failure.Fatal {
		s.Phase, s.Sends = Ready, s.Sends-1 // it did not happen
		return s.trouble(e, Unknown)
	}
	s.Failure = e.Failure
	s.due = e.At.Add(s.spec.Policy.Relook)
	return s
}

func (s State) polled(e Event) State {
	s = s.calm()
	if len(e.Tasks) == 0 {
		return s.vanished(e)
	}
	s.misses, s.missed = 0, time.Time{}
	t := e.Tasks[0]
	if s.Phase == Starting && (t.Status == StatusInit || t.Status == StatusCheckPass) {
		return s.notStarted(t, e)
	}
	s.looks = 0
	return s.follow(t, e.At)
}

// notStarted handles a task that an unanswered start left as it was.
func (s State) notStarted(t Task, e Event) State {
	s = s.saw(t)
	s.inits++
	age := e.At.Sub(s.SentAt)
	refused := s.Failure != nil && s.Failure.Class == Refused
	switch {
	case refused && s.precheck == "":
		s.inits, s.due = checkPreAfter, e.At // it tells whether somebody else has started it
		return s
	case s.precheck == "running" && age < s.spec.Policy.Timeout:
		s.due = e.At.Add(s.spec.Policy.PollInterval) // it is starting, or may be
		return s
	case refused:
		return s.end(Failed, e.At, s.Failure)
	case age < s.spec.Policy.Settle/time.Duration(s.spec.Policy.Sends):
		s.looks++
		s.due = e.At.Add(backoff(s.looks-1, s.spec.Policy.Relook)) // it may be starting
		return s
	case s.Sends < s.spec.Policy.Sends:
		s.Phase, s.due = Ready, e.At // to be sent again, with the same token
		return s
	}
	return s.end(Unknown, e.At, &Failure{Class: Lost, Code: "StartUnproved", Message: fmt.Sprintf(
		"the start of task %s was sent %d times without a usable answer, and it is still in %s", s.TaskID, s.Sends, t.RawStatus)})
}

// follow takes over what the service says of a task that is known to be ours.
func (s State) follow(t Task, at time.Time) State {
	s = s.saw(t)
	switch t.Status {
	case StatusSucceeded:
		s.Failure = nil
		return s.end(Succeeded, at, nil)
	case StatusFailed:
		return s.attemptFailed(at, &Failure{Class: Refused, Code: "RestoreFailed", Message: orElse(t.Message, "the service ended the task as failed and gave no reason")})
	case StatusInit, StatusCheckPass:
		switch {
		case s.Phase != Running:
			s.Phase = Ready
			return s
		case s.Assumed:
			return s.notAtWork(at)
		}
		s.inits++
		if t.Status == StatusCheckPass {
			s.inits = 0
		}
	default:
		if s.StartedAt.IsZero() {
			s.StartedAt = at
		}
		s.Assumed = t.Status == StatusUnrecognized && (s.Assumed || s.Phase != Running)
		s.Phase, s.inits = Running, 0
	}
	if age := at.Sub(s.StartedAt); age >= s.spec.Policy.Timeout {
		return s.end(TimedOut, at, &Failure{Class: Lost, Code: "TimedOut", Message: fmt.Sprintf(
			"task %s has been running for %s and goes on at the service (status %s)", s.TaskID, age.Round(time.Second), t.RawStatus)})
	}
	s.due = at.Add(pollAfter(at.Sub(s.StartedAt), s.spec.Policy.PollInterval))
	return s
}

// saw keeps what the service says of the task. The parameters, which were compared
// when it was found, are the larger part of it.
func (s State) saw(t Task) State {
	s.Last = t
	s.Last.Parameters = nil
	return s
}

// notAtWork takes a task that seemed to be at work, by a status that nobody
// knows, for one whose start is not known to have happened, or was never sent.
func (s State) notAtWork(at time.Time) State {
	s.Assumed, s.StartedAt = false, time.Time{}
	s.due = at.Add(s.spec.Policy.PollInterval)
	if s.Sends > 0 {
		s.Phase = Starting
		return s
	}
	s.Phase, s.SentAt = Created, at
	return s
}

// vanished handles a poll that did not return the task.
func (s State) vanished(e Event) State {
	s.misses++
	s.due = e.At.Add(s.spec.Policy.PollInterval)
	if s.missed.IsZero() {
		s.missed = e.At
	}
	if s.misses < 3 || e.At.Sub(s.missed) < s.spec.Policy.Settle {
		return s
	}
	return s.end(Unknown, e.At, &Failure{Class: Lost, Code: "Vanished", Message: fmt.Sprintf(
		"task %s is no longer known to the service", s.TaskID)})
}

// pollFailed postpones the poll, and gives up what is past its timeout when several
// in a row have failed. One alone says nothing of the task, which may be past its
// timeout because nobody ran for so long.
func (s State) pollFailed(e Event) State {
	s = s.failing(e)
	timeout := s.spec.Policy.Timeout
	switch hopeless := s.failures == enough && e.At.Sub(s.troubled) >= min(timeout, grace); {
	case hopeless && s.Phase == Starting && e.At.Sub(s.SentAt) >= timeout:
		return s.end(Unknown, e.At, e.Failure)
	case hopeless && s.Phase == Running && e.At.Sub(s.StartedAt) >= timeout:
		return s.end(TimedOut, e.At, e.Failure)
	}
	if s.inits >= checkPreAfter && e.Failure.Class == Refused && !e.Failure.Fatal {
		return s.prechecked(Event{At: e.At, Precheck: &Precheck{}}) // there is none of which the service would tell
	}
	s.looks++
	s.due = e.At.Add(backoff(s.looks, s.spec.Policy.PollInterval))
	return s
}

func (s State) prechecked(e Event) State {
	s = s.calm()
	if e.Precheck.Failed {
		// The task stays in init, where a person may still start it: no new attempt.
		return s.end(Failed, e.At, &Failure{Class: Refused, Code: "PrecheckFailed",
			Message: orElse(strings.Join(e.Precheck.Reasons, "; "), "the precheck failed and gave no reason")})
	}
	s.inits, s.precheck = 0, orElse(e.Precheck.Status, "not told")
	s.due = e.At.Add(s.spec.Policy.PollInterval)
	return s
}

func (s State) skipped(e Event) State { return s.end(Skipped, e.At, e.Failure) }

func (s State) end(p Phase, at time.Time, f *Failure) State {
	s.Phase, s.EndedAt = p, at
	if f != nil {
		s.Failure = f
	}
	return s
}

// trouble postpones what failed, and gives up as p when calls have been
// failing for too long or the service refuses to be asked.
func (s State) trouble(e Event, p Phase) State {
	s = s.failing(e)
	refused := e.Failure.Class == Refused && !e.Failure.Fatal
	if refused || s.impatient(e.At) {
		return s.end(p, e.At, e.Failure)
	}
	s.Failure = e.Failure
	s.looks++
	s.due = e.At.Add(backoff(s.looks, time.Second))
	return s
}

// failing counts a call that failed, and notes since when they do.
func (s State) failing(e Event) State {
	s.failures = min(s.failures+1, enough)
	s.troubled = began(s.troubled, e)
	if e.Failure.Wait { // no outage
		s.outage = time.Time{}
	} else {
		s.outage = began(s.outage, e)
	}
	return s
}

// began returns since when calls fail, which did at since, zero for never: from when
// those of other restores do, where this one has made none in between, as while it
// waited for its place.
func began(since time.Time, e Event) time.Time {
	switch {
	case since.IsZero():
		return e.At
	case since.Before(e.Since):
		return e.Since
	}
	return since
}

// impatient reports whether calls have been failing for too long: for as long as
// an outage may last, or, where they only wait for credentials, a restore.
func (s State) impatient(now time.Time) bool {
	p := s.spec.Policy
	if s.outage.IsZero() {
		return now.Sub(s.troubled) >= p.Timeout
	}
	return now.Sub(s.outage) >= p.Outage || now.Sub(s.troubled) >= p.Timeout+p.Outage
}

// calm notes that a call succeeded.
func (s State) calm() State {
	s.troubled, s.outage, s.failures = time.Time{}, time.Time{}, 0
	return s
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
