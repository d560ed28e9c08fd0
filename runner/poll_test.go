package runner_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/schema"
)

// What takes a poll interval is asked about once in one. Where answers are slow,
// the interval is between an answer and the next question.
func TestPollIntervalsAreFromQuestionToQuestion(t *testing.T) {
	for name, c := range map[string]struct{ answer, want time.Duration }{
		"soon":                         {50 * time.Millisecond, time.Second},
		"after a quarter of it":        {250 * time.Millisecond, time.Second},
		"after half of it":             {500 * time.Millisecond, 1500 * time.Millisecond},
		"after more than the interval": {2 * time.Second, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, plans(1, 15*time.Second), restores(1, 1))
				p := b.plan()
				p.Limits.PollInterval, p.Limits.RequestsPerSecond = schema.Duration(time.Second), 1000
				var asked []time.Time
				b.intercept = func(action string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
					q, err := parametersOf(r)
					if err != nil || action != "DescribeRestoreTaskList" || q.Get("RestoreTaskId") == "" {
						return next()
					}
					asked = append(asked, time.Now())
					resp, err := next()
					time.Sleep(c.answer - latency)
					return resp, err
				}
				report, err := b.run(t.Context(), p, runner.Options{})
				if err != nil || report.Counts.Succeeded != 1 {
					t.Fatalf("got %+v, %v, want 1 succeeded", report.Counts, err)
				}
				if len(asked) < 4 {
					t.Fatalf("got %d polls: little was tried", len(asked))
				}
				for i := 1; i < len(asked); i++ {
					if gap := asked[i].Sub(asked[i-1]); gap != c.want {
						t.Errorf("got poll %d %v after the one before, want %v", i, gap, c.want)
					}
				}
			})
		})
	}
}
