package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
)

// heartbeat is how often a run says that it lives: many schedulers stop a job
// that is silent for ten minutes.
const heartbeat = time.Minute

// observer is how a run is shown while it goes on.
type observer interface {
	Observe(runner.Change)
	Heartbeat(time.Time, runner.Counts)
}

// progress shows a run: changes as they come, a heartbeat between them.
type progress struct {
	app  *app
	plan *plan.Plan
	json *view.JSONLines // nil for text

	mu     sync.Mutex
	view   observer // nil for quiet
	counts runner.Counts
	done   chan struct{}
}

func (a *app) newProgress(p *plan.Plan) *progress {
	out := &progress{app: a, plan: p, done: make(chan struct{})}
	switch {
	case a.flags.output == "json":
		out.json = view.NewJSONLines(a.env.Stdout, p)
		out.view = out.json
	case !a.flags.quiet:
		out.view = view.NewLog(a.env.Stderr, p)
	}
	go out.beat()
	return out
}

func (o *progress) observe(c runner.Change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts = c.Counts
	if o.view != nil {
		o.view.Observe(c)
	}
}

func (o *progress) beat() {
	t := time.NewTicker(heartbeat)
	defer t.Stop()
	for {
		select {
		case <-o.done:
			return
		case now := <-t.C:
			o.mu.Lock()
			if o.view != nil {
				o.view.Heartbeat(now, o.counts)
			}
			o.mu.Unlock()
		}
	}
}

// finish ends the showing with the result, and with how to go on when the run
// is not at its end.
func (o *progress) finish(r runner.Report) {
	close(o.done)
	if o.json != nil {
		o.json.Summary(r)
	} else {
		view.Summary(o.app.env.Stdout, o.plan, r, o.app.viewOptions())
	}
	if r.Drained || r.Counts.Active > 0 {
		fmt.Fprintf(o.app.env.Stderr, "Resume with the same command: run %s continues where it is.\n", view.Inert(o.plan.Run))
	}
}
