package runner_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// The tests of this file hold what is promised of creates and starts, whatever
// their outcome.

// ledger is a log that takes its time, and knows the intents of which no call
// has left.
type ledger struct {
	takes func(nth int) time.Duration // the nth write, from 1

	mu     sync.Mutex
	writes int
	open   map[string][]time.Time // when they were intended, by operation
}

func (l *ledger) Append(_ context.Context, records []runner.Record) error {
	l.writes++
	time.Sleep(l.takes(l.writes))
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		operation := map[restore.ActionKind]string{restore.Create: "CreateRestoreTask", restore.Start: "StartRestoreTask"}[r.Event.Effect]
		if r.Event.Kind == restore.Intended {
			l.open[operation] = append(l.open[operation], r.Event.At)
		}
	}
	return nil
}

// leaves returns when a call that leaves now was intended last, and whether it
// was.
func (l *ledger) leaves(operation string) (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	intents := l.open[operation]
	if len(intents) == 0 {
		return time.Time{}, false
	}
	l.open[operation] = intents[:len(intents)-1]
	return intents[len(intents)-1], true
}

func isEffect(operation string) bool {
	return operation == "CreateRestoreTask" || operation == "StartRestoreTask"
}

func TestAnEffectIsNotUnderWayBeforeItsIntentIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Second), restores(3, 1))
		log := &ledger{takes: func(int) time.Duration { return time.Second }, open: map[string][]time.Time{}}
		b.intercept = func(operation string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if isEffect(operation) {
				if _, ok := log.leaves(operation); !ok {
					t.Errorf("%s left before its intent was kept", operation)
				}
			}
			return next()
		}
		report, err := runner.Run(t.Context(), b.plan(), b.client, log, runner.Options{})
		if err != nil || report.Counts.Succeeded != 3 {
			t.Fatalf("got %+v, %v, want 3 succeeded", report.Counts, err)
		}
		for operation, intents := range log.open {
			if len(intents) > 0 {
				t.Errorf("got %d intents of %s without a call, want none", len(intents), operation)
			}
		}
	})
}

// The first writes take longer than an effect may wait after its intent.
func TestAnEffectThatWasHeldUpIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Second), restores(1, 1))
		log := &ledger{takes: func(nth int) time.Duration {
			if nth > 5 {
				return 0
			}
			return 2 * restore.Fence
		}, open: map[string][]time.Time{}}
		b.intercept = func(operation string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if at, _ := log.leaves(operation); isEffect(operation) && time.Since(at) > restore.Fence {
				t.Errorf("%s left %v after its intent, want at most %v", operation, time.Since(at), restore.Fence)
			}
			return next()
		}
		held := 0
		report, err := runner.Run(t.Context(), b.plan(), b.client, log, runner.Options{Observe: func(c runner.Change) {
			if f := c.Event.Failure; f != nil && f.Code == "Canceled" {
				held++
			}
		}})
		if err != nil || report.Counts.Succeeded != 1 || held == 0 {
			t.Errorf("got %+v, %v and %d effects held up, want success in the end", report.Counts, err, held)
		}
	})
}

func TestACreateThatIsSentAgainIsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Second), restores(1, 1))
		var sent []string
		b.intercept = func(operation string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if operation != "CreateRestoreTask" {
				return next()
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			sent = append(sent, string(body))
			if len(sent) == 1 {
				return nil, errors.New("it went astray")
			}
			return next()
		}
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if err != nil || report.Counts.Succeeded != 1 || len(sent) != 2 {
			t.Fatalf("got %+v, %v after %d creates, want 1 succeeded after 2", report.Counts, err, len(sent))
		}
		if diff := cmp.Diff(sent[0], sent[1]); diff != "" {
			t.Errorf("the two creates differ (-first +second):\n%s", diff)
		}
	})
}

func TestOnceTheLockFileIsRemovedNothingMoreIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Second), restores(1, 1))
		lost := false
		b.intercept = func(operation string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if lost && isEffect(operation) {
				t.Errorf("%s left after the lock was lost", operation)
			}
			if operation == "CreateRestoreTask" && !lost {
				files, err := filepath.Glob(filepath.Join(b.dir, "lock-*"))
				if err != nil || len(files) != 1 {
					t.Errorf("got lock files %q, %v, want one", files, err)
					return next()
				}
				lost = os.Remove(files[0]) == nil
			}
			return next()
		}
		_, err := b.run(t.Context(), b.plan(), runner.Options{})
		if !errors.Is(err, runner.ErrLog) || !strings.Contains(err.Error(), "another run may have started") {
			t.Errorf("got %v, want ErrLog and what may have happened", err)
		}
		if r := b.service.Summary(); r.Created != 1 || r.Started != 0 {
			t.Errorf("got %d tasks created and %d started, want 1 and 0", r.Created, r.Started)
		}
	})
}

func TestWhatCannotBeProvedCountsAgainstTheFailureBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := strings.Replace(restores(2, 1), "inFlight: 32", "inFlight: 1", 1)
		b := newBench(t, plans(1, time.Second), strings.Replace(manifest, "limits:", "failure: {max: 0}\nlimits:", 1))
		b.intercept = func(operation string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if operation == "CreateRestoreTask" {
				return nil, errors.New("it went astray")
			}
			return next()
		}
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if want := (runner.Counts{Total: 2, Unknown: 1, Waiting: 1}); err != nil || !report.Halted || report.Counts != want {
			t.Errorf("got halted %v, %+v, %v, want halted with one unknown: %+v", report.Halted, report.Counts, err, want)
		}
	})
}

// A create that was sent with a token is sent with the same parameters as long as
// the token is: a service that remembers it refuses others, or answers to them.
func TestWhatWasSentStaysAsItWasSent(t *testing.T) {
	for phase, want := range map[restore.Phase]bool{restore.Creating: true, restore.Unknown: true, restore.Absent: true, restore.Failed: false} {
		past := runner.Past{"orders": {
			State:  restore.Snapshot{Phase: phase, Attempt: 1, Sends: 1},
			Intent: &restore.Intent{Parameters: plan.Parameters{RestoreTime: 1}},
		}}
		if known, got := past.Known()["orders"]; got != want || want && known.Parameters.RestoreTime != 1 {
			t.Errorf("%s: got %v, %+v, want %v", phase, got, known, want)
		}
	}
}
