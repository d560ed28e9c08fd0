package dbs_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// elapsed returns how long n reads take in virtual time.
func elapsed(t *testing.T, c *dbs.Client, site plan.Site, n int) time.Duration {
	t.Helper()
	start := time.Now()
	for range n {
		if _, err := c.RestoreTasks(t.Context(), site, "dbs1", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(start)
}

// createInTurn creates a task once it is the turn of a write.
func createInTurn(t *testing.T, c *dbs.Client) error {
	t.Helper()
	for wait := c.Turn(hangzhou); wait > 0; wait = c.Turn(hangzhou) {
		time.Sleep(wait)
	}
	_, err := create(t, c)
	return err
}

func TestReadsAreSpacedPerSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.RequestsPerSecond = 2
		o.Transport = answering(always(200, list(0)))
		c := client(t, o)
		if got, want := elapsed(t, c, hangzhou, 11), 5*time.Second; got != want {
			t.Errorf("11 reads at 2 per second: got %s, want %s", got, want)
		}
		if got := elapsed(t, c, plan.Site{Region: "cn-chengdu"}, 1); got != 0 {
			t.Errorf("the first read elsewhere: got %s, want no wait", got)
		}
	})
}

func TestAWriteTakesItsTurnBeforeAndIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.RequestsPerSecond = 2
		o.Transport = answering(always(200, created))
		c := client(t, o)
		for i, want := range []time.Duration{0, 500 * time.Millisecond, 500 * time.Millisecond} {
			if got := c.Turn(hangzhou); got != want {
				t.Errorf("question %d: got %s, want %s", i, got, want)
			}
		}
		start := time.Now()
		if _, err := create(t, c); err != nil || time.Since(start) != 0 {
			t.Errorf("got %v after %s, want a task at once", err, time.Since(start))
		}
		time.Sleep(500 * time.Millisecond)
		if got := c.Turn(hangzhou); got != 0 {
			t.Errorf("after the wait: got %s, want a turn", got)
		}
	})
}

// Counted over any second there are as many as the rate says, and a twentieth at most
// in addition; below 40 a second each waits for its turn.
func TestTurnsThatWereNotUsedAreTakenTogether(t *testing.T) {
	for perSecond, want := range map[float64]int{1: 1, 5: 1, 39: 1, 40: 2, 100: 5, 1000: 50} {
		synctest.Test(t, func(t *testing.T) {
			o := options("http://127.0.0.1:1")
			o.RequestsPerSecond = perSecond
			o.Transport = answering(always(400, `{"Code":"Throttling"}`))
			c := client(t, o)
			atOnce := func() (n int) {
				for c.Turn(hangzhou) == 0 {
					n++
				}
				return n
			}
			if got := atOnce(); got != want {
				t.Errorf("%g a second: got %d turns at once, want %d", perSecond, got, want)
			}
			time.Sleep(time.Hour)
			end, inASecond := time.Now().Add(time.Second), atOnce()
			if got := inASecond - 1; got != want { // the last that was asked for was kept
				t.Errorf("%g a second, after an hour: got %d turns at once, want %d", perSecond, got, want)
			}
			for time.Now().Before(end) {
				if wait := c.Turn(hangzhou); wait > 0 {
					time.Sleep(wait)
				} else {
					inASecond++
				}
			}
			if limit := int(perSecond) + want + 1; inASecond > limit || inASecond < int(perSecond) {
				t.Errorf("%g a second: got %d turns in a second, want %g to %d", perSecond, inASecond, perSecond, limit)
			}
			for range 40 { // until it is as slow as can be
				_, _ = create(t, c)
				time.Sleep(time.Second)
			}
			time.Sleep(time.Hour)
			if got := atOnce() - 1; got != 1 {
				t.Errorf("%g a second, throttled: got %d turns at once, want 1", perSecond, got)
			}
		})
	}
}

func TestManyReadsDoNotKeepAWriteWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.RequestsPerSecond = 1
		o.Transport = answering(always(200, list(0)))
		c := client(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		for range 10 {
			readers.Go(func() {
				for ctx.Err() == nil {
					_, _ = c.RestoreTasks(ctx, hangzhou, "dbs1", time.Time{})
				}
			})
		}
		synctest.Wait() // until all of them queue
		start := time.Now()
		const writes = 20
		for i := range writes {
			asked := time.Now()
			for wait := c.Turn(hangzhou); wait > 0; wait = c.Turn(hangzhou) {
				time.Sleep(wait)
			}
			if waited := time.Since(asked); waited > 3*time.Second {
				t.Fatalf("write %d: got a wait of %s, want at most 3s", i, waited)
			}
		}
		seconds := int(time.Since(start) / time.Second)
		reads := c.Calls()["DescribeRestoreTaskList"]
		if reads < writes-1 || reads+writes > seconds+1 {
			t.Errorf("got %d reads and %d writes in %d s, want them to alternate at 1 per second", reads, writes, seconds)
		}
		cancel()
		readers.Wait()
	})
}

