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
	f := plan.Facts{Now: now, History: found.with(known)}
	if f.Answers, err = w.BackupPlans(ctx, d.Questions(f.History)); err != nil {
		return plan.Facts{}, err
	}
	for i := range f.Answers {
		b := &f.Answers[i]
		if b.Problem == "" && !b.Missing {
			b.Problem = found.Problems[plan.Question{Site: b.Site, BackupPlanID: b.ID}]
		}
	}
	f.Gateways, err = w.Gateways(ctx, d.GatewaySites(f.History))
	return f, err
}

// with returns what is known by the service's lists and by the journal.
func (d Discovery) with(journal map[plan.Key]plan.Known) map[plan.Key]plan.Known {
	all := maps.Clone(d.Known)
	maps.Copy(all, journal)
	return all
}

// Remember returns what is known of a plan's items, by the journal and, of
// those that it does not know, by the service's lists. Problems says which lists
// could not be read, and why, by backup plan.
func Remember(ctx context.Context, l Lister, p *plan.Plan, journal map[plan.Key]plan.Known) (known map[plan.Key]plan.Known, problems map[string]string, err error) {
	d, err := Discover(ctx, l, p, journal)
	if err != nil {
		return nil, nil, err
	}
	problems = map[string]string{}
	for q, why := range d.Problems {
		problems[q.BackupPlanID] = why
	}
	return d.with(journal), problems, nil
}
