package explore

import (
	"fmt"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

var procNames = [2]string{"p1", "p2"}

// words say what a choice is, after the name of the process.
var words = map[verb]string{
	stop: "nobody runs it again", readFails: "gets no answer to its", lookAgain: "is to look once more", send: "sends it; executed", sendDoomed: "sends it; executed, will fail",
	loseRequest: "sends it; lost on the way, its sender gets an error", loseReply: "sends it; executed, its sender gets an error",
	delay: "sends it; still on its way, its sender gets an error", throttle: "sends it; throttled",
	receive: "receives", deliver: "a late request is executed", deliverAtLast: "a late request is executed at the last moment",
	hold: "is held", crash: "is gone, another takes its place", crashLosing: "is gone with its journal, another takes its place",
}

func (x *explorer) beginning(w *world) string {
	journals := "a journal each"
	if w.shared {
		journals = "one journal"
	}
	return fmt.Sprintf("%s; processes: %d, %s; the list lags %s", x.setup.Off, x.procs, journals, w.lag)
}

// step describes what a choice has made of a world, the service's tasks last.
func (x *explorer) step(before, w *world, c choice) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%8s  ", clock(w.now))
	switch c.do {
	case stop, deliver, deliverAtLast:
		b.WriteString(words[c.do])
	default:
		fmt.Fprintf(&b, "%s %s", procNames[c.who], x.deed(before.procs[c.who], w.procs[c.who], c.do))
	}
	if w.tasks != before.tasks {
		fmt.Fprintf(&b, "   [%s]", x.tasks(w))
	}
	return b.String()
}

func (x *explorer) deed(before, after process, do verb) string {
	text := words[do]
	switch {
	case do == goOn && before.node == nil:
		text = "begins"
	case do == goOn && after.stage == sending:
		text = "intends to " + string(before.node.next.Kind)
	case do == goOn:
		text = string(before.node.next.Kind) + "s"
	case do == readFails:
		text += " " + string(before.node.next.Kind)
	case do == receive:
		text += " " + x.receipt(before.reply)
	}
	if before.node != after.node && after.node != nil {
		text += " -> " + describe(after.node.state)
	}
	return text
}

func (x *explorer) receipt(r reply) string {
	switch {
	case r.failed != well:
		return failures[r.failed].Code
	case r.task > 0:
		return "the id " + x.id(int(r.task-1))
	}
	return "the reply"
}

func describe(s restore.State) string {
	text := string(s.Phase)
	if s.TaskID != "" {
		text += " " + s.TaskID
	}
	if s.Attempt > 1 {
		text += fmt.Sprintf(" attempt %d", s.Attempt)
	}
	if len(s.Surplus) > 0 {
		text += fmt.Sprintf(" surplus %v", s.Surplus)
	}
	if s.Phase.Ended() && s.Failure != nil {
		text += " because " + s.Failure.Code
	}
	return text
}

// tasks lists those of the service.
func (x *explorer) tasks(w *world) string {
	var all []string
	for i, t := range w.tasks {
		if t.attempt == 0 {
			break
		}
		text := fmt.Sprintf("%s created %s", x.id(i), clock(t.created))
		if t.started {
			text += " started " + clock(t.begun)
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func (x *explorer) end(w *world, v Verdict) string {
	var shown []string
	for c, yes := range v {
		if yes {
			shown = append(shown, Column(c).String())
		}
	}
	if shown == nil {
		shown = []string{"nothing amiss"}
	}
	return fmt.Sprintf("end: %s; tasks: %s", strings.Join(shown, ", "), x.tasks(w))
}

func clock(d time.Duration) string { return epoch.Add(d).Format(time.TimeOnly) }
