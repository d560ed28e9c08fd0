package runner

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// A World is what planning reads of the service. Every error is a
// *restore.Failure that concerns every call.
type World interface {
	Lister

	// BackupPlans answers questions, one answer per question in their order.
	BackupPlans(ctx context.Context, questions []plan.Question) ([]plan.BackupPlan, error)

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
// Everything is asked side by side. What a list tells of an item that the journal
// does not know may make an answer needless, never another one needed.
func ReadFacts(ctx context.Context, w World, a Asker, items *plan.Plan, known map[plan.Key]plan.Known, now time.Time) (plan.Facts, Lists, error) {
	f := plan.Facts{Now: now}
	var d Discovery
	var errs [3]error
	var reads sync.WaitGroup
	reads.Go(func() { d, errs[0] = Discover(ctx, w, items, known) })
	reads.Go(func() { f.Answers, errs[1] = w.BackupPlans(ctx, a.Questions(known)) })
	reads.Go(func() { f.Gateways, errs[2] = w.Gateways(ctx, a.GatewaySites(known)) })
	reads.Wait()
	if err := cmp.Or(errs[:]...); err != nil { // what fails together fails with the same words each time
		return plan.Facts{}, nil, err
	}
	f.History, f.Destinations = d.Known, d.Destinations
	maps.Copy(f.History, known)
	for i := range f.Answers {
		b := &f.Answers[i]
		if b.Problem == "" && !b.Missing {
			b.Problem = d.Problems[plan.Subject{Site: b.Site, BackupPlanID: b.ID}]
		}
	}
	return f, d.Empty, nil
}
