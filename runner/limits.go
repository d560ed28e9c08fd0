package runner

import (
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// usage counts the restore tasks that exist, or may, and are not finished: in
// all, and per destination and backup plan.
type usage struct {
	limits       schema.Limits
	total        int
	destinations map[string]*destination
	backupPlans  map[source]*backupPlan
}

// destination is where several items may restore to.
type destination struct {
	active int
}

// source names a backup plan.
type source struct {
	site plan.Site
	id   string
}

// backupPlan is what several items may restore from.
type backupPlan struct {
	source
	active  int
	listing bool // a list of its tasks is being read
}

func newUsage(l schema.Limits) usage {
	return usage{limits: l, destinations: map[string]*destination{}, backupPlans: map[source]*backupPlan{}}
}

// place gives an item its destination and backup plan.
func (u *usage) place(it *item) {
	it.destination = u.destinations[it.Destination]
	if it.destination == nil {
		it.destination = &destination{}
		u.destinations[it.Destination] = it.destination
	}
	s := source{it.Site, it.Parameters.BackupPlanId}
	it.backupPlan = u.backupPlans[s]
	if it.backupPlan == nil {
		it.backupPlan = &backupPlan{source: s}
		u.backupPlans[s] = it.backupPlan
	}
}

// full reports whether no task may be added, whichever it is.
func (u *usage) full() bool { return !below(u.total, u.limits.InFlight) }

// allows reports whether one more task, of it, stays within the limits.
func (u *usage) allows(it *item) bool {
	return !u.full() && below(it.destination.active, u.limits.PerDestination) && below(it.backupPlan.active, u.limits.PerBackupPlan)
}

// occupies reports whether an item in a phase counts under the limits: its task
// exists, or may, and is not finished. A task that timed out goes on at the
// service.
func occupies(p restore.Phase) bool { return p.Active() || p == restore.TimedOut }

// below reports whether n may grow. A limit of 0 is none.
func below(n, limit int) bool { return limit == 0 || n < limit }

func (u *usage) add(it *item, n int) {
	u.total += n
	it.destination.active += n
	it.backupPlan.active += n
}

// needsMet reports whether every item that it needs has succeeded.
func (e *engine) needsMet(it *item) bool {
	for _, key := range it.Needs {
		if n := e.byKey[key]; n == nil || n.state.Phase != restore.Succeeded {
			return false
		}
	}
	return true
}

// skipHopeless ends the items that need one which did not succeed, and then
// those that need these.
func (e *engine) skipHopeless(now time.Time, records *[]Record) error {
	for e.unsettled {
		e.unsettled = false // set again by every item that is skipped
		for _, it := range slices.Clone(e.pending) {
			key, hopeless := e.hopelessNeed(it)
			if !hopeless || it.flying {
				continue
			}
			event := restore.Event{Kind: restore.Skip, At: now, Failure: &restore.Failure{
				Class: restore.Refused, Code: "NeedNotMet", Message: "it needs " + string(key) + ", which did not succeed"}}
			if err := e.apply(it, event, records); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *engine) hopelessNeed(it *item) (plan.Key, bool) {
	for _, key := range it.Needs {
		if n := e.byKey[key]; n == nil || n.state.Phase.Ended() && n.state.Phase != restore.Succeeded {
			return key, true
		}
	}
	return "", false
}

func remove(items []*item, it *item) []*item {
	if i := slices.Index(items, it); i >= 0 {
		return slices.Delete(items, i, i+1)
	}
	return items
}
