package restore

import (
	"slices"
	"time"
)

// attemptFailed goes on with the next attempt, of which nothing is known yet.
func (s State) attemptFailed(at time.Time, f *Failure) State {
	if s.Attempt >= s.spec.Attempts {
		return s.end(Failed, at, f)
	}
	next := s.nextAttempt()
	next.Failure = f
	next.due = at.Add(s.spec.Policy.PollInterval)
	return next
}

func (s State) nextAttempt() State {
	earlier := slices.Clone(s.Earlier)
	if s.TaskID != "" {
		earlier = append(earlier, s.TaskID)
	}
	return s.at(s.Attempt+1, earlier)
}

// at returns the nth attempt, of which nothing is known but the tasks of those
// before.
func (s State) at(n int, earlier []string) State {
	next := waiting(s.spec, n)
	next.Surplus, next.Earlier = s.Surplus, earlier
	return next
}

// Retries reports whether [State.Retry] makes a new attempt: of a restore that
// the service ended as failed, that did not pass its precheck, or whose client
// token is spent.
func (s Snapshot) Retries() bool {
	return s.Phase == Failed && (s.TaskID != "" || s.spent())
}

func (s Snapshot) spent() bool { return s.Failure != nil && s.Failure.Token == Spent }

// Retry returns the state from which a new attempt at a failed restore goes on,
// with a token and a name of its own; every other state as it is. The spec must
// have the attempt.
func (s State) Retry() State {
	if !s.Retries() {
		return s
	}
	return s.nextAttempt()
}

// Resume returns the state from which a later run goes on: what timed out or
// could not be proved is looked at again, so is a task that was about to be
// created or started, and an item of which the service refused to make a task
// is as one of which nothing was sent.
func (s State) Resume() State {
	switch {
	case s.Phase == Failed && s.TaskID == "" && s.spent():
		return s.Retry() // nothing else can be sent
	case s.Phase == Unknown && s.TaskID == "" && s.Sends == 0:
		return s.again()
	case s.Phase == Failed && s.TaskID == "" || s.Phase == Skipped || s.Phase == Absent && s.Sends == 0:
		return s.again()
	case s.Phase == Absent:
		s.Phase = Waiting // was absent, before this process
	case s.Phase == TimedOut:
		s.Phase = Running
	case s.Phase == Unknown && s.TaskID == "":
		// Each run may send the create once more, when it is sure that none has come of the others.
		s.Phase, s.Sends = Creating, min(s.Sends, s.spec.Policy.Sends-1)
	case s.Phase == Unknown && s.StartedAt.IsZero(), s.Phase == Ready:
		s.Phase = Created
	case s.Phase == Unknown:
		s.Phase = Running
	default:
		return s
	}
	s.EndedAt = time.Time{}
	return s
}

// again returns the attempt as one of which nothing was sent.
func (s State) again() State {
	return s.at(s.Attempt, s.Earlier)
}

// LookAgain returns the state of a restore whose task was seen too long ago to be
// started: it is to be seen in the list once more. Of every other it returns the
// state as it is.
func (s State) LookAgain(now time.Time) State {
	if s.Phase != Ready {
		return s
	}
	s = s.calm()
	s.Phase, s.due, s.onceMore, s.looks = Created, now, now, 0
	return s
}
