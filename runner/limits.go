package runner

import (
	"maps"
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// usage counts the restore tasks that exist, or may, and are not finished.
type usage struct {
	limits       schema.Limits
	total        int
	destinations map[string]int
	backupPlans  map[lookGroup]int
}

func newUsage(l schema.Limits) usage {
	return usage{limits: l, destinations: map[string]int{}, backupPlans: map[lookGroup]int{}}
}

func (u usage) clone() usage {
	u.destinations, u.backupPlans = maps.Clone(u.destinations), maps.Clone(u.backupPlans)
	return u
}

// allows reports whether one more task, of it, stays within the limits. A
// limit of 0 is none.
func (u *usage) allows(it *item) bool {
	below := func(n, limit int) bool { return limit == 0 || n < limit }
	return below(u.total, u.limits.InFlight) &&
		below(u.destinations[it.Destination], u.limits.PerDestination) &&
		below(u.backupPlans[it.group()], u.limits.PerBackupPlan)
}

func (u *usage) take(it *item)    { u.add(it, 1) }
func (u *usage) release(it *item) { u.add(it, -1) }

func (u *usage) add(it *item, n int) {
	u.total += n
	u.destinations[it.Destination] += n
	u.backupPlans[it.group()] += n
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
