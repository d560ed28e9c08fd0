package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/schema"
)

// bench is the real parts around a run, in virtual time: the client, the
// emulator behind it, and a journal on disk.
type bench struct {
	t         *testing.T
	service   *emulator.DBS
	client    *dbs.Client
	dir       string
	manifest  string
	intercept func(action string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error)
}

// latency is how long a call to the service takes.
const latency = 20 * time.Millisecond

func newBench(t *testing.T, world world.World, manifest string) *bench {
	b := &bench{t: t, dir: t.TempDir(), manifest: manifest}
	service, err := emulator.New(emulator.Options{World: world})
	if err != nil {
		t.Fatal(err)
	}
	b.service = service
	b.client = b.newClient(1000)
	return b
}

// newClient returns a client of the emulator with a request rate.
func (b *bench) newClient(perSecond float64) *dbs.Client {
	b.t.Helper()
	client, err := dbs.New(dbs.Options{Endpoint: "http://127.0.0.1:1", AccessKeyID: "id", AccessKeySecret: "secret", RequestsPerSecond: perSecond,
		Transport: b, Password: func(schema.SecretRef) (secret.Value, error) { return secret.New("pw"), nil }})
	if err != nil {
		b.t.Fatal(err)
	}
	return client
}

// RoundTrip takes a request to the emulator, half the latency each way.
func (b *bench) RoundTrip(r *http.Request) (*http.Response, error) {
	next := func() (*http.Response, error) {
		time.Sleep(latency / 2)
		w := httptest.NewRecorder()
		r2 := r.Clone(r.Context())
		if r2.Body == nil {
			r2.Body = http.NoBody
		}
		b.service.ServeHTTP(w, r2)
		time.Sleep(latency / 2)
		return w.Result(), nil
	}
	if b.intercept == nil {
		return next()
	}
	return b.intercept(r.URL.Query().Get("Action"), r, next)
}

// plan plans the manifest with what the service says now of its backup plans.
func (b *bench) plan() *plan.Plan {
	b.t.Helper()
	d := b.draft(b.manifest)
	answers, err := b.client.BackupPlans(b.t.Context(), d.Questions(nil), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	p, problems := d.Resolve(plan.Facts{Now: time.Now(), Answers: answers})
	if problems.HasErrors() {
		b.t.Fatal(problems)
	}
	return p
}

// draft expands a manifest.
func (b *bench) draft(manifest string) *plan.Draft {
	b.t.Helper()
	m, problems := schema.Parse("test.yaml", []byte(manifest))
	if problems.HasErrors() {
		b.t.Fatal(problems)
	}
	d, problems := plan.Expand(plan.Input{Manifest: m, Now: time.Now()})
	if problems.HasErrors() {
		b.t.Fatal(problems)
	}
	return d
}

// run carries out a plan as the command does, with a journal.
func (b *bench) run(ctx context.Context, p *plan.Plan, o runner.Options) (runner.Report, error) {
	b.t.Helper()
	lock, err := journal.Lock(b.dir, "test")
	if err != nil {
		b.t.Fatal(err)
	}
	defer lock.Release()
	j, err := journal.Open(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	defer j.Close()
	data, err := p.Encode()
	if err != nil {
		b.t.Fatal(err)
	}
	run, err := j.Begin(b.t.Context(), journal.Run{Target: "test", Manifest: p.Manifest.Name, Key: p.Run, Started: time.Now()}, data)
	if err != nil {
		b.t.Fatal(err)
	}
	if o.Past, err = runner.ReadPast(b.t.Context(), j, run); err != nil {
		b.t.Fatal(err)
	}
	return runner.Run(ctx, p, b.client, runner.Journal{J: j, Run: run, Lock: lock}, o)
}

// calls counts the attempts that were sent.
func (b *bench) calls() int {
	n := 0
	for _, c := range b.client.Calls() {
		n += c
	}
	return n
}

// plans returns a world of n backup plans of one database each, whose restores
// last for d in all.
func plans(n int, d time.Duration) world.World {
	w := world.World{Accounts: world.OneKey("id", "secret"), Speed: world.Speed{MinDuration: d}}
	for i := range n {
		w.BackupPlans = append(w.BackupPlans, world.BackupPlan{
			ID: fmt.Sprintf("dbs1plan%02d", i), Region: "cn-hangzhou", DatabaseType: "MySQL", Source: world.Source{InstanceID: fmt.Sprintf("rm-source%02d", i)},
			Databases: []world.Database{{Name: "app", Size: 1 << 30}},
			Ranges:    []world.Range{{From: time.Now().Add(-48 * time.Hour)}},
		})
	}
	return w
}

const header = `
version: 1
name: test
limits: {inFlight: 32, perDestination: 1000, perBackupPlan: 1000, requestsPerSecond: 100, pollInterval: 5s}
defaults:
  region: cn-hangzhou
  at: latest
  destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-drill, userName: u, password: {env: P}}
restores:
`

// restores writes n restores over so many backup plans.
func restores(n, plans int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "  - {name: r%03d, backupPlanId: dbs1plan%02d, databases: [app], rename: \"app_%03d\"}\n", i, i%plans, i)
	}
	return b.String()
}

