package runner_test

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// limited writes n restores of one backup plan under limits.
func limited(n int, limits string) string {
	return strings.Replace(restores(n, 1), "inFlight: 32", limits, 1)
}

// most returns how many tasks were at a moment between two of theirs, at the peak.
func most(tasks []emulator.Task, between func(emulator.Task) (from, to time.Time)) int {
	type step struct {
		at time.Time
		by int
	}
	var steps []step
	for _, t := range tasks {
		if from, to := between(t); !from.IsZero() {
			steps = append(steps, step{from, 1}, step{to, -1})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Or(a.at.Compare(b.at), a.by-b.by) })
	n, peak := 0, 0
	for _, s := range steps {
		n += s.by
		peak = max(peak, n)
	}
	return peak
}

func working(t emulator.Task) (from, to time.Time)  { return t.Started, t.Finished }
func existing(t emulator.Task) (from, to time.Time) { return t.Created, t.Finished }

// Where lists lag, each restore would be seen late and started late. Created ahead it
// was seen before its turn comes.
func TestWhatWasCreatedAheadStartsAtOnce(t *testing.T) {
	run := func(limits string) (took time.Duration, tasks []emulator.Task, calls int) {
		synctest.Test(t, func(t *testing.T) {
			w := plans(1, time.Minute)
			w.Behaviour.ListLag = 20 * time.Second
			b := newBench(t, w, limited(20, limits))
			report, err := b.run(t.Context(), b.plan(), runner.Options{})
			if err != nil || report.Counts.Succeeded != 20 {
				t.Fatalf("got %+v, %v, want all 20 succeeded", report.Counts, err)
			}
			took, tasks, calls = report.Ended.Sub(report.Started), b.service.Summary().Tasks, b.calls()
		})
		return took, tasks, calls
	}
	slow, tasks, slowCalls := run("inFlight: 2")
	if got := most(tasks, existing); got != 2 {
		t.Errorf("%d tasks existed at a time, want 2", got)
	}
	fast, tasks, fastCalls := run("inFlight: 2, createAhead: 2")
	if got := most(tasks, working); got != 2 {
		t.Errorf("%d tasks were at work at a time, want 2", got)
	}
	if got := most(tasks, existing); got != 4 {
		t.Errorf("%d tasks existed at a time, want 4", got)
	}
	t.Logf("%v and %d calls, created ahead %v and %d calls", slow, slowCalls, fast, fastCalls)
	const ideal = 10 * time.Minute
	if slow < ideal+10*20*time.Second || fast > ideal+40*time.Second {
		t.Errorf("took %v, created ahead %v, want the lists to cost time once only", slow, fast)
	}
}

// The limits of destinations and backup plans hold for what is created ahead, too.
func TestWhatIsCreatedAheadCountsForItsDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := limited(20, "inFlight: 2, createAhead: 8")
		b := newBench(t, plans(1, time.Minute), strings.Replace(manifest, "perDestination: 1000", "perDestination: 3", 1))
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if err != nil || report.Counts.Succeeded != 20 {
			t.Fatalf("got %+v, %v, want all 20 succeeded", report.Counts, err)
		}
		if got := most(b.service.Summary().Tasks, existing); got != 3 {
			t.Errorf("%d tasks existed at a time, want 3", got)
		}
	})
}

// Somebody starts a task that waits for its turn. The run follows it, and where it has
// waited for longer than lists may lag behind it sends no start of its own.
func TestATaskCreatedAheadThatSomebodyStarts(t *testing.T) {
	for length, starts := range map[time.Duration]int{30 * time.Second: 1, 10 * time.Minute: 0} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, plans(1, length), limited(4, "inFlight: 1, createAhead: 2"))
			p := b.plan()
			other := b.newClient(1000)
			started := ""
			sent := map[plan.Key]int{}
			report, err := b.run(t.Context(), p, runner.Options{Observe: func(c runner.Change) {
				if c.Event.Kind == restore.Intended && c.Event.Effect == restore.Start {
					sent[c.Key]++
				}
				if c.To.Phase == restore.Ready && c.Key != p.Items[0].Key && started == "" {
					started = c.To.TaskID
					site, token := p.Items[0].Site, c.To.Identity().ClientToken
					time.AfterFunc(time.Second, func() {
						if err := other.StartRestoreTask(t.Context(), site, started, token); err != nil {
							t.Error(err)
						}
					})
				}
			}})
			if err != nil || report.Counts.Succeeded != 4 {
				t.Fatalf("got %+v, %v, want all 4 succeeded", report.Counts, err)
			}
			for _, o := range report.Items {
				want := 1
				if o.State.TaskID == started {
					want = starts
				}
				if got := sent[o.Item.Key]; got != want {
					t.Errorf("%v: %s: %d starts were sent, want %d", length, o.Item.Key, got, want)
				}
			}
			for _, task := range b.service.Summary().Tasks {
				if task.Starts != 1 {
					t.Errorf("%v: task %s was started %d times", length, task.ID, task.Starts)
				}
			}
		})
	}
}

// What waited for longer than lists may lag behind is looked for again before it is
// started, what waited for less is not: the first look is for what was there before.
func TestATaskThatWaitedForLongIsLookedForAgain(t *testing.T) {
	for length, want := range map[time.Duration]int{40 * time.Second: 2, 10 * time.Minute: 3} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, plans(1, length), limited(2, "inFlight: 1, createAhead: 1"))
			looks := map[plan.Key]int{}
			var last plan.Key // to be started
			report, err := b.run(t.Context(), b.plan(), runner.Options{Observe: func(c runner.Change) {
				switch c.Event.Kind {
				case restore.Looked:
					looks[c.Key]++
				case restore.Started:
					last = c.Key
				}
			}})
			if err != nil || report.Counts.Succeeded != 2 {
				t.Fatalf("got %+v, %v, want both succeeded", report.Counts, err)
			}
			if got := looks[last]; got != want {
				t.Errorf("after %v of waiting: got %d looks for it, want %d", length, got, want)
			}
		})
	}
}

