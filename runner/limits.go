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
	started      int  // those of them that were started, or may have been
	held         bool // none is created ahead for the moment
	destinations map[string]*destination
	backupPlans  map[source]*backupPlan
}

// destination is where several items may restore to.
type destination struct {
	active int
	queues []*destinationQueue // one for each site that restores to it
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
	creates int       // under way
	listing bool      // a list of its tasks is being read
	listed  time.Time // when the last list was asked for of those that show all its tasks together; zero for never
	wanted  bool      // it is among those that the engine looks at
	unseen  []*item   // that wait for a list before they can begin, and some that do not any more
	lanes   []*lane   // of its items that may begin
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
func (u *usage) full() bool {
	return !below(u.total, u.limits.InFlight) && (u.held || u.total >= u.limits.InFlight+u.limits.CreateAhead)
}

// mayStart reports whether a task may be started beside n others.
func (u *usage) mayStart(n int) bool { return below(u.started+n, u.limits.InFlight) }

func (u *usage) planFull(p *backupPlan) bool { return !below(p.active, u.limits.PerBackupPlan) }

func (u *usage) destinationFull(d *destination) bool {
	return !below(d.active, u.limits.PerDestination)
}

// occupies reports whether an item in a phase counts under the limits: its task
// exists, or may, and is not finished. A task that timed out goes on at the
// service.
func occupies(p restore.Phase) bool { return p.Active() || p == restore.TimedOut }

// works reports whether a task was started, or may have been, and is not finished.
func works(s restore.State) bool {
	switch s.Phase {
	case restore.Starting, restore.Running, restore.TimedOut:
		return true
	}
	return s.Phase == restore.Ready && s.Sends > 0 // its start may still arrive
}

// below reports whether n may grow. A limit of 0 is none.
func below(n, limit int) bool { return limit == 0 || n < limit }

// move keeps count of those that were started.
func (u *usage) move(from, to restore.State) {
	if works(from) {
		u.started--
	}
	if works(to) {
		u.started++
	}
}

func (u *usage) add(it *item, n int) {
	u.total += n
	it.destination.active += n
	it.backupPlan.active += n
}

func remove(items []*item, it *item) []*item {
	if i := slices.Index(items, it); i >= 0 {
		return slices.Delete(items, i, i+1)
	}
	return items
}
