package runner

import (
	"context"
	"maps"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// A World is what planning reads of the service. Every error is a
// *restore.Failure that concerns every call.
type World interface {
	Lister

	// BackupPlans answers the questions that asked returns, one answer per question in
	// their order. They are among those that may come up: what can be read for these
	// is read while asked, which is called once, finds out. Nil is for all of them.
	// The error of asked comes before all others, and none is told of what turns out
	// not to be asked.
	BackupPlans(ctx context.Context, may []plan.Question, asked func() ([]plan.Question, error)) ([]plan.BackupPlan, error)

	// Gateways lists the backup gateways of sites, in their order.
	Gateways(ctx context.Context, sites []plan.Site) ([]plan.GatewayList, error)
}

// An Asker says what must be known of it: a draft to become a plan, a plan that
// was made before to be called stale or not.
type Asker interface {
	Questions(known map[plan.Key]plan.Known) []plan.Question
	GatewaySites(known map[plan.Key]plan.Known) []plan.Site
}

// ReadFacts reads what must be known of a draft or a plan, and what of its items
// has been done; those are the draft's bare ones, or the plan's. Known is what the
// journal knows of the run. The lists are those that a run may take over, see
// [Options.Empty]. The number of calls is proportional to that of the
// backup plans, whatever the number of items.
//
// Which backup plans there are is asked beside the lists of tasks: these may make a
// question needless, never another one needed.
func ReadFacts(ctx context.Context, w World, a Asker, items *plan.Plan, known map[plan.Key]plan.Known, now time.Time) (plan.Facts, Lists, error) {
	var d Discovery
	looked := make(chan error, 1)
	go func() {
		var err error
		d, err = Discover(ctx, w, items, known)
		looked <- err
	}()
	answers, err := w.BackupPlans(ctx, a.Questions(known), func() ([]plan.Question, error) {
		if err := <-looked; err != nil {
			return nil, err
		}
		maps.Copy(d.Known, known)
		return a.Questions(d.Known), nil
	})
	if err != nil {
		return plan.Facts{}, nil, err
	}
	f := plan.Facts{Now: now, History: d.Known, Destinations: d.Destinations, Answers: answers}
	for i := range f.Answers {
		b := &f.Answers[i]
		if b.Problem == "" && !b.Missing {
			b.Problem = d.Problems[plan.Subject{Site: b.Site, BackupPlanID: b.ID}]
		}
	}
	if f.Gateways, err = w.Gateways(ctx, a.GatewaySites(f.History)); err != nil {
		return plan.Facts{}, nil, err
	}
	return f, d.Empty, nil
}