func TestFiveHundredRestoresStayWithinTheLimitAndShareTheirCalls(t *testing.T) {
	for _, rate := range []float64{1000, 100, 5} {
		t.Run(fmt.Sprintf("at %v requests a second", rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, plans(10, 5*time.Second), restores(500, 10))
				b.client = b.newClient(rate)
				p := b.plan()
				p.Limits.RequestsPerSecond = rate
				report, err := b.run(t.Context(), p, runner.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if report.Counts.Succeeded != 500 {
					t.Errorf("got %+v, want 500 succeeded", report.Counts)
				}
				peak := b.service.Summary().PeakActive
				if peak > 32 {
					t.Errorf("at the peak %d restore tasks were unfinished, the limit is 32", peak)
				}
				perRestore := float64(b.calls()) / 500
				t.Logf("%.2f calls a restore %v, peak %d, %v", perRestore, b.client.Calls(), peak, report.Ended.Sub(report.Started))
				if perRestore >= 2.6 {
					t.Errorf("%.2f API calls a restore, want fewer than 2.6: %v", perRestore, b.client.Calls())
				}
			})
		})
	}
}

func TestARunThatIsOverDoesNothingWhenRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(2, time.Second), restores(6, 2))
		p := b.plan()
		for range 2 {
			report, err := b.run(t.Context(), p, runner.Options{})
			if err != nil || report.Counts.Succeeded != 6 {
				t.Fatalf("got %+v, %v, want 6 succeeded", report.Counts, err)
			}
		}
		if n := b.service.Summary().Created; n != 6 {
			t.Errorf("%d restore tasks were created, want 6", n)
		}
	})
}

// The process ends, in effect, at each write of the journal in turn, just
// before or just after it is durable; the next one ends at its second write;
// and a third goes on.
func TestKilledAtEveryAppendNothingIsMadeTwice(t *testing.T) {
	for _, end := range []struct {
		name          string
		durable, past bool
	}{
		{"after the write", true, true},
		{"before the write", false, true},
		{"after the write, and the journal is lost", true, false},
	} {
		t.Run(end.name, func(t *testing.T) {
			killed := 0
			// What is written together differs from run to run, by how the
			// goroutines fall, so that one run which is over says little.
			for n, over := 1, 0; over < 3; n++ {
				if killedAt(t, n, end.durable, end.past) {
					over++
					continue
				}
				over = 0
				killed++
			}
			if killed < 5 { // intents, answers, intents, answers, ends
				t.Errorf("the run was over after %d writes: there is little that this test has tried", killed)
			}
		})
	}
}

var errKilled = errors.New("killed")

