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

// pace spaces the attempts for one account and region. It halves its rate when
// the service throttles and recovers by a twentieth of the configured rate
// with every success.
type pace struct {
	limiter *rate.Limiter
	full    rate.Limit

	mu  sync.Mutex
	cut time.Time // of the last halving
}

func newPace(perSecond float64) *pace {
	return &pace{limiter: rate.NewLimiter(rate.Limit(perSecond), 1), full: rate.Limit(perSecond)}
}

// wait returns when it is the caller's turn, or with an error once ctx is done
// or would be done before.
func (p *pace) wait(ctx context.Context) error { return p.limiter.Wait(ctx) }

// take takes a turn if it is free, and otherwise returns how long until one is.
func (p *pace) take() time.Duration {
	r := p.limiter.Reserve()
	wait := r.Delay()
	if wait > 0 {
		r.Cancel()
	}
	return wait
}

// Turn takes the turn of a create or a start that is sent next, and returns 0;
// or it takes none and returns how long to wait before asking again. Reads wait
// for their turns by themselves.
func (c *Client) Turn(site plan.Site) time.Duration { return c.pace(site).take() }

// throttled notes that an attempt sent at that time was throttled. Attempts
// that were under way at the last halving say nothing new.
func (p *pace) throttled(sent, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sent.Before(p.cut) {
		return
	}
	p.cut = now
	p.limiter.SetLimit(max(p.limiter.Limit()/2, min(slowest, p.full)))
}

func (p *pace) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit := p.limiter.Limit(); limit < p.full {
		p.limiter.SetLimit(min(limit+p.full/20, p.full))
	}
}
