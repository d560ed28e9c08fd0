package runner

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Log is where a run is kept.
type Log interface {
	// Append makes records durable, all or none, in order. A record that was
	// appended is returned by every later reading.
	Append(ctx context.Context, records []Record) error
}

// Record is an event of an item, and the state that it led to.
type Record struct {
	Key   plan.Key
	Event restore.Event
	State restore.Snapshot
}

// Options are the particulars of a run. The zero Options work.
type Options struct {
	Past     Past            // what the log knows of this run
	Drain    <-chan struct{} // when closed nothing new is sent; calls under way are awaited
	Observe  func(Change)    // told of every change, from one goroutine; must not block
	Retry    bool            // make a new attempt at what failed
	NoFollow bool            // return when what may be begun has been begun, without waiting for it
	MaxCalls int64           // calls under way at a time; 0 means 32

	// Empty are the lists that showed no task of any item when the plan was made, see
	// [Discovery]. They need not be read again before the first creates, unless one is
	// more than some seconds old.
	Empty Lists

	// Took is how long items took in an earlier run, as far as that is known: it tells
	// when to ask about them.
	Took map[plan.Key]time.Duration
}

// Change is an event and what it did to an item.
type Change struct {
	Key      plan.Key
	From, To restore.State
	Event    restore.Event
	Counts   Counts // after the change
}

// Counts says how many items stand where.
type Counts struct {
	Total, Waiting, Active, Succeeded, Failed, TimedOut, Unknown, Skipped, Blocked int
}

// Bad returns how many items ended otherwise than well, without those that
// were never begun.
func (c Counts) Bad() int { return c.Failed + c.TimedOut + c.Unknown }

// add counts n more items in a phase.
func (c *Counts) add(p restore.Phase, n int) {
	switch p {
	case restore.Succeeded:
		c.Succeeded += n
	case restore.Failed:
		c.Failed += n
	case restore.TimedOut:
		c.TimedOut += n
	case restore.Unknown:
		c.Unknown += n
	case restore.Skipped:
		c.Skipped += n
	default:
		if p.Active() {
			c.Active += n
		} else {
			c.Waiting += n
		}
	}
}

// Report says how a run ended.
type Report struct {
	Started, Ended time.Time
	Items          []Outcome // in the plan's order
	Counts         Counts
	Halted         bool // the failure budget was exceeded
	Drained        bool // Options.Drain was closed before the run was done
}

// CountsOf counts items by where they stand.
func CountsOf(items []Outcome) Counts {
	c := Counts{Total: len(items)}
	for _, o := range items {
		if o.State.Phase == "" {
			c.Blocked++
		} else {
			c.add(o.State.Phase, 1)
		}
	}
	return c
}

// Surplus returns how many tasks the service has of the items beyond those
// that were started.
func (r Report) Surplus() int {
	n := 0
	for _, o := range r.Items {
		n += len(o.State.Surplus)
	}
	return n
}

// Unstarted returns how many tasks exist of which no start was ever sent.
func (r Report) Unstarted() int {
	n := 0
	for _, o := range r.Items {
		if o.Unstarted() {
			n++
		}
	}
	return n
}

// GoesOn reports whether something of the run goes on at the service, or may, or it
// was interrupted. What was created and not started, as in a run that halted or whose
// places are all held by tasks that timed out, does not.
func (r Report) GoesOn() bool { return r.Drained || r.Counts.Active > r.Unstarted() }

// Outcome is how an item ended, or stands.
type Outcome struct {
	Item  *plan.Item     // of the plan that was carried out; not to be changed
	State *restore.State // not to be changed; of a blocked item, the zero State
}

// Unstarted reports whether the task of the item exists and no start of it was ever
// sent.
func (o Outcome) Unstarted() bool {
	s := o.State
	ready := s.Phase == restore.Ready && s.Sends == 0
	return s.TaskID != "" && (ready || s.Phase == restore.Created) && s.SentAt.Before(s.CreatedAt)
}

// ErrService is wrapped by the error of a run that stopped because no call can
// succeed until somebody mends something: credentials, permissions, the clock.
var ErrService = errors.New("the service refuses every call")

// ErrLog is wrapped by the error of a run that stopped because what happened
// could not be recorded. Its text names the tasks of which only it knows.
var ErrLog = errors.New("the run cannot be recorded")

// Run carries out p and returns when every item has ended, when nothing more
// may be begun, or when the run cannot go on. A failed restore is an outcome,
// not an error. Cancelling ctx abandons the calls under way: their intents are
// in the log, and a later Run with Options.Past goes on from there.
func Run(ctx context.Context, p *plan.Plan, svc Service, log Log, o Options) (Report, error) {
	e, err := newEngine(p, svc, log, o)
	if err != nil {
		return Report{}, err
	}
	return e.run(ctx)
}

// foreseen is how many attempts beyond those that are allowed are looked for.
const foreseen = 5

// specOf turns an item of a plan into what a restore of it is to be.
func specOf(p *plan.Plan, it *plan.Item, attempts int) restore.Spec {
	return restore.Spec{
		Item:       it,
		MovingTime: it.At == "latest" || it.At == "latest-full" || strings.HasPrefix(it.At, "-"),
		Attempts:   attempts,
		Foreseen:   foreseen,
		Identity:   func(n int) plan.Attempt { return it.Attempt(p, n) },
		Policy: restore.Policy{
			PollInterval: time.Duration(p.Limits.PollInterval),
			Gather:       time.Nanosecond, // the engine knows which creates are under way
			Timeout:      time.Duration(p.Failure.Timeout),
			Settle:       time.Duration(p.Failure.ListLag),
			Expiry:       time.Duration(p.Failure.ResendAfter),
		},
	}
}

// failureBudget returns how many items may end badly before nothing new is
// begun, -1 for any number. max is "5" or "2%" of total, rounded down.
func failureBudget(max string, total int) (int, error) {
	if max == "" {
		return -1, nil
	}
	digits, percent := strings.CutSuffix(max, "%")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("failure.max %q: write a number of items such as 5, or a share such as 2%%", max)
	}
	if percent {
		n = n * total / 100
	}
	return n, nil
}
