package torture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/runner"
)

// errKilled is what a dead process would see, if it saw anything.
var errKilled = errors.New("killed")

// latency is how long a request is on its way, and so an answer.
const latency = 10 * time.Millisecond

// turn returns when a request leaves that is ready now: a little later, and not
// two at the same moment, so that they arrive in the same order whenever a
// history is lived again, in whichever order their goroutines ran.
func (p *process) turn(action string, body []byte) time.Time {
	sum := fnv.New64a()
	fmt.Fprint(sum, p.host, action, string(body))
	place := time.Duration(sum.Sum64()>>32%1000) * time.Microsecond
	return time.Now().Truncate(time.Millisecond).Add(time.Millisecond + place)
}

// process is one life of the command: all that it sends and writes goes past
// it, and at one point it dies. From then on nothing leaves it and nothing
// reaches it. What left before arrives.
type process struct {
	service http.Handler
	kill    context.CancelCauseFunc
	host    int
	dies    int // at which point, counted from 1; 0 for never

	mu     sync.Mutex
	passed int    // points
	died   string // at what; "" while it lives
	at     time.Time
	kept   int       // records that were acknowledged as durable
	last   time.Time // when a request of it reached the service
}

// pass reports whether the process lives on beyond a point.
func (p *process) pass(point string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.died != "" {
		return false
	}
	if p.passed++; p.passed == p.dies {
		p.died, p.at = point, time.Now()
		p.kill(errKilled)
	}
	return p.died == ""
}

// sentAfterDeath reports whether a request reached the service that cannot have
// left before the process died.
func (p *process) sentAfterDeath() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.died != "" && p.last.After(p.at.Add(latency))
}

// RoundTrip takes a request to the service and its answer back.
func (p *process) RoundTrip(r *http.Request) (*http.Response, error) {
	action := r.URL.Query().Get("Action")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	time.Sleep(time.Until(p.turn(action, body)))
	if !p.pass("before " + action) {
		return nil, errKilled
	}
	sent := r.Clone(context.WithoutCancel(r.Context()))
	sent.Body = io.NopCloser(bytes.NewReader(body))
	answer := make(chan *httptest.ResponseRecorder, 1)
	go func() { answer <- p.deliver(sent) }()
	select {
	case w := <-answer:
		switch {
		case !p.pass("after " + action):
			return nil, errKilled
		case w == nil:
			return nil, io.ErrUnexpectedEOF
		}
		return w.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// deliver brings a request to the service, whatever becomes of its sender, and
// returns the answer when it is back: nil when the connection was lost.
func (p *process) deliver(r *http.Request) (w *httptest.ResponseRecorder) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case error:
			if !errors.Is(v, http.ErrAbortHandler) {
				panic(v)
			}
			w = nil
		default:
			panic(v)
		}
	}()
	time.Sleep(latency)
	p.mu.Lock()
	p.last = time.Now()
	p.mu.Unlock()
	w = httptest.NewRecorder()
	p.service.ServeHTTP(w, r)
	time.Sleep(latency)
	return w
}

// log is the journal of a process.
type log struct {
	*process
	runner.Log
}

// Append implements [runner.Log].
func (l log) Append(ctx context.Context, records []runner.Record) error {
	if !l.pass("before an append") {
		return errKilled
	}
	if err := l.Log.Append(ctx, records); err != nil {
		return err
	}
	l.mu.Lock()
	l.kept += len(records)
	l.mu.Unlock()
	if !l.pass("after an append") {
		return errKilled
	}
	return nil
}