// killedAt reports whether the run was over before its n-th append.
func killedAt(t *testing.T, n int, durable, past bool) (over bool) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(2, time.Second), restores(4, 2))
		p := b.plan()
		log := &mortal{past: runner.Past{}, durable: durable}
		process := func(last int) (runner.Report, error) {
			ctx, kill := context.WithCancelCause(t.Context())
			log.n, log.last, log.kill = 0, last, kill
			return runner.Run(ctx, p, b.client, log, runner.Options{Past: maps.Clone(log.past)})
		}
		_, err := process(n)
		if over = err == nil; !over && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		if !past {
			clear(log.past)
		}
		if _, err := process(2); err != nil && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		report, err := process(0)
		if err != nil || report.Counts.Succeeded != 4 {
			t.Fatalf("killed at append %d: got %+v, %v, want 4 succeeded", n, report.Counts, err)
		}
		if r := b.service.Summary(); r.Created != 4 || r.Started != 4 {
			t.Fatalf("killed at append %d: %d tasks created and %d started, want 4 and 4", n, r.Created, r.Started)
		}
		outcomes, err := log.past.Outcomes(p)
		for _, o := range outcomes {
			if past && o.State.Phase != restore.Succeeded {
				t.Errorf("killed at append %d: the log says %s of %s", n, o.State.Phase, o.Item.Key)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
	return over
}

// mortal is a log in memory whose process dies at its last append.
type mortal struct {
	last    int // 0 for never
	durable bool
	kill    func(error)
	n       int
	past    runner.Past
}

func (m *mortal) Append(_ context.Context, records []runner.Record) error {
	m.n++
	if m.n != m.last || m.durable {
		for _, r := range records {
			data, err := json.Marshal(r)
			if err != nil {
				return err
			}
			var stored runner.Record // as a journal gives it back
			if err := json.Unmarshal(data, &stored); err != nil {
				return err
			}
			m.past.Add(stored)
		}
	}
	if m.n == m.last {
		m.kill(errKilled)
		return errKilled
	}
	return nil
}

func TestLimitsPerDestinationAndPerBackupPlanHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := strings.Replace(restores(12, 3), "perDestination: 1000, perBackupPlan: 1000", "perDestination: 5, perBackupPlan: 2", 1)
		b := newBench(t, plans(3, 10*time.Second), manifest)
		p := b.plan()
		active := map[string]int{}
		report, err := b.run(t.Context(), p, runner.Options{Observe: func(c runner.Change) {
			if c.From.Phase.Active() != c.To.Phase.Active() {
				n := map[bool]int{true: 1, false: -1}[c.To.Phase.Active()]
				id := c.To.Spec().Item.Parameters.BackupPlanId
				active[id] += n
				active["all"] += n
				if active[id] > 2 || active["all"] > 5 {
					t.Errorf("too many at once: %v", active)
				}
			}
		}})
		if err != nil || report.Counts.Succeeded != 12 {
			t.Fatalf("got %+v, %v, want 12 succeeded", report.Counts, err)
		}
	})
}

func TestAnItemWaitsForThoseThatItNeedsAndIsSkippedWhenOneFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plans(2, 3*time.Second)
		w.Destinations = []world.Destination{{ID: "rm-full", Full: true}}
		b := newBench(t, w, header+`
  - {name: last, backupPlanId: dbs1plan00, rename: "a", needs: [second]}
  - {name: second, backupPlanId: dbs1plan01, rename: "b", needs: [first]}
  - {name: first, backupPlanId: dbs1plan00, rename: "c"}
  - {name: broken, backupPlanId: dbs1plan01, rename: "d", destination: {instanceId: rm-full}}
  - {name: hopeless, backupPlanId: dbs1plan00, rename: "e", needs: [broken]}
  - {name: hopeless2, backupPlanId: dbs1plan00, rename: "f", needs: [hopeless]}
`)
		var order []plan.Key
		report, err := b.run(t.Context(), b.plan(), runner.Options{Observe: func(c runner.Change) {
			if c.Event.Kind == restore.Started {
				order = append(order, c.Key)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if c := report.Counts; c.Succeeded != 3 || c.Failed != 1 || c.Skipped != 2 {
			t.Errorf("got %+v, want 3 succeeded, 1 failed, 2 skipped", c)
		}
		order = slices.DeleteFunc(order, func(k plan.Key) bool { return k == "broken" })
		if got := fmt.Sprint(order); got != "[first second last]" {
			t.Errorf("started %s, want first, then second, then last", got)
		}
	})
}

func TestBeyondTheFailureBudgetNothingNewIsBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plans(1, 2*time.Second)
		w.Destinations = []world.Destination{{ID: "rm-drill", Full: true}}
		manifest := strings.Replace(restores(10, 1), "inFlight: 32", "inFlight: 2", 1)
		manifest = strings.Replace(manifest, "limits:", "failure: {max: 3}\nlimits:", 1)
		b := newBench(t, w, manifest)
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !report.Halted || report.Counts.Failed != 4 || report.Counts.Waiting != 6 {
			t.Errorf("got halted %v, %+v, want halted after the 4th failure with 6 waiting", report.Halted, report.Counts)
		}
	})
}

func TestDrainSendsNothingNewAndTheNextRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(2, 10*time.Second), strings.Replace(restores(8, 2), "inFlight: 32", "inFlight: 3", 1))
		p := b.plan()
		drain := make(chan struct{})
		time.AfterFunc(12*time.Second, func() { close(drain) })
		report, err := b.run(t.Context(), p, runner.Options{Drain: drain})
		if err != nil || !report.Drained || report.Counts.Waiting == 0 {
			t.Fatalf("got drained %v, %+v, %v", report.Drained, report.Counts, err)
		}
		created := b.service.Summary().Created
		time.Sleep(time.Minute)
		if n := b.service.Summary().Created; n != created {
			t.Errorf("%d tasks were created after the drain", n-created)
		}
		report, err = b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 8 || b.service.Summary().Created != 8 {
			t.Fatalf("resumed: got %+v, %v, %d created", report.Counts, err, b.service.Summary().Created)
		}
	})
}

func TestALostAnswerToACreateIsLookedForAndNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Second), restores(3, 1))
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			resp, err := next()
			if action == "CreateRestoreTask" || action == "StartRestoreTask" {
				return nil, errors.New("connection reset by peer")
			}
			return resp, err
		}
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if err != nil || report.Counts.Succeeded != 3 {
			t.Fatalf("got %+v, %v, want 3 succeeded", report.Counts, err)
		}
		if calls := b.client.Calls(); calls["CreateRestoreTask"] != 3 || calls["StartRestoreTask"] != 3 {
			t.Errorf("creates and starts were sent %d and %d times, want 3 and 3", calls["CreateRestoreTask"], calls["StartRestoreTask"])
		}
	})
}

func TestWhileTheListCannotBeReadNothingIsCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Second), restores(2, 1))
		p := b.plan()
		until := time.Now().Add(5 * time.Minute)
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if action == "DescribeRestoreTaskList" && time.Now().Before(until) {
				return nil, errors.New("no route to host")
			}
			if action == "CreateRestoreTask" && time.Now().Before(until) {
				t.Error("a task was created before the list could be read")
			}
			return next()
		}
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 2 {
			t.Fatalf("got %+v, %v, want 2 succeeded", report.Counts, err)
		}
	})
}

func TestCredentialsThatAreRefusedStopTheRunAndItResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, 10*time.Second), strings.Replace(restores(4, 1), "inFlight: 32", "inFlight: 2", 1))
		p := b.plan()
		var revoked atomic.Bool
		time.AfterFunc(8*time.Second, func() { revoked.Store(true) })
		b.intercept = func(_ string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if revoked.Load() {
				q := r.URL.Query()
				q.Set("AccessKeyId", "revoked")
				r.URL.RawQuery = q.Encode()
			}
			return next()
		}
		if _, err := b.run(t.Context(), p, runner.Options{}); !errors.Is(err, runner.ErrService) {
			t.Fatalf("got %v, want ErrService", err)
		}
		revoked.Store(false)
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 4 || b.service.Summary().Created != 4 {
			t.Fatalf("resumed: got %+v, %v", report.Counts, err)
		}
	})
}

func TestANewAttemptFollowsAFailureAndCarriesItsOwnName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plans(1, 2*time.Second)
		w.Destinations = []world.Destination{{ID: "rm-drill", Flaky: 1}}
		b := newBench(t, w, strings.Replace(restores(1, 1), "limits:", "failure: {attempts: 2}\nlimits:", 1))
		report, err := b.run(t.Context(), b.plan(), runner.Options{})
		if err != nil || report.Counts.Succeeded != 1 || report.Items[0].State.Attempt != 2 {
			t.Fatalf("got %+v, %v, want success in the second attempt", report.Counts, err)
		}
		tasks := b.service.Summary().Tasks
		if len(tasks) != 2 || tasks[0].Name == tasks[1].Name || tasks[0].ClientToken == tasks[1].ClientToken {
			t.Errorf("got tasks %+v, want two with names and tokens of their own", tasks)
		}
	})
}

func TestWithoutFollowingARunReturnsWhenWhatMayBeginHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Hour), strings.Replace(restores(5, 1), "inFlight: 32", "inFlight: 3", 1))
		report, err := b.run(t.Context(), b.plan(), runner.Options{NoFollow: true})
		if err != nil || report.Counts.Active != 3 || report.Counts.Waiting != 2 || b.service.Summary().Started != 3 {
			t.Fatalf("got %+v, %v, want 3 started and 2 waiting", report.Counts, err)
		}
		if d := report.Ended.Sub(report.Started); d > 10*time.Second {
			t.Errorf("it took %v", d)
		}
		time.Sleep(2 * time.Hour)
		report, err = b.run(t.Context(), b.plan(), runner.Options{NoFollow: true})
		if err != nil || report.Counts.Succeeded != 3 || report.Counts.Active != 2 {
			t.Fatalf("again, later: got %+v, %v, want 3 succeeded and 2 started", report.Counts, err)
		}
	})
}