func TestThrottlingHalvesTheRateAndSuccessRestoresIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.RequestsPerSecond = 1
		o.Transport = answering(inTurn(always(400, `{"Code":"Throttling.User"}`), always(200, list(0))))
		c := client(t, o)
		if err := createInTurn(t, c); failure(t, err).Class != restore.Throttled {
			t.Errorf("got %v, want throttled", err)
		}
		if got := elapsed(t, c, hangzhou, 1); got != 2*time.Second {
			t.Errorf("the next attempt: got %s, want 2s", got)
		}
		elapsed(t, c, hangzhou, 30)
		if got := elapsed(t, c, hangzhou, 10).Round(time.Millisecond); got != 10*time.Second {
			t.Errorf("10 reads after the recovery: got %s, want 10s", got)
		}
	})
}

func TestCallsUnderWayTogetherHalveTheRateOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.RequestsPerSecond = 4
		o.Transport = answering(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("Action") != "CreateRestoreTask" {
				always(200, list(0))(w, r)
				return
			}
			time.Sleep(10 * time.Second)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		c := client(t, o)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { _ = createInTurn(t, c) })
		}
		wg.Wait()
		elapsed(t, c, hangzhou, 1)
		if got := elapsed(t, c, hangzhou, 1); got < 400*time.Millisecond || got > 500*time.Millisecond {
			t.Errorf("the second read after it: got %s, want nearly 0.5s", got)
		}
	})
}

func TestThrottlingNeverStopsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.Transport = answering(always(400, `{"Code":"Throttling"}`))
		c := client(t, o)
		for range 40 {
			_ = createInTurn(t, c)
		}
		start := time.Now()
		_ = createInTurn(t, c)
		if got := time.Since(start); got != 10*time.Second {
			t.Errorf("got %s between attempts, want 10s", got)
		}
	})
}

func TestReadsAreTriedAgainAndNamedByTheLastFailure(t *testing.T) {
	for name, c := range map[string]struct {
		handler  http.HandlerFunc
		attempts int
		code     string
	}{
		"throttling":                   {always(400, `{"Code":"Throttling.Api"}`), 4, "Throttling.Api"},
		"a used nonce":                 {always(400, `{"Code":"SignatureNonceUsed"}`), 4, "SignatureNonceUsed"},
		"a bad gateway":                {always(502, `<html>`), 4, "NotJSON"},
		"a refusal is final":           {always(400, `{"Code":"InvalidParameter"}`), 1, "InvalidParameter"},
		"a missing permission, too":    {always(403, `{"Code":"Forbidden.RAM"}`), 1, "Forbidden.RAM"},
		"until it goes well":           {inTurn(always(500, `{}`), always(503, `{}`), always(200, list(0))), 3, ""},
		"or a redirect, for this once": {always(302, ``), 1, "Redirect"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []dbs.Call
				o := options("http://127.0.0.1:1")
				o.Transport = answering(c.handler)
				o.Observe = func(call dbs.Call) { seen = append(seen, call) }
				start := time.Now()
				_, err := client(t, o).RestoreTasks(t.Context(), hangzhou, "dbs1", time.Time{})
				code := ""
				if err != nil {
					code = failure(t, err).Code
				}
				if len(seen) != c.attempts || code != c.code || seen[len(seen)-1].Code != c.code {
					t.Errorf("got %d attempts and %q, want %d and %q: %v", len(seen), code, c.attempts, c.code, seen)
				}
				// Full jitter below 0.5, 1 and 2 s, and waits for a turn.
				if d := time.Since(start); d > 4*time.Second {
					t.Errorf("got %s, want at most 4s", d)
				}
			})
		})
	}
}

func TestRetryAfterIsHonouredWithinReason(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"0":                             0,
		"-1":                            0,
		"1e3":                           0,
		"9223372037":                    120 * time.Second,
		"99999999999999999999999":       0,
		"Fri, 31 Dec 1999 23:59:59 GMT": 0,
		"Sat, 01 Jan 2000 00:00:30 GMT": 30 * time.Second, // the bubble's clock starts at midnight
		"Fri, 31 Dec 2099 23:59:59 GMT": 120 * time.Second,
	} {
		t.Run(header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options("http://127.0.0.1:1")
				o.Transport = answering(inTurn(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", header)
					w.WriteHeader(http.StatusTooManyRequests)
				}, always(200, list(0))))
				got := elapsed(t, client(t, o), hangzhou, 1)
				if got < want || got > want+500*time.Millisecond {
					t.Errorf("got %s, want %s and less than 0.5s", got, want)
				}
			})
		})
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.RequestsPerSecond = 0.1
		o.Transport = answering(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "100")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		c := client(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(3 * time.Second)
			cancel()
		}()
		for range 2 { // in the wait between attempts, then before the first
			_, err := c.RestoreTasks(ctx, hangzhou, "dbs1", time.Time{})
			if f := failure(t, err); f.Class != restore.Throttled || f.Code != "Canceled" || f.Action != "DescribeRestoreTaskList" {
				t.Errorf("got %+v, want throttled Canceled", *f)
			}
		}
		if n := c.Calls()["DescribeRestoreTaskList"]; n != 1 {
			t.Errorf("got %d attempts, want 1", n)
		}
	})
}
