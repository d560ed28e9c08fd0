package runner_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/dbsrestore/dbsrestore/runner"
)

// The service refuses to start the first task, which stays as it is, and a person
// has the item tried anew. What then becomes of it is known to the service alone.
func TestWithTheJournalLostARetryIsNotUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, 0), restores(1, 1))
		refused := false
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if action != "StartRestoreTask" || refused {
				return next()
			}
			refused = true
			w := httptest.NewRecorder()
			w.WriteHeader(http.StatusBadRequest)
			_, err := w.WriteString(`{"Code": "InvalidParameter", "Message": "no", "RequestId": "r-1"}`)
			return w.Result(), err
		}
		p := b.plan()
		if report, err := b.run(t.Context(), p, runner.Options{}); err != nil || report.Counts.Failed != 1 {
			t.Fatalf("got %+v, %v, want 1 failed", report.Counts, err)
		}
		if report, err := b.run(t.Context(), p, runner.Options{Retry: true}); err != nil || report.Counts.Succeeded != 1 {
			t.Fatalf("tried anew: got %+v, %v, want 1 succeeded", report.Counts, err)
		}
		b.dir = t.TempDir()
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 1 || report.Items[0].State.Attempt != 2 {
			t.Errorf("with the journal lost: got %+v, %v, want success in the second attempt", report.Counts, err)
		}
		if s := b.service.Summary(); s.Created != 2 || s.Started != 1 {
			t.Errorf("%d tasks were created and %d started, want 2 and 1", s.Created, s.Started)
		}
	})
}
