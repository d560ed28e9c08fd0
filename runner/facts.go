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

	// BackupPlans answers questions, one answer per question in their order.
	BackupPlans(ctx context.Context, questions []plan.Question) ([]plan.BackupPlan, error)

	// Gateways lists the backup gateways of sites, in their order.
	Gateways(ctx context.Context, sites []plan.Site) ([]plan.GatewayList, error)
}

// ReadFacts reads what a draft needs to become a plan. Known is what the journal
// knows of the run. The number of calls is proportional to that of the backup
// plans, whatever the number of items.
func ReadFacts(ctx context.Context, w World, d *plan.Draft, known map[plan.Key]plan.Known, now time.Time) (plan.Facts, error) {
	found, err := Discover(ctx, w, d.Bare(), known)
	if err != nil {
		return plan.Facts{}, err
	}
	return found.complete(ctx, w, d, known, now)
}

// ReadPlanFacts reads what must be known to say whether a plan that was made
// before is stale, and what of it has been done.
func ReadPlanFacts(ctx context.Context, w World, p *plan.Plan, known map[plan.Key]plan.Known, now time.Time) (plan.Facts, error) {
	found, err := Discover(ctx, w, p, known)
	if err != nil {
		return plan.Facts{}, err
	}
	return found.complete(ctx, w, p, known, now)
}

// asker is a draft or a plan, as far as it asks for facts.
type asker interface {
	Questions(known map[plan.Key]plan.Known) []plan.Question
	GatewaySites(known map[plan.Key]plan.Known) []plan.Site
}

// complete reads the other facts, now that it is known what exists.
func (d Discovery) complete(ctx context.Context, w World, a asker, journal map[plan.Key]plan.Known, now time.Time) (plan.Facts, error) {
	f := plan.Facts{Now: now, History: maps.Clone(d.Known), Destinations: d.Destinations}
	maps.Copy(f.History, journal)
	var err error
	if f.Answers, err = w.BackupPlans(ctx, a.Questions(f.History)); err != nil {
		return plan.Facts{}, err
	}
	for i := range f.Answers {
		b := &f.Answers[i]
		if b.Problem == "" && !b.Missing {
			b.Problem = d.Problems[plan.Question{Site: b.Site, BackupPlanID: b.ID}]
		}
	}
	f.Gateways, err = w.Gateways(ctx, a.GatewaySites(f.History))
	return f, err
}
