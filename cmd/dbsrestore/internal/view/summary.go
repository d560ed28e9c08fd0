package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Summary writes how a run ended: the totals, what did not succeed and why,
// and what to do next.
func Summary(w io.Writer, p *plan.Plan, r runner.Report, o Options) {
	pg := page{o: o}
	pg.flow(cell{Inert(p.Manifest.Name), bold}, cell{text: "run " + Inert(p.Run)}, verdict(r),
		cell{text: Duration(r.Ended.Sub(r.Started))})
	pg.flow(countCells(r.Counts)...)
	pg.badItems(r.Items)
	pg.openItems(r.Items)
	pg.surplus(r.Items)
	pg.nextSteps(p.Manifest.Name+"/"+p.Run, r)
	pg.writeTo(w)
}

// allSucceeded reports whether every item of a run has.
func allSucceeded(c runner.Counts) bool { return c.Succeeded == c.Total }

// verdict says in a word or two how a run ended; only that of a run of which
// every item succeeded is good.
func verdict(r runner.Report) cell {
	c := r.Counts
	switch {
	case c.Total == 0:
		return cell{text: "nothing to do"}
	case allSucceeded(c):
		return cell{"SUCCEEDED", green}
	case r.Halted:
		return cell{"HALTED: too many failures", red}
	case r.Drained:
		return cell{"INTERRUPTED", yellow}
	case c.Bad() > 0:
		return cell{"FAILED", red}
	case c.Active+c.Waiting > 0:
		return cell{"UNFINISHED", yellow}
	}
	return cell{"INCOMPLETE", yellow}
}

// badPhases are the ends of items that did not succeed, worst first, with
// their symbols.
var badPhases = []struct {
	phase  restore.Phase
	symbol string
}{
	{restore.Failed, "x"},
	{restore.Unknown, "?"},
	{restore.TimedOut, "!"},
	{Blocked, "!"},
	{restore.Skipped, "-"},
}

// badItems writes each item that ended otherwise than well, and why.
func (p *page) badItems(items []runner.Outcome) {
	room, left := p.o.rows(len(items)), 0
	for _, bad := range badPhases {
		for _, o := range items {
			if PhaseOf(o) != bad.phase {
				continue
			}
			if room == 0 {
				left++
				continue
			}
			room--
			p.badItem(bad.symbol, o)
		}
	}
	p.more(left)
}

func (p *page) badItem(symbol string, o runner.Outcome) {
	phase := PhaseOf(o)
	p.blank()
	head := []cell{
		{symbol + " " + string(phase), phaseStyle(phase)},
		{Inert(string(o.Item.Key)), bold},
		{text: "to " + Inert(o.Item.Destination)},
	}
	if id := o.State.TaskID; id != "" {
		head = append(head, cell{text: "task " + Inert(id)})
	}
	p.flow(head...)
	if m := Message(o); m != "" {
		p.paragraph(4, m)
	}
	if phase == restore.Unknown && o.State.TaskID == "" {
		p.paragraph(4, "if there is a task, it is under backup plan "+Inert(o.Item.Parameters.BackupPlanId)+" and named "+taskName(o))
	}
}

// openItems names the items that have not ended.
func (p *page) openItems(items []runner.Outcome) {
	var active, unstarted, unsure, waiting []string
	for _, o := range items {
		switch phase := PhaseOf(o); {
		case phase.Active() && o.State.TaskID == "":
			unsure = append(unsure, Inert(string(o.Item.Key)))
		case o.Unstarted():
			unstarted = append(unstarted, Inert(string(o.Item.Key))+" (task "+Inert(o.State.TaskID)+")")
		case phase.Active():
			active = append(active, Inert(string(o.Item.Key))+" (task "+Inert(o.State.TaskID)+")")
		case phase == restore.Waiting || phase == restore.Absent:
			waiting = append(waiting, Inert(string(o.Item.Key)))
		}
	}
	if len(active) > 0 {
		p.blank()
		p.paragraph(0, fmt.Sprintf("%s at the service, which goes on with what was started: %s",
			Plural(len(active), "item"), some(active, p.o.limit(maxRows))))
	}
	if len(unstarted) > 0 {
		p.blank()
		p.paragraph(0, fmt.Sprintf("%s created at the service and not started, which restores nothing before this run goes on: %s",
			Plural(len(unstarted), "item"), some(unstarted, p.o.limit(maxRows))))
	}
	if len(unsure) > 0 {
		p.blank()
		p.paragraph(0, fmt.Sprintf("%s of which the create was sent and the answer is not known: %s. The next run looks for the task before it sends anything.",
			Plural(len(unsure), "item"), some(unsure, p.o.limit(maxKeys))))
	}
	if len(waiting) > 0 {
		p.blank()
		p.paragraph(0, fmt.Sprintf("%s not begun: %s", Plural(len(waiting), "item"), some(waiting, p.o.limit(maxKeys))))
	}
}

// surplus names tasks that carry the name of an item and are not the item's.
func (p *page) surplus(items []runner.Outcome) {
	for _, o := range items {
		if len(o.State.Surplus) == 0 {
			continue
		}
		p.blank()
		p.paragraph(0, fmt.Sprintf("! surplus %s: %s by the same name as task %s: %s. This run did not start what is surplus; look at it in the console.",
			Inert(string(o.Item.Key)), Plural(len(o.State.Surplus), "more task"), Inert(o.State.TaskID),
			strings.Join(inertAll(o.State.Surplus), ", ")))
	}
}

// nextSteps says what to do about each kind of item that did not succeed.
func (p *page) nextSteps(run string, r runner.Report) {
	c := r.Counts
	refused := refusedItems(r.Items)
	var steps []string
	add := func(n int, step string) {
		if n > 0 {
			steps = append(steps, step)
		}
	}
	add(c.Failed-refused, "failed: mend the cause, then try these anew: dbsrestore retry "+Inert(run)+", with this run's --state-dir and --endpoint")
	add(refused, "refused before a task was made: mend the cause and run the same apply again")
	add(c.Unknown, "unknown: look in the console, then run the same apply again; it looks before it sends anything")
	add(c.TimedOut, "timed out: the task goes on at the service; run the same apply again to follow it")
	add(c.Blocked, "blocked: do as the reason says and plan again")
	if r.Halted {
		unstarted := r.Unstarted()
		c.Active, c.Waiting = c.Active-unstarted, c.Waiting+unstarted
		add(c.Waiting, "not begun: the failure budget is spent; raise failure.max and run the same apply again, or use another run key")
		c.Waiting = 0
	}
	add(c.Skipped, "skipped: run the same apply again when what the item needs has succeeded")
	add(c.Active+c.Waiting, "not ended: run the same apply again; it resumes and makes nothing twice")
	if len(steps) == 0 {
		return
	}
	p.blank()
	p.line(0, cell{"Next", bold})
	for _, s := range steps {
		p.paragraph(2, s)
	}
}

// refusedItems counts the failed items of which no task was ever made.
func refusedItems(items []runner.Outcome) int {
	n := 0
	for _, o := range items {
		if o.State.Phase == restore.Failed && o.State.TaskID == "" {
			n++
		}
	}
	return n
}