// Two hosts share nothing but the service, which forgets tokens after a while.
// The slow one proves the absence of tasks long before it creates its own.
func TestTwoHostsStartNothingTwiceThoughTokensAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plans(1, 20*time.Minute)
		w.Behaviour.ClientTokens.Lifetime = 10 * time.Minute
		b := newBench(t, w, restores(3, 1))
		fast, slow := b.plan(), b.plan()
		slow.Limits.InFlight = 1
		var hosts sync.WaitGroup
		for _, p := range []*plan.Plan{slow, fast} {
			hosts.Go(func() {
				report, err := runner.Run(t.Context(), p, b.client, &mortal{past: runner.Past{}}, runner.Options{})
				if err != nil || report.Counts.Succeeded != 3 {
					t.Errorf("got %+v, %v, want 3 succeeded", report.Counts, err)
				}
			})
			time.Sleep(10 * time.Second)
		}
		hosts.Wait()
		r := b.service.Summary()
		if r.Started != 3 {
			t.Errorf("%d tasks were started for 3 items", r.Started)
		}
		if r.Created == 3 {
			t.Error("nothing was created twice: there is nothing that this test has tried")
		}
	})
}

func TestAfterTheDrainNoCreateLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Minute), strings.Replace(restores(100, 1), "inFlight: 32", "inFlight: 100", 1))
		drain := make(chan struct{})
		var drained atomic.Bool
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if action == "CreateRestoreTask" {
				if drained.Load() {
					t.Error("a create left after the drain")
				}
				time.Sleep(20 * time.Second)
			}
			return next()
		}
		time.AfterFunc(5*time.Second, func() { drained.Store(true); close(drain) })
		report, err := b.run(t.Context(), b.plan(), runner.Options{Drain: drain})
		if err != nil || !report.Drained || report.Counts.Active != 32 {
			t.Errorf("got drained %v, %+v, %v, want the 32 calls under way finished", report.Drained, report.Counts, err)
		}
		if d := report.Ended.Sub(report.Started); d > time.Minute {
			t.Errorf("it took %v", d)
		}
	})
}

func TestATaskThatTimedOutKeepsItsPlaceUnderTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := strings.Replace(restores(5, 1), "inFlight: 32", "inFlight: 2", 1)
		b := newBench(t, plans(1, time.Hour), strings.Replace(manifest, "limits:", "failure: {timeout: 1m}\nlimits:", 1))
		p := b.plan()
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.TimedOut != 2 || report.Counts.Waiting != 3 {
			t.Fatalf("got %+v, %v, want 2 timed out and 3 not begun", report.Counts, err)
		}
		time.Sleep(time.Hour)
		for report.Counts.Succeeded < 5 {
			before := report.Counts.Succeeded
			if report, err = b.run(t.Context(), p, runner.Options{}); err != nil || report.Counts.Succeeded == before {
				t.Fatalf("got %+v, %v, want more and more to succeed", report.Counts, err)
			}
			time.Sleep(time.Hour)
		}
		if peak := b.service.Summary().PeakActive; peak > 2 {
			t.Errorf("at the peak %d tasks were unfinished, the limit is 2", peak)
		}
	})
}

// A cache on the way answers the second create with the reply to the first.
func TestOneTaskForTwoItemsStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Second), restores(2, 1))
		var reply []byte
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if action != "CreateRestoreTask" {
				return next()
			}
			if reply == nil {
				resp, err := next()
				if err != nil {
					return nil, err
				}
				reply, err = io.ReadAll(resp.Body)
				if err != nil {
					return nil, err
				}
			}
			w := httptest.NewRecorder()
			_, err := w.Write(reply)
			return w.Result(), err
		}
		p := b.plan()
		p.Limits.InFlight = 1
		p.Items[1].Needs = []plan.Key{p.Items[0].Key}
		_, err := b.run(t.Context(), p, runner.Options{})
		if err == nil || !strings.Contains(err.Error(), "for r000 and for r001") {
			t.Errorf("got %v, want an error that names the task and both items", err)
		}
		if n := b.service.Summary().Started; n != 1 {
			t.Errorf("%d tasks were started, want 1", n)
		}
	})
}
