package explore

import (
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// choice is one thing that may happen next.
type choice struct {
	do  verb
	who int8 // the process, or for deliveries the late request
}

type verb int8

const (
	stop          verb = iota // nobody runs the restore again
	goOn                      // the process reads its journal, or makes its read, or the intent of its effect
	readFails                 // its read is not answered
	lookAgain                 // it was held before its start, for so long that it looks once more
	send                      // the effect is executed, the reply is on its way
	sendDoomed                // a start is, of a task that will fail
	loseRequest               // the effect is not executed, its sender gets an error
	loseReply                 // it is executed, its sender gets an error
	delay                     // its sender gets an error, and it is executed later
	throttle                  // it is refused for its rate
	receive                   // the reply, or the error, arrives
	deliver                   // a late request is executed
	deliverAtLast             // it is, when it is about to be refused for its age
	hold                      // the process waits until something else has happened
	crash                     // the process dies, or has ended: another takes its place
	crashLosing               // the same, and its journal is lost
)

// choices appends to all what may happen next, the ordinary things first.
// Nothing means that the history has ended.
func (x *explorer) choices(w *world, all []choice) []choice {
	if w.over {
		return all
	}
	turn := x.turn(w)
	for p := range x.procs {
		if x.mayAct(w, p, turn) {
			all = x.acts(w, p, all)
		}
	}
	all = deliveries(w, turn, all)
	if len(all) == 0 && x.mayCrash(w) {
		all = append(all, choice{do: stop})
	}
	for p := range x.procs {
		if x.mayBeHeld(w, p, turn) {
			all = append(all, choice{hold, int8(p)})
		}
	}
	for p := range x.procs {
		if ended := !w.live(p); ended || x.mayAct(w, p, turn) {
			all = x.crashes(w, p, ended, all)
		}
	}
	return all
}

// turn returns when the first process is due that keeps the clock from going
// on.
func (x *explorer) turn(w *world) time.Duration {
	turn := never
	for p := range x.procs {
		if w.live(p) && !w.procs[p].free() {
			turn = min(turn, w.at(p))
		}
	}
	return turn
}

// free reports whether a process may act at any time: it is held, or has not
// begun.
func (p *process) free() bool { return p.held || p.node == nil }

// mayAct reports whether a process is one of those that can be next.
func (x *explorer) mayAct(w *world, p int, turn time.Duration) bool {
	return w.live(p) && int(w.passed) != p+1 && w.at(p) <= min(turn, w.deadline())
}

// mayBeHeld reports whether a process is due and somebody else can go on.
func (x *explorer) mayBeHeld(w *world, p int, turn time.Duration) bool {
	if b := x.setup.Bounds; !b.allow(w.spent, w.spent.holds, b.Holds) || !w.live(p) || w.procs[p].free() || w.at(p) != turn {
		return false
	}
	other := 1 - p
	return w.deadline() != never || other < x.procs && w.live(other) && !w.procs[other].held
}

// acts appends what can become of the next thing that a process does.
func (x *explorer) acts(w *world, p int, all []choice) []choice {
	pr, who := &w.procs[p], int8(p)
	bounds := x.setup.Bounds
	goesWrong := bounds.allow(w.spent, w.spent.losses, bounds.Losses)
	switch pr.stage {
	case answered:
		return append(all, choice{receive, who})
	case sending:
		all = append(all, choice{send, who})
		if pr.node.state.Phase == restore.Starting && int(w.spent.failures) < bounds.Failures {
			all = append(all, choice{sendDoomed, who})
		}
		if goesWrong {
			all = append(all, choice{loseRequest, who}, choice{loseReply, who}, choice{delay, who}, choice{throttle, who})
		}
		return all
	}
	all = append(all, choice{goOn, who})
	if pr.held && pr.node.next.Kind == restore.Start {
		all = append(all, choice{lookAgain, who})
	}
	if goesWrong && pr.node != nil && !pr.node.next.Effect() {
		all = append(all, choice{readFails, who})
	}
	return all
}

// deliveries appends the late requests that may be executed: any of them now,
// and the oldest when its time runs out, if nobody is due before.
func deliveries(w *world, turn time.Duration, all []choice) []choice {
	for i := range w.late {
		if w.late[i].attempt == 0 {
			break
		}
		all = append(all, choice{deliver, int8(i)})
	}
	if d := w.deadline(); d != never && w.now < d && d < turn {
		all = append(all, choice{do: deliverAtLast})
	}
	return all
}

func (x *explorer) mayCrash(w *world) bool {
	for p := range x.procs {
		if len(x.crashes(w, p, true, nil)) > 0 {
			return true
		}
	}
	return false
}

// crashes appends the ways in which a process can be followed by another. One
// that has ended is so only if there is something left to do.
func (x *explorer) crashes(w *world, p int, ended bool, all []choice) []choice {
	if b := x.setup.Bounds; !b.allow(w.spent, w.spent.crashes, b.Crashes) || w.procs[p].node == nil {
		return all
	}
	if !ended || !x.load(w, p).ended {
		all = append(all, choice{crash, int8(p)})
	}
	if x.setup.Off.has(Journal) {
		all = append(all, choice{crashLosing, int8(p)})
	}
	return all
}
