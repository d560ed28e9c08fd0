package dbs

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dbsrestore/dbsrestore/plan"
)

// slowest is the rate below which throttling does not push, in attempts per
// second.
const slowest = rate.Limit(0.1)

// beat is how long a stretch of turns is that may be taken together when they were not
// used one by one, so that what is due at once shares a sync of the journal. Services
// count calls by the second at the finest (dbs-api.md §6.2), and in no second there are
// more than a twentieth too many. At less than 40 a second each turn is taken by itself.
const beat = 50 * time.Millisecond

// together returns how many turns are taken together at most.
func together(limit rate.Limit) int { return max(1, int(float64(limit)*beat.Seconds())) }

// pace spaces the attempts for one account and region. It halves its rate when
// the service throttles and recovers by a twentieth of the configured rate
// with every success.
type pace struct {
	limiter *rate.Limiter
	full    rate.Limit
	read    chan struct{} // holds the one read that may have a turn of the limiter before its time

	mu    sync.Mutex
	cut   time.Time // of the last halving
	place time.Time // the turn that is kept for the next write; zero for none
}

func newPace(perSecond float64) *pace {
	full := rate.Limit(perSecond)
	return &pace{limiter: rate.NewLimiter(full, together(full)), full: full, read: make(chan struct{}, 1)}
}

// wait returns when it is the turn of a read, or with an error once ctx is done
// or would be done before. Reads come one after the other, so that a write finds
// at most one before it.
func (p *pace) wait(ctx context.Context) error {
	select {
	case p.read <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.read }()
	return p.limiter.Wait(ctx)
}

// take takes the turn of a write if it has come, and otherwise returns how long
// until then. That turn is kept: reads come before it or after it. If nobody
// asks again, it is the one that the next write takes at once.
func (p *pace) take() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.place.IsZero() {
		p.place = now.Add(p.limiter.ReserveN(now, 1).DelayFrom(now))
	}
	wait := p.place.Sub(now)
	if wait <= 0 {
		p.place = time.Time{}
	}
	return max(wait, 0)
}

// Turn takes the turn of a create or a start that is sent next, and returns 0;
// or it takes none and returns how long to wait before asking again. Reads wait
// for their turns by themselves; where both want more than the rate allows, they
// alternate. While there are no credentials a turn is given now and then, to find
// out.
func (c *Client) Turn(site plan.Site) time.Duration {
	if wait := c.account(site.Profile).hold(time.Now()); wait > 0 {
		return wait
	}
	return c.pace(site).take()
}

// throttled notes that an attempt sent at that time was throttled. Attempts
// that were under way at the last halving say nothing new.
func (p *pace) throttled(sent, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sent.Before(p.cut) {
		return
	}
	p.cut = now
	p.set(max(p.limiter.Limit()/2, min(slowest, p.full)))
}

func (p *pace) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit := p.limiter.Limit(); limit < p.full {
		p.set(min(limit+p.full/20, p.full))
	}
}

func (p *pace) set(limit rate.Limit) {
	p.limiter.SetLimit(limit)
	p.limiter.SetBurst(together(limit))
}
