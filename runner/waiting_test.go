package runner_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

func TestCredentialsThatExpiredAreWaitedForUntilTheTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		renewed time.Duration // after the start
		want    runner.Counts
	}{
		"renewed after hours": {3 * time.Hour, runner.Counts{Total: 4, Succeeded: 4}},
		"never renewed":       {1000 * time.Hour, runner.Counts{Total: 4, TimedOut: 2, Waiting: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, plans(1, 10*time.Second), strings.Replace(restores(4, 1), "inFlight: 32", "inFlight: 2", 1))
				p := b.plan()
				began, refused, waits := time.Now(), 0, 0
				b.intercept = func(_ string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
					if age := time.Since(began); age < 8*time.Second || age > c.renewed {
						return next()
					}
					refused++
					return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{},
						Body: io.NopCloser(strings.NewReader(`{"Code":"InvalidSecurityToken.Expired","Message":"expired"}`))}, nil
				}
				report, err := b.run(t.Context(), p, runner.Options{Observe: func(c runner.Change) {
					if f := c.Event.Failure; f != nil && f.Wait {
						waits++
					}
				}})
				if err != nil || report.Counts != c.want {
					t.Errorf("got %+v, %v, want %+v", report.Counts, err, c.want)
				}
				if waits == 0 {
					t.Error("nobody was told of the wait")
				}
				for _, o := range report.Items {
					if o.State.Phase == restore.Failed && o.State.TaskID != "" {
						t.Errorf("%s: failed, though its task is only not known", o.Item.Key)
					}
				}
				if took := time.Since(began); took > 26*time.Hour || float64(refused) > took.Minutes()*8+20 {
					t.Errorf("got %d calls in %v without credentials", refused, took)
				}
			})
		})
	}
}
