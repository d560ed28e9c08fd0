package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// A restore is given up when its calls have been failing for too long. One that waits
// for its place makes none for hours: whether they would have failed is told by those
// of the others.

// troubles are the calls that fail, by their kind and site.
type troubles map[kindAtSite]trouble

type kindAtSite struct {
	kind restore.ActionKind
	site plan.Site
}

// trouble is since when calls fail, and when the last one did.
type trouble struct{ since, last time.Time }

// lullOf returns after what time without a call nobody can say that they would have
// failed: longer than two polls of a task are apart.
func lullOf(interval time.Duration) time.Duration {
	return max(10*time.Minute, (patience+1)*interval)
}

// note takes in what a call brought, and tells the failures since when calls of its
// kind fail. One that is refused for what it asks has not failed.
func (ts troubles) note(r result, now time.Time, lull time.Duration) {
	of := kindAtSite{r.call.kind, r.call.items[0].Site}
	f := r.events[0].event.Failure
	if f == nil || f.Class == restore.Refused && !f.Fatal && !f.Wait {
		delete(ts, of)
		return
	}
	t := ts[of]
	if now.Sub(t.last) > lull {
		t.since = now
	}
	t.last = now
	ts[of] = t
	for i := range r.events {
		r.events[i].event.Since = t.since
	}
}
