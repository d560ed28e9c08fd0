package restore

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// looked decides by the tasks of ours that the list shows, oldest first.
func (s State) looked(e Event) State {
	s = s.calm()
	if e.Attempt > s.Attempt { // somebody else has tried it anew
		s = s.at(e.Attempt, union(s.Earlier, e.Earlier))
	}
	for _, t := range e.Earlier {
		if !t.Status.atRest() {
			return s.end(Unknown, e.At, &Failure{Class: Refused, Code: "EarlierRuns", Message: fmt.Sprintf(
				"task %s of an earlier attempt had failed and is %s now: somebody started it, so nothing is tried anew", t.ID, t.RawStatus)})
		}
	}
	if len(e.Tasks) == 0 {
		return s.notListed(e)
	}
	if s.Phase == Created && !hasTask(e.Tasks, s.TaskID) {
		return s.notListed(e) // another's task is there, ours not yet: the earliest cannot be told
	}
	winner := winnerOf(e.Tasks)
	if diff := s.differences(winner); len(diff) > 0 {
		return s.end(Unknown, e.At, &Failure{Class: Refused, Code: "NotOurs", Message: fmt.Sprintf(
			"task %s carries our name but differs in %s: it is not adopted; look at it in the console, and use another run key",
			winner.ID, strings.Join(diff, ", "))})
	}
	if winner.ID != s.TaskID {
		s.Adopted = true
	}
	if s.CreatedAt.IsZero() {
		s.CreatedAt = e.At
	}
	s.TaskID = winner.ID
	s.Surplus = s.surplus(e.Tasks)
	s.Sends, s.looks, s.onceMore = 0, 0, time.Time{}
	s.due = e.At
	return s.follow(winner, e.At)
}

// winnerOf returns the task that is followed: the earliest; but when somebody has
// started a later one, that, for to start the earliest too would restore twice.
func winnerOf(tasks []Task) Task {
	for _, t := range tasks {
		if !t.Status.atRest() {
			return t
		}
	}
	return tasks[0]
}

// surplus returns the tasks beyond the restore's own, with those that were found
// before and by earlier attempts: what is one too many stays so.
func (s State) surplus(tasks []Task) []string {
	var ids []string
	for _, id := range union(s.Surplus, tasks) {
		if id != s.TaskID {
			ids = append(ids, id)
		}
	}
	return ids
}

// union returns ids, and behind them those of the tasks that are not among them.
func union(ids []string, tasks []Task) []string {
	ids = slices.Clone(ids)
	for _, t := range tasks {
		if !slices.Contains(ids, t.ID) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// notListed handles a look that found no task of ours.
func (s State) notListed(e Event) State {
	if s.Phase == Waiting {
		s.Phase, s.due, s.AbsentAt = Absent, e.At, e.AskedAt
		if e.AskedAt.IsZero() {
			s.AbsentAt = e.At
		}
		return s
	}
	s.looks++
	s.due = e.At.Add(backoff(s.looks-1, s.spec.Policy.Relook))
	settled := s.SentAt.Add(s.spec.Policy.Settle)
	switch {
	case s.Phase == Creating:
		settled = settled.Add(s.spec.Policy.Expiry)
	case s.onceMore.After(s.SentAt): // a list that shows less than one before lags behind it
		settled = s.onceMore.Add(s.spec.Policy.Settle)
	}
	if e.At.Before(settled) && s.due.After(settled) {
		s.due = settled
	}
	if s.looks < 3 || e.At.Before(settled) {
		return s
	}
	switch {
	case s.Phase == Created:
		return s.end(Unknown, e.At, &Failure{Class: Lost, Code: "NotListed", Message: fmt.Sprintf(
			"task %s was created and does not appear in the list of its backup plan: it was not started", s.TaskID)})
	case s.fate() == Spent:
		return s.attemptFailed(e.At, &Failure{Class: Refused, Code: "TokenSpent", Token: Spent,
			Message: "no task was made, and the service answers that failure to every create with the same client token"})
	case s.fate() == Taken:
		return s.end(Unknown, e.At, &Failure{Class: Lost, Code: "TokenTaken", Token: Taken, Message: fmt.Sprintf(
			"the service knows the client token with other parameters, and lists no task named %s: look for it in the console", s.Identity().RestoreTaskName)})
	case s.Sends < s.spec.Policy.Sends:
		s.Phase, s.due = Absent, e.At // to be sent again, with the same token
		return s
	}
	return s.end(Unknown, e.At, &Failure{Class: Lost, Code: "CreateUnproved", Message: fmt.Sprintf(
		"the create was sent %d times without a usable answer and no task is listed: look for a task named %s", s.Sends, s.Identity().RestoreTaskName)})
}

// fate returns what the last answer told of the client token.
func (s State) fate() Fate {
	if s.Failure == nil {
		return ""
	}
	return s.Failure.Token
}

func (s State) lookFailed(e Event) State {
	switch fate := s.fate(); {
	case s.Phase == Waiting:
		return s.trouble(e, Failed)
	case s.Phase == Creating && fate != "": // what the create was answered still counts
		f := *e.Failure
		f.Token, e.Failure = fate, &f
	}
	return s.trouble(e, Unknown)
}

func hasTask(tasks []Task, id string) bool {
	for _, t := range tasks {
		if t.ID == id {
			return true
		}
	}
	return false
}
