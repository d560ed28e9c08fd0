package restore

import "time"

// ActionKind says what an Action asks for.
type ActionKind string

// The kinds of action.
const (
	Stop     ActionKind = "stop"     // nothing, ever
	Look     ActionKind = "look"     // list the tasks of the backup plan
	Create   ActionKind = "create"   // send CreateRestoreTask: an effect
	Start    ActionKind = "start"    // send StartRestoreTask: an effect
	Poll     ActionKind = "poll"     // ask about the task by its id
	CheckPre ActionKind = "precheck" // ask how the precheck stands
)

// Action is what is to be done next, and not before Due. Looks and polls of
// many restores can be answered by one call.
type Action struct {
	Kind  ActionKind
	Due   time.Time
	Since time.Time // Look: tasks created earlier need not be listed; zero for all
}

// Effect reports whether the action changes something at the service.
func (a Action) Effect() bool { return a.Kind == Create || a.Kind == Start }

// Fence is how long after its intent an effect may still be signed. An engine
// that was held up for longer, as by a suspended machine, does not send it: only
// so do [Policy].Expiry and the journaled time of the intent bound when it
// arrives.
const Fence = time.Minute

// enough is how many polls in a row must have failed, and grace for how long, before
// what is past its timeout is given up.
const (
	enough = 3
	grace  = time.Minute
)

// checkPreAfter is how many polls in a row find a task in init before its
// precheck is asked about.
const checkPreAfter = 2

// skew is how far the service's clock may be from ours: the gateway refuses
// requests of clients that are further off (dbs-api.md §4.8).
const skew = 15 * time.Minute

// Since returns from when on a list must tell of tasks, by our clock, to go on where
// one ended that was asked for at t: it may have lagged behind, and clocks differ.
func (p Policy) Since(t time.Time) time.Time { return t.Add(-skew - p.Settle) }

// Next says what is to be done now or at Due.
func (s State) Next() Action {
	a := Action{Due: s.due}
	switch s.Phase {
	case Waiting:
		a.Kind = Look
	case Absent:
		a.Kind = Create
	case Creating, Created:
		a.Kind = Look
		if s.looks < 2 { // a filter that hides our task must not make it absent
			a.Since = s.since()
		}
	case Ready:
		a.Kind = Start
	case Starting, Running:
		a.Kind = Poll
		if s.inits >= checkPreAfter { // not started, being prechecked, or the precheck failed
			a.Kind = CheckPre
		}
	default:
		a.Kind = Stop
	}
	return a
}

// since returns the moment before which no task of this attempt can have been
// created, by anybody: when the list showed that there was none. Zero for unknown.
func (s State) since() time.Time {
	if s.AbsentAt.IsZero() {
		return time.Time{}
	}
	return s.spec.Policy.Since(s.AbsentAt)
}

// pollAfter returns the pause before the next poll of a task that has been
// running for so long: the poll interval at first, then a sixteenth of its age, at
// most twelve poll intervals.
func pollAfter(age, interval time.Duration) time.Duration {
	return min(max(interval, age/16), 12*interval)
}

// backoff returns the pause after the n-th failure or fruitless look in a row:
// doubling from unit, at most a minute.
func backoff(n int, unit time.Duration) time.Duration {
	return min(unit<<min(n, 10), time.Minute)
}
