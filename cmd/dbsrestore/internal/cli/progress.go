package cli

import (
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
)

const (
	// heartbeat is how often a run says that it lives: many schedulers stop a
	// job that is silent for ten minutes.
	heartbeat = time.Minute

	// backlog is how many changes may wait for a reader that is slow. What comes
	// on top is dropped: a reader that does not read must not hold up a run.
	backlog = 10_000

	// patience is how long the end of a run waits for such a reader.
	patience = 5 * time.Second
)

// observer is how a run is shown while it goes on.
type observer interface {
	Observe(runner.Change)
	Heartbeat(time.Time, runner.Counts)
}

// progress shows a run from a goroutine of its own: changes as they come, a
// heartbeat between them.
type progress struct {
	app     *app
	plan    *plan.Plan
	json    []*view.JSONLines // that get the summary too
	text    bool              // the summary is for people
	into    *jsonFile         // nil for none
	screen  *screen           // nil for none
	unfold  func()            // ends the folding of a log
	changes chan *runner.Change
	watched bool          // somebody is shown them
	dropped int           // changes that found the backlog full
	written chan struct{} // closed when all changes are
}

// newProgress begins to show a run, also in a file unless that is nil.
func (a *app) newProgress(p *plan.Plan, into *jsonFile) *progress {
	o := &progress{app: a, plan: p, text: true, into: into, unfold: func() {}, changes: make(chan *runner.Change, backlog), written: make(chan struct{})}
	var show []observer
	switch {
	case a.flags.output == "json":
		o.text = false
		o.json = append(o.json, view.NewJSONLines(a.env.Stdout, p))
	case a.flags.quiet:
	case a.isScreen():
		o.screen = a.newScreen(p)
		show = append(show, o.screen)
	default:
		o.unfold = a.fold(a.env.Stderr, "Restores")
		show = append(show, view.NewLog(a.env.Stderr, p))
	}
	if into != nil {
		o.json = append(o.json, view.NewJSONLines(into, p))
	}
	for _, j := range o.json {
		show = append(show, j)
	}
	o.watched = len(show) > 0
	go o.write(show)
	return o
}

// observe takes a change without waiting for anybody.
func (o *progress) observe(c runner.Change) {
	if !o.watched {
		return
	}
	select {
	case o.changes <- &c:
	default:
		o.dropped++
	}
}

func (o *progress) write(show []observer) {
	defer close(o.written)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var counts runner.Counts
	for {
		select {
		case c, more := <-o.changes:
			if !more {
				return
			}
			counts = c.Counts
			for _, s := range show {
				s.Observe(*c)
			}
		case now := <-beat.C:
			for _, s := range show {
				s.Heartbeat(now, counts)
			}
		}
	}
}

// finish ends the showing with the result, what was measured of it (nil for
// nothing), and how to go on when the run is not at its end.
func (o *progress) finish(r runner.Report, measured *report.Report) {
	close(o.changes)
	select {
	case <-o.written:
	case <-time.After(patience):
		return // nobody reads; the journal has it all
	}
	o.screen.stop()
	o.unfold()
	o.app.annotateOutcomes(o.plan, r)
	missed := 0
	if measured != nil {
		missed = measured.Missed()
	}
	for _, j := range o.json {
		j.Summary(r, missed)
	}
	if o.text {
		view.Summary(o.app.env.Stdout, o.plan, r, o.app.viewOptions())
		if measured != nil {
			report.Objectives(o.app.env.Stdout, measured)
		}
	}
	if err := o.into.close(); err != nil {
		fmt.Fprintf(o.app.env.Stderr, "%s is not whole: %s\n", view.Inert(o.app.flags.jsonInto), view.Inert(err.Error()))
	}
	if o.dropped > 0 {
		fmt.Fprintf(o.app.env.Stderr, "%d changes were not shown, because their reader was too slow.\n", o.dropped)
	}
	if r.GoesOn() || r.Counts.Active > 0 && !r.Halted {
		fmt.Fprintf(o.app.env.Stderr, "Run %s continues where it is with:\n  %s\n", view.Inert(o.plan.Run), view.Inert(o.app.resumeCommand(o.plan)))
	}
}