// Of 200 tasks that wait for long, those whose turn comes are looked for, and no others:
// one list more for each backup plan and wave of starts.
func TestWhatWaitsCostsFewCalls(t *testing.T) {
	calls := func(limits string) (n int) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, plans(10, 10*time.Minute), strings.Replace(restores(240, 10), "inFlight: 32", limits, 1))
			report, err := b.run(t.Context(), b.plan(), runner.Options{})
			if err != nil || report.Counts.Succeeded != 240 {
				t.Fatalf("got %+v, %v, want all 240 succeeded", report.Counts, err)
			}
			n = b.calls()
		})
		return n
	}
	without, with := calls("inFlight: 20"), calls("inFlight: 20, createAhead: 200")
	t.Logf("%d calls, created ahead %d", without, with)
	if with > without+without/4 {
		t.Errorf("got %d calls, created ahead %d", without, with)
	}
}

// A start is throttled, and another task takes its place, the start of which is lost on
// the way. When that is known it is sent again, and the place is not given to the first.
func TestATaskWhoseStartWasLostKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Minute), limited(4, "inFlight: 1, createAhead: 2"))
		var mu sync.Mutex
		starts := 0
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			mu.Lock()
			if action == "StartRestoreTask" {
				starts++
			}
			n := starts
			mu.Unlock()
			switch {
			case action != "StartRestoreTask":
			case n == 2:
				return refusal(http.StatusBadRequest, "Throttling.User"), nil
			case n == 3:
				return nil, errors.New("connection reset")
			}
			return next()
		}
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if err != nil || report.Counts.Succeeded != 4 || starts != 6 {
			t.Fatalf("got %+v after %d starts, %v, want all 4 succeeded after 6", report.Counts, starts, err)
		}
		if got := most(b.service.Summary().Tasks, working); got != 1 {
			t.Errorf("%d tasks were at work at a time, want 1", got)
		}
	})
}

// A run that halts starts nothing any more. What it created ahead is there for the
// next one.
func TestAHaltedRunLeavesWhatItCreatedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 12
		w := plans(1, time.Minute)
		w.Destinations = []world.Destination{{ID: "rm-drill", Flaky: 1}}
		b := newBench(t, w, strings.Replace(limited(n, "inFlight: 2, createAhead: 3"), "limits:", "failure: {max: 0}\nlimits:", 1))
		p := b.plan()
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || !report.Halted || report.Counts.Failed != 1 || report.Counts.Active == 0 {
			t.Fatalf("got %+v, halted %t, %v, want one failed and some created", report.Counts, report.Halted, err)
		}
		for _, o := range report.Items {
			if o.State.Phase.Active() && o.State.Phase != restore.Ready {
				t.Errorf("%s: got %s, want what is not ended to be ready", o.Item.Key, o.State.Phase)
			}
		}
		created, started := b.service.Summary().Created, b.service.Summary().Started
		report, err = b.run(t.Context(), p, runner.Options{NoFollow: true})
		if s := b.service.Summary(); err != nil || !report.Halted || s.Created != created || s.Started != started {
			t.Errorf("once more, without following: got %+v, %v, %d created and %d started, want %d and %d", report.Counts, err, s.Created, s.Started, created, started)
		}
		p.Failure.Max = ""
		report, err = b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != n-1 {
			t.Fatalf("resumed: got %+v, %v, want %d succeeded", report.Counts, err, n-1)
		}
		s := b.service.Summary()
		if created >= n || s.Created != n || s.Started != n {
			t.Errorf("%d tasks were created when it halted, %d in all, and %d started, want %d each in all", created, s.Created, s.Started, n)
		}
		if got := most(s.Tasks, working); got > 2 {
			t.Errorf("%d tasks were at work at a time, want 2", got)
		}
	})
}

// A run that follows nothing leaves nothing behind that nobody starts.
func TestNothingIsCreatedAheadOfWhatIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Minute), limited(12, "inFlight: 2, createAhead: 3"))
		report, err := b.run(t.Context(), b.plan(), runner.Options{NoFollow: true})
		s := b.service.Summary()
		if err != nil || s.Created != 2 || s.Started != 2 {
			t.Fatalf("got %+v, %v, %d created and %d started, want 2", report.Counts, err, s.Created, s.Started)
		}
	})
}

// Lists fail for minutes when tasks are to be looked for again. They are asked for at
// pauses, for the one task whose turn it is, which is started when they succeed again.
func TestATaskThatWaitsWhileListsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, 10*time.Minute), limited(20, "inFlight: 1, createAhead: 19"))
		p := b.plan()
		began := time.Now()
		failed := 0
		b.intercept = func(action string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			q, err := parametersOf(r)
			if err != nil {
				return nil, err
			}
			if age := time.Since(began); action == "DescribeRestoreTaskList" && q.Get("BackupPlanId") != "" && age > time.Minute && age < 15*time.Minute {
				failed++
				return refusal(http.StatusServiceUnavailable, "ServiceUnavailable"), nil
			}
			return next()
		}
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 20 {
			t.Fatalf("got %+v, %v, want all 20 succeeded", report.Counts, err)
		}
		if s := b.service.Summary(); s.Created != 20 || s.Started != 20 || failed < 5 || failed > 60 {
			t.Errorf("%d created and %d started, want 20; %d lists failed", s.Created, s.Started, failed)
		}
	})
}
