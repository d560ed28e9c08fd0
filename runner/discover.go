package runner

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// lists is how many task lists Discover reads at a time.
const lists = 16

// Discovery is what the service's lists tell of the items of a run.
type Discovery struct {
	Known    map[plan.Key]plan.Known // the items of which a task exists
	Problems map[plan.Subject]string // why a list could not be read
	Empty    Lists                   // those that were compared with all items of their backup plan, and showed no task of any

	Destinations []plan.Source // the servers that listed tasks went to and that are told by both of their names
}

// Lists are lists of restore tasks, by backup plan: when they were asked for.
type Lists map[plan.Subject]time.Time

// Discover looks for the restore tasks of items that the journal knows nothing
// of, as on a new machine: one list for each backup plan, whole, as nobody can
// say when a run of this key began. A task is judged as a run would judge it.
// The error, a *restore.Failure, is for what concerns every call.
func Discover(ctx context.Context, l Lister, p *plan.Plan, known map[plan.Key]plan.Known) (Discovery, error) {
	d := Discovery{Known: map[plan.Key]plan.Known{}, Problems: map[plan.Subject]string{}, Empty: Lists{}}
	var subjects []plan.Subject
	items := map[plan.Subject][]*plan.Item{}
	some := map[plan.Subject]bool{} // of which only some items are looked for
	for i := range p.Items {
		it := &p.Items[i]
		s := plan.Subject{Site: it.Site, BackupPlanID: it.Parameters.BackupPlanId}
		if _, ok := known[it.Key]; ok || it.Action == plan.Blocked {
			some[s] = true
			continue
		}
		if items[s] == nil {
			subjects = append(subjects, s)
		}
		items[s] = append(items[s], it)
	}
	found := make([][]restore.Task, len(subjects))
	problems := make([]*restore.Failure, len(subjects))
	asked := make([]time.Time, len(subjects))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(lists)
	for i, s := range subjects {
		g.Go(func() (err error) {
			asked[i] = time.Now()
			found[i], err = l.RestoreTasks(gctx, s.Site, s.BackupPlanID, time.Time{})
			if f, ok := errors.AsType[*restore.Failure](err); ok && f.Class == restore.Refused && !f.Fatal {
				problems[i], err = f, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return Discovery{}, err
	}
	for i, s := range subjects {
		if problems[i] != nil {
			d.Problems[s] = problems[i].WithoutRequestID()
			continue
		}
		if !some[s] {
			d.Empty[s] = asked[i]
		}
		if len(found[i]) == 0 {
			continue
		}
		d.Destinations = append(d.Destinations, destinations(found[i])...)
		listing := restore.NewListing(found[i])
		for _, it := range items[s] {
			k, ok, err := discover(p, it, listing)
			if err != nil {
				return Discovery{}, err
			}
			if ok {
				d.Known[it.Key] = k
				delete(d.Empty, s)
			}
		}
	}
	return d, nil
}

// discover tells what a list says of an item, and whether it says anything.
func discover(p *plan.Plan, it *plan.Item, listing restore.Listing) (plan.Known, bool, error) {
	state, err := load(p, it, Saved{})
	if err != nil {
		return plan.Known{}, false, err
	}
	event := state.Looked(listing)
	if len(event.Tasks) == 0 {
		return plan.Known{}, false, nil
	}
	if state, err = state.Apply(event); err != nil {
		return plan.Known{}, false, err
	}
	if state.Phase == restore.Unknown {
		return plan.Known{Conflict: state.Failure.Message}, true, nil
	}
	made := event.Tasks[len(event.Tasks)-1] // it has failed, and another attempt follows
	if i := slices.IndexFunc(event.Tasks, func(t restore.Task) bool { return t.ID == state.TaskID }); i >= 0 {
		made = event.Tasks[i]
	}
	var echoed plan.Parameters
	if made.Parameters != nil {
		echoed = *made.Parameters
	}
	intent := &restore.Intent{Declared: it.Declared}
	intent.Parameters, intent.Databases = it.Parameters.Made(echoed)
	k, ok := Past{it.Key: {State: state.Snapshot, Intent: intent}}.Known()[it.Key]
	return k, ok, nil
}

// destinations returns the servers that tasks went to, each once, as far as the
// service tells them by both of their names.
func destinations(tasks []restore.Task) []plan.Source {
	var servers []plan.Source
	seen := map[plan.Source]bool{}
	for _, t := range tasks {
		p := t.Parameters
		if p == nil {
			continue
		}
		s := plan.Source{InstanceType: p.DestinationEndpointInstanceType, InstanceID: p.DestinationEndpointInstanceID,
			IPPort: net.JoinHostPort(p.DestinationEndpointIP, strconv.Itoa(p.DestinationEndpointPort))}
		if s.InstanceID != "" && p.DestinationEndpointIP != "" && !seen[s] {
			seen[s] = true
			servers = append(servers, s)
		}
	}
	return servers
}
