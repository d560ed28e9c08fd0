package explore

import (
	"encoding/binary"
	"math"
	"time"
)

// The most that a world holds. Bounds that lead to more are refused when they do.
const (
	maxTasks = 12
	maxLate  = 4
)

// never is after everything.
const never = time.Duration(math.MaxInt64)

// world is everything that decides what may happen next and how a history is
// judged. Worlds are values, and equal ones have equal futures. Times count
// from the epoch.
type world struct {
	now      time.Duration
	lag      time.Duration // of the list
	shared   bool          // both processes use the first journal
	over     bool          // nobody will run a process again
	passed   int8          // 1 + the process that was just held, 0 for none
	procs    [2]process
	journals [2]journal
	tasks    [maxTasks]task   // in the order created
	late     [maxLate]request // in the order sent
	spent    spent
}

// process is one that carries out the restore. It owns no more than a state:
// its node is nil before it has read the journal.
type process struct {
	node  *node
	stage stage
	reply reply // on its way, in stage answered
	held  bool
}

// stage is where a process stands within an action.
type stage int8

const (
	idle     stage = iota // the next action may begin
	sending               // the intent is durable, nothing is sent
	answered              // the reply, or an error, is on its way
)

// reply is the outcome of an effect, or an error.
type reply struct {
	failed failed
	task   int8 // 1 + the task that a create was answered with
}

// failed says how an effect went wrong, for its sender.
type failed int8

const (
	well failed = iota
	lost
	throttled
	refused
)

// journal is what outlives processes.
type journal struct {
	last  *node  // of which the last record was made; nil for none
	tasks uint16 // those that a record named, a bit each
}

// task is a restore task at the service.
type task struct {
	attempt int8 // whose it is, from 1; 0 for no task
	started bool
	fails   bool // once started
	created time.Duration
	begun   time.Duration // when it was started
}

// failedBy reports whether a task had ended as failed at a moment.
func (t task) failedBy(at time.Duration) bool { return t.started && t.fails && at >= t.begun+running }

// request is on its way although its sender has got an error.
type request struct {
	attempt  int8 // 0 for no request
	start    int8 // 1 + the task to be started; 0 for a create
	deadline time.Duration
}

// spent is how much of the bounds is used up.
type spent struct{ crashes, losses, holds, failures int8 }

// allow reports whether one more of what happened n times is within its bound.
func (b Bounds) allow(s spent, n int8, bound int) bool {
	return int(n) < bound && (b.Faults == 0 || int(s.crashes+s.losses+s.holds) < b.Faults)
}

// worlds returns those in which histories begin.
func (s Setup) worlds() []world {
	var all []world
	for _, lag := range s.lags() {
		all = append(all, world{lag: lag})
		if s.Off.has(Lock) {
			all = append(all, world{lag: lag, shared: true})
		}
	}
	return all
}

// appendKey appends what tells w from other worlds.
func (w *world) appendKey(b []byte) []byte {
	number := func(n int64) { b = binary.AppendVarint(b, n) }
	flags := func(yes ...bool) {
		n := int64(0)
		for _, y := range yes {
			n <<= 1
			if y {
				n++
			}
		}
		number(n)
	}
	number(int64(w.now))
	number(int64(w.lag))
	flags(w.shared, w.over, w.procs[0].held, w.procs[1].held)
	b = append(b, byte(w.passed), byte(w.spent.crashes), byte(w.spent.losses), byte(w.spent.holds), byte(w.spent.failures))
	for i := range w.procs {
		p, j := &w.procs[i], &w.journals[i]
		number(p.node.number())
		b = append(b, byte(p.stage), byte(p.reply.failed), byte(p.reply.task))
		number(j.last.number())
		number(int64(j.tasks))
	}
	for i := 0; i < maxTasks && w.tasks[i].attempt != 0; i++ {
		t := &w.tasks[i]
		b = append(b, byte(t.attempt))
		flags(t.started, t.fails)
		number(int64(t.created))
		number(int64(t.begun))
	}
	b = append(b, 0)
	for i := 0; i < maxLate && w.late[i].attempt != 0; i++ {
		b = append(b, byte(w.late[i].attempt), byte(w.late[i].start))
		number(int64(w.late[i].deadline))
	}
	return b
}

func (w *world) journalOf(p int) *journal {
	if w.shared {
		p = 0
	}
	return &w.journals[p]
}

// at returns when a process that is not ended acts next.
func (w *world) at(p int) time.Duration {
	if pr := &w.procs[p]; pr.node != nil && pr.stage == idle {
		return max(w.now, pr.node.due)
	}
	return w.now
}

func (w *world) live(p int) bool {
	n := w.procs[p].node
	return n == nil || !n.ended
}

// deadline returns when the oldest late request is executed at the latest.
func (w *world) deadline() time.Duration {
	if w.late[0].attempt == 0 {
		return never
	}
	return w.late[0].deadline
}

func (w *world) delay(r request) {
	for i := range w.late {
		if w.late[i].attempt == 0 {
			w.late[i] = r
			return
		}
	}
	panic("explore: too many late requests for a world") // unreachable unless Bounds.Losses is above maxLate
}

func (w *world) takeLate(i int) request {
	r := w.late[i]
	copy(w.late[i:], w.late[i+1:])
	w.late[maxLate-1] = request{}
	return r
}
