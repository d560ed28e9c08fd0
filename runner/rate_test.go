package runner_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner"
)

// The service throttles for two minutes: it answers one call a second and refuses
// all others.
func TestThrottlingCostsTimeAndNoItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(4, 20*time.Second), strings.Replace(restores(200, 4), "inFlight: 32", "inFlight: 200", 1))
		b.client = b.newClient(50)
		p := b.plan()
		p.Limits.RequestsPerSecond = 50
		began := time.Now()
		var let time.Time // the last call of the two minutes that was let through
		refused, late, early := 0, 0, 0
		var mu sync.Mutex
		refuses := func() bool {
			mu.Lock()
			defer mu.Unlock()
			age := time.Since(began)
			switch {
			case age < 10*time.Second:
				early++
			case age < 130*time.Second && time.Since(let) < time.Second:
				refused++
				if age > 70*time.Second {
					late++
				}
				return true
			case age < 130*time.Second:
				let = time.Now()
			}
			return false
		}
		b.intercept = func(_ string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if refuses() {
				return refusal(http.StatusBadRequest, "Throttling.User"), nil
			}
			return next()
		}
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 200 {
			t.Fatalf("got %+v, %v, want all 200 succeeded", report.Counts, err)
		}
		if n := b.service.Summary().Tasks; len(n) != 200 {
			t.Errorf("got %d tasks, want 200", len(n))
		}
		if early < 400 {
			t.Errorf("got %d calls in 10s before it throttled: the rate did not bind", early)
		}
		if refused == 0 || late > 60*5 {
			t.Errorf("got %d calls refused, %d of them in the second minute: the rate was not lowered", refused, late)
		}
		if took := time.Since(began); took > 6*time.Minute {
			t.Errorf("got %v, want the rate to recover", took)
		}
	})
}

// At one call a second most of a run is waiting for a turn. What is asked about
// restores that run must not take the turns of those to be begun.
func TestALowRateDoesNotStarveCreationForPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(4, 2*time.Hour), strings.Replace(restores(200, 4), "inFlight: 32", "inFlight: 200", 1))
		b.client = b.newClient(1)
		p := b.plan()
		p.Limits.RequestsPerSecond = 1
		began := time.Now()
		var mu sync.Mutex
		calls, effects, last := 0, 0, time.Time{}
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			mu.Lock()
			if effects < 400 {
				calls++
			}
			if strings.HasSuffix(action, "RestoreTask") {
				effects, last = effects+1, time.Now()
			}
			mu.Unlock()
			return next()
		}
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 200 || effects != 400 {
			t.Fatalf("got %+v, %d effects, %v, want all 200 succeeded by 400", report.Counts, effects, err)
		}
		// Two effects each, a list for every four, and of all turns one in eight for a poll.
		if most := 530; calls > most || last.Sub(began) > time.Duration(most)*time.Second {
			t.Errorf("got all begun after %v by %d calls, want at most %d", last.Sub(began), calls, most)
		}
	})
}

// As many restores as may be in flight at a time, at a request rate that does not
// bind: once they have begun, five calls a second are more than enough.
func TestPollsOfAThousandRestoresAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		b := newBench(t, plans(10, 20*time.Minute), strings.Replace(restores(n, 10), "inFlight: 32", "inFlight: 1000", 1))
		p := b.plan()
		p.Limits.RequestsPerSecond = 1000
		began := time.Now()
		var mu sync.Mutex
		minutes := map[int]int{} // calls of each
		b.intercept = func(_ string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			mu.Lock()
			minutes[int(time.Since(began).Minutes())]++
			mu.Unlock()
			return next()
		}
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != n {
			t.Fatalf("got %+v, %v, want all %d succeeded", report.Counts, err, n)
		}
		if minutes[0] < 2*n {
			t.Errorf("got %d calls in the first minute: not all had begun", minutes[0])
		}
		for minute, calls := range minutes {
			if minute > 0 && calls > 5*60 {
				t.Errorf("got %d calls in minute %d, want at most 5 a second", calls, minute)
			}
		}
	})
}

// refusal is an answer of the service that says no.
func refusal(status int, code string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Code":"` + code + `","Message":"no"}`))}
}
