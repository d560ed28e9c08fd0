package runner_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner"
)

// A restore that is throttled at the beginning, waits for its place for hours and is
// throttled again in the next burst, has not met an outage.
func TestARestoreThatWaitedForItsPlaceIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, 3*time.Hour), strings.Replace(restores(2, 1), "inFlight: 32", "inFlight: 1", 1))
		p := b.plan()
		attempts := 0
		b.intercept = func(action string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			q, err := parametersOf(r)
			if err != nil || action != "CreateRestoreTask" || q.Get("RestoreTaskName") != p.Items[0].RestoreTaskName {
				return next()
			}
			if attempts++; attempts <= 4 {
				return refusal(http.StatusBadRequest, "Throttling.User"), nil
			}
			return next()
		}
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 2 {
			t.Errorf("got %+v, %v, want 2 succeeded", report.Counts, err)
		}
		if attempts != 5 {
			t.Errorf("got %d creates of the first, want 4 that are throttled, before and after the other restore, and one", attempts)
		}
	})
}

// When creates are throttled and never anything else, all that wait for them are given
// up together, and not one after the other for an hour each.
func TestALastingOutageEndsARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Minute), restores(4, 1))
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if action == "CreateRestoreTask" {
				return refusal(http.StatusBadRequest, "Throttling.User"), nil
			}
			return next()
		}
		begun := time.Now()
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if err != nil || report.Counts.Failed != 4 {
			t.Errorf("got %+v, %v, want 4 failed", report.Counts, err)
		}
		if took := time.Since(begun); took < time.Hour || took > 90*time.Minute {
			t.Errorf("the run took %s, want little more than an hour", took)
		}
	})
}
