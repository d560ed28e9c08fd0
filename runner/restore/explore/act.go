package explore

import (
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// act makes a choice come true. An error is an event that the machine takes
// for impossible.
func (x *explorer) act(w *world, c choice) error {
	w.passed = 0
	switch c.do {
	case stop:
		w.over = true
		return nil
	case deliverAtLast:
		w.now = w.deadline()
		x.deliver(w, 0)
		return nil
	case deliver:
		x.deliver(w, int(c.who))
		return nil
	case hold:
		w.procs[c.who].held, w.passed = true, c.who+1
		w.spent.holds++
		return nil
	case crash, crashLosing:
		if c.do == crashLosing {
			*w.journalOf(int(c.who)) = journal{}
		}
		w.procs[c.who] = process{}
		w.spent.crashes++
		return nil
	}
	w.now = w.at(int(c.who))
	w.procs[c.who].held = false
	switch c.do {
	case goOn, readFails:
		return x.goOn(w, int(c.who), c.do == readFails)
	case lookAgain:
		w.procs[c.who].node = x.nodes.of(w.procs[c.who].node.state.LookAgain(epoch.Add(w.now)))
		return nil
	case receive:
		return x.receive(w, int(c.who))
	}
	x.send(w, int(c.who), c.do)
	return nil
}

// load returns the state from which a new process goes on.
func (x *explorer) load(w *world, p int) *node {
	last := w.journalOf(p).last
	if last == nil {
		return x.fresh
	}
	s, err := restore.Load(x.spec, last.state.Snapshot)
	if err != nil {
		panic(err) // unreachable: its attempt was one of the spec's
	}
	return x.nodes.of(s.Resume())
}

// goOn begins a process, or does what its state asks for: a read at once, of
// an effect the intent.
func (x *explorer) goOn(w *world, p int, fails bool) error {
	pr := &w.procs[p]
	if pr.node == nil {
		pr.node = x.load(w, p)
		return nil
	}
	a := pr.node.next
	if a.Effect() {
		pr.stage = sending
		return x.apply(w, p, x.intent(w, pr.node.state, a))
	}
	if fails {
		w.spent.losses++
	}
	return x.apply(w, p, x.read(w, pr.node.state, a, fails))
}

func (x *explorer) intent(w *world, s restore.State, a restore.Action) restore.Event {
	at := epoch.Add(w.now)
	if x.setup.Off.has(SettleFromFirst) && a.Kind == restore.Create && s.Sends > 0 {
		at = s.SentAt
	}
	e := s.Intend(a, at)
	if a.Kind == restore.Create && s.Sends == 0 && len(x.look(w, s, time.Time{}).Tasks) == 0 {
		e.AskedAt = at // as late as it can be: a list was read for others just now
	}
	return e
}

// read makes a read.
func (x *explorer) read(w *world, s restore.State, a restore.Action, fails bool) restore.Event {
	switch {
	case fails && a.Kind == restore.Look:
		return restore.Event{Kind: restore.LookFailed, Failure: failures[lost]}
	case fails:
		return restore.Event{Kind: restore.PollFailed, Failure: failures[lost]}
	case a.Kind == restore.Look:
		return x.look(w, s, a.Since)
	case a.Kind == restore.CheckPre:
		return restore.Event{Kind: restore.Prechecked, Precheck: &restore.Precheck{Status: "finish"}}
	}
	e := restore.Event{Kind: restore.Polled}
	if t, ok := x.seen(w, x.taskOf(s.TaskID)); ok {
		e.Tasks = []restore.Task{t}
	}
	return e
}

// send is what becomes of the request of an effect. The intent is durable: a
// crash from here on leaves a state whose effect is not known.
func (x *explorer) send(w *world, p int, how verb) {
	pr := &w.procs[p]
	r := x.request(w, pr.node.state)
	pr.stage, pr.reply = answered, reply{failed: lost}
	if how == sendDoomed {
		w.spent.failures++
	} else if how != send {
		w.spent.losses++
	}
	switch how {
	case send, sendDoomed:
		pr.reply = x.execute(w, r, how == sendDoomed)
	case loseReply:
		x.execute(w, r, false)
	case delay:
		w.delay(r)
	case throttle:
		pr.reply = reply{failed: throttled}
	}
}

func (x *explorer) request(w *world, s restore.State) request {
	r := request{attempt: int8(s.Attempt), deadline: w.now + x.setup.late()}
	if s.Phase == restore.Starting {
		r.start = int8(1 + x.taskOf(s.TaskID))
	}
	return r
}

func (x *explorer) execute(w *world, r request, fails bool) reply {
	if r.start > 0 {
		return reply{failed: x.start(w, int(r.start-1), fails)}
	}
	return reply{task: int8(1 + x.create(w, r.attempt))}
}

func (x *explorer) deliver(w *world, i int) { x.execute(w, w.takeLate(i), false) }

var failures = map[failed]*restore.Failure{
	lost:      {Class: restore.Lost, Code: "Lost"},
	throttled: {Class: restore.Throttled, Code: "Throttling"},
	refused:   {Class: restore.Refused, Code: "StartedAlready"},
}

// receive brings a process the reply to its effect, or the error.
func (x *explorer) receive(w *world, p int) error {
	pr := &w.procs[p]
	e := restore.Event{Failure: failures[pr.reply.failed]}
	switch starting := pr.node.state.Phase == restore.Starting; {
	case e.Failure != nil && starting:
		e.Kind = restore.StartFailed
	case e.Failure != nil:
		e.Kind = restore.CreateFailed
	case starting:
		e.Kind = restore.Started
	default:
		e.Kind, e.TaskID = restore.Answered, x.id(int(pr.reply.task-1))
	}
	pr.stage, pr.reply = idle, reply{}
	return x.apply(w, p, e)
}

// apply brings an event to a process, and makes durable what has to be.
func (x *explorer) apply(w *world, p int, e restore.Event) error {
	from := w.procs[p].node
	if e.At.IsZero() {
		e.At = epoch.Add(w.now)
	}
	to, err := from.state.Apply(e)
	if err != nil {
		return fmt.Errorf("%s: %w", procNames[p], err)
	}
	n := x.nodes.of(to)
	w.procs[p].node = n
	if restore.Durable(from.state, to, e) {
		x.record(w.journalOf(p), n)
	}
	return nil
}

func (x *explorer) record(j *journal, n *node) {
	if x.setup.Off.has(FirstIntentOnly) && j.last != nil && j.last.state.Phase == restore.Creating {
		return
	}
	j.last = n
	j.tasks |= x.named(n)
}

// named returns the tasks that a state names, a bit each.
func (x *explorer) named(n *node) uint16 {
	var tasks uint16
	name := func(ids ...string) {
		for _, id := range ids {
			if i := x.taskOf(id); i >= 0 {
				tasks |= 1 << i
			}
		}
	}
	name(n.state.TaskID)
	name(n.state.Surplus...)
	name(n.state.Earlier...)
	return tasks
}
