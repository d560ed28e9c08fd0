package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// queue holds the items that may begin as soon as the limits allow: nothing of
// them exists, and what they need has succeeded. The next is found among those
// that share a destination without looking at those of destinations that are
// full, whatever their number.
type queue struct {
	use   *usage
	sites []*siteQueue
	lanes map[way]*lane
	later ordered[*item] // whose time has not come, the earliest first
}

// way is from where to where an item restores.
type way struct {
	from *backupPlan
	to   *destination
}

// siteQueue is the items of a site, by destination.
type siteQueue struct {
	site         plan.Site
	destinations ordered[*destinationQueue] // that are not known to be full, by their first items
	all          map[*destination]*destinationQueue
}

// destinationQueue is the items of a site for one destination, by backup plan.
type destinationQueue struct {
	of    *siteQueue
	to    *destination
	lanes ordered[*lane] // of backup plans that are not known to be full, by their first items
	place int
}

// lane is the items of one backup plan for one destination, in their order.
type lane struct {
	of    *destinationQueue
	from  *backupPlan
	items ordered[*item]
	place int
}

func byRank(a, b *item) bool { return a.rank < b.rank }

func newQueue(u *usage) queue {
	return queue{use: u, lanes: map[way]*lane{}, later: ordered[*item]{
		less: func(a, b *item) bool {
			if d := a.state.Next().Due.Compare(b.state.Next().Due); d != 0 {
				return d < 0
			}
			return a.rank < b.rank
		},
		at: func(it *item) *int { return &it.place },
	}}
}

// add takes an item in.
func (q *queue) add(it *item) { q.later.put(it) }

// mature lets the items in whose time has come, and returns when that of the
// next comes, zero for never.
func (q *queue) mature(now time.Time) time.Time {
	for {
		it, ok := q.later.first()
		if !ok {
			return time.Time{}
		}
		if due := it.state.Next().Due; due.After(now) {
			return due
		}
		q.later.drop(it)
		q.ready(it)
	}
}

func (q *queue) ready(it *item) {
	l := q.laneOf(it)
	l.items.put(it)
	l.offer(q.use)
}

// laneOf finds the lane of an item.
func (q *queue) laneOf(it *item) *lane {
	way := way{it.backupPlan, it.destination}
	l := q.lanes[way]
	if l == nil {
		l = &lane{of: q.destinationOf(it), from: it.backupPlan, items: ordered[*item]{less: byRank, at: func(it *item) *int { return &it.place }}}
		q.lanes[way] = l
		it.backupPlan.lanes = append(it.backupPlan.lanes, l)
	}
	return l
}

func (q *queue) destinationOf(it *item) *destinationQueue {
	s := q.siteOf(it.Site)
	d := s.all[it.destination]
	if d == nil {
		d = &destinationQueue{of: s, to: it.destination, lanes: ordered[*lane]{
			less: func(a, b *lane) bool { return byRank(a.items.of[0], b.items.of[0]) },
			at:   func(l *lane) *int { return &l.place },
		}}
		s.all[it.destination] = d
		it.destination.queues = append(it.destination.queues, d)
	}
	return d
}

func (q *queue) siteOf(site plan.Site) *siteQueue {
	for _, s := range q.sites {
		if s.site == site {
			return s
		}
	}
	s := &siteQueue{site: site, all: map[*destination]*destinationQueue{}, destinations: ordered[*destinationQueue]{
		less: func(a, b *destinationQueue) bool {
			return byRank(a.lanes.of[0].items.of[0], b.lanes.of[0].items.of[0])
		},
		at: func(d *destinationQueue) *int { return &d.place },
	}}
	q.sites = append(q.sites, s)
	return s
}

// offer puts a lane where it is found, after its first item or its backup plan's
// use has changed.
func (l *lane) offer(u *usage) {
	if len(l.items.of) == 0 || u.planFull(l.from) {
		l.of.lanes.drop(l)
	} else {
		l.of.lanes.put(l)
	}
	l.of.offer(u)
}

func (d *destinationQueue) offer(u *usage) {
	if len(d.lanes.of) == 0 || u.destinationFull(d.to) {
		d.of.destinations.drop(d)
	} else {
		d.of.destinations.put(d)
	}
}

// occupy counts n more tasks of an item under the limits.
func (q *queue) occupy(it *item, n int) {
	fromFull, toFull := q.use.planFull(it.backupPlan), q.use.destinationFull(it.destination)
	q.use.add(it, n)
	if q.use.planFull(it.backupPlan) != fromFull {
		for _, l := range it.backupPlan.lanes {
			l.offer(q.use)
		}
	}
	if q.use.destinationFull(it.destination) != toFull {
		for _, d := range it.destination.queues {
			d.offer(q.use)
		}
	}
}

// next returns the item that is to begin next, nil when the limits allow none:
// the first in the plan's order, of those of one backup plan if it has any, of
// sites that are not spent.
func (q *queue) next(of *backupPlan, spent map[plan.Site]bool) *item {
	if q.use.full() {
		return nil
	}
	if of != nil && !spent[of.site] {
		if it := q.nextOf(of); it != nil {
			return it
		}
	}
	var best *item
	for _, s := range q.sites {
		if spent[s.site] {
			continue
		}
		if d, ok := s.destinations.first(); ok {
			if it := d.lanes.of[0].items.of[0]; best == nil || byRank(it, best) {
				best = it
			}
		}
	}
	return best
}

// nextOf returns the first item of a backup plan that the limits allow, nil for
// none.
func (q *queue) nextOf(p *backupPlan) *item {
	if q.use.full() || q.use.planFull(p) {
		return nil
	}
	var best *item
	for _, l := range p.lanes {
		if it, ok := l.items.first(); ok && !q.use.destinationFull(l.of.to) && (best == nil || byRank(it, best)) {
			best = it
		}
	}
	return best
}

// drop takes an item out, if it is in.
func (q *queue) drop(it *item) {
	switch i := it.place - 1; {
	case i < 0:
	case i < len(q.later.of) && q.later.of[i] == it:
		q.later.drop(it)
	default:
		q.take(it)
	}
}

// take takes an item out, which next returned.
func (q *queue) take(it *item) {
	l := q.laneOf(it)
	l.items.drop(it)
	l.offer(q.use)
}
