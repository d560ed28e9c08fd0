package view_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

var update = flag.Bool("update", false, "rewrite testdata from what the code does; commit only what you understand")

// golden compares an output with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

// start is when the runs of these tests begin.
var start = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)

// item returns an item of a plan that restores one database.
func item(key string) plan.Item {
	return plan.Item{
		Key: plan.Key(key), Action: plan.Restore, At: "latest", Declared: "sha256:d1",
		Parameters:  plan.Parameters{BackupPlanId: "dbs1hvb0wwexample", RestoreTime: start.Add(-5 * time.Minute).UnixMilli()},
		Databases:   []plan.Database{{Source: "shop", Target: "shop_drill"}},
		Destination: "rm-bp1drill00001",
	}
}

// newPlan returns a plan of items.
func newPlan(items ...plan.Item) *plan.Plan {
	return &plan.Plan{
		FormatVersion: plan.FormatVersion,
		Manifest:      plan.ManifestRef{Name: "quarterly-drill", File: "drill.yaml", Digest: "sha256:4e8d21f0aa"},
		Run:           "2026-q4",
		Limits: schema.Limits{InFlight: 16, PerDestination: 2, PerBackupPlan: 4, RequestsPerSecond: 5,
			PollInterval: schema.Duration(5 * time.Second)},
		Failure: schema.Failure{Max: "5", Attempts: 1, Timeout: schema.Duration(12 * time.Hour)},
		Items:   items,
		Digest:  "sha256:9b1ce2aa0c4d0f6b7f2a4bb0a9e7d3c5f1a8e6d2c4b0f9e8d7c6b5a4f3e2d1c0",
	}
}

// drill is a run whose events a test writes down one by one.
type drill struct {
	t       *testing.T
	plan    *plan.Plan
	now     time.Time
	states  map[plan.Key]restore.State
	observe []func(runner.Change)
}

// newDrill returns the beginning of a run of p.
func newDrill(t *testing.T, p *plan.Plan) *drill {
	d := &drill{t: t, plan: p, now: start, states: make(map[plan.Key]restore.State)}
	for i := range p.Items {
		it := &p.Items[i]
		if it.Action == plan.Blocked {
			continue
		}
		d.states[it.Key] = restore.New(restore.Spec{Item: it, Attempts: p.Failure.Attempts, Identity: func(n int) plan.Attempt {
			return plan.Attempt{
				ClientToken:     plan.Token(fmt.Sprintf("token%d%s", n, it.Key)),
				RestoreTaskName: fmt.Sprintf("quarterly-drill-%s-%d", it.Key, n),
			}
		}})
	}
	return d
}

// after lets time pass.
func (d *drill) after(pause time.Duration) { d.now = d.now.Add(pause) }

// apply brings events to an item at the present moment.
func (d *drill) apply(key plan.Key, events ...restore.Event) {
	d.t.Helper()
	for _, e := range events {
		e.At = d.now
		from := d.states[key]
		to, err := from.Apply(e)
		if err != nil {
			d.t.Fatal(err)
		}
		d.states[key] = to
		for _, observe := range d.observe {
			observe(runner.Change{Key: key, From: from, To: to, Event: e, Counts: d.counts()})
		}
	}
}

func (d *drill) counts() runner.Counts {
	c := runner.Counts{Total: len(d.plan.Items), Blocked: len(d.plan.Items) - len(d.states)}
	for _, s := range d.states {
		switch {
		case s.Phase == restore.Succeeded:
			c.Succeeded++
		case s.Phase == restore.Failed:
			c.Failed++
		case s.Phase == restore.TimedOut:
			c.TimedOut++
		case s.Phase == restore.Unknown:
			c.Unknown++
		case s.Phase == restore.Skipped:
			c.Skipped++
		case s.Phase.Active():
			c.Active++
		default:
			c.Waiting++
		}
	}
	return c
}

func (d *drill) outcomes() []runner.Outcome {
	var list []runner.Outcome
	for i := range d.plan.Items {
		it := &d.plan.Items[i]
		s := d.states[it.Key]
		list = append(list, runner.Outcome{Item: it, State: &s})
	}
	return list
}

func (d *drill) report() runner.Report {
	return runner.Report{Started: start, Ended: d.now, Items: d.outcomes(), Counts: d.counts()}
}

// The events of a life, as short as the tests need them.

func looked(tasks ...restore.Task) restore.Event {
	return restore.Event{Kind: restore.Looked, Tasks: tasks}
}

func polled(tasks ...restore.Task) restore.Event {
	return restore.Event{Kind: restore.Polled, Tasks: tasks}
}

func intended(effect restore.ActionKind) restore.Event {
	return restore.Event{Kind: restore.Intended, Effect: effect, Attempt: 1}
}

func failed(kind restore.EventKind, f restore.Failure) restore.Event {
	return restore.Event{Kind: kind, Failure: &f}
}

func task(id string, status restore.Status, p restore.Progress) restore.Task {
	return restore.Task{ID: id, Status: status, RawStatus: string(status), Progress: p}
}

// begin brings an item to a started task.
func (d *drill) begin(key plan.Key, id string) {
	d.t.Helper()
	d.apply(key, looked(), intended(restore.Create), restore.Event{Kind: restore.Answered, TaskID: id})
	d.after(time.Second)
	d.apply(key, looked(task(id, restore.StatusInit, restore.Progress{})), intended(restore.Start), restore.Event{Kind: restore.Started})
}

// wholeRun plays a run in which items end in every way, or do not end.
func wholeRun(t *testing.T, observe ...func(runner.Change)) *drill {
	t.Helper()
	legacy := item("legacy")
	legacy.Action, legacy.Reason = plan.Blocked, "the newest restorable moment is 2026-11-19T03:00:00Z"
	p := newPlan(item("orders"), item("tenants[acme]"), item("tenants[zeta]"), item("found"), item("lost"),
		item("refused"), item("slow"), item("reports"), item("running"), item("later"), legacy)
	p.Failure.Attempts = 2
	d := newDrill(t, p)
	d.observe = observe

	lost := failed(restore.CreateFailed, restore.Failure{Class: restore.Lost, Action: "CreateRestoreTask", Code: "ConnectionReset"})

	d.begin("orders", "s1orders")
	d.apply("orders", polled(task("s1orders", restore.StatusRunning, restore.Progress{Structure: 100, Data: 12})))
	d.after(time.Minute)
	d.apply("orders", polled(task("s1orders", restore.StatusRunning, restore.Progress{Structure: 100, Data: 42})))
	d.apply("found", looked(task("s1found", restore.StatusRunning, restore.Progress{Structure: 30}), task("s2found", restore.StatusInit, restore.Progress{})))
	d.apply("lost", looked(), intended(restore.Create), lost)
	d.apply("refused", looked(), intended(restore.Create), failed(restore.CreateFailed, restore.Failure{Class: restore.Throttled, Action: "CreateRestoreTask", Code: "Throttling", RequestID: "0C1B"}))
	d.apply("refused", intended(restore.Create), failed(restore.CreateFailed, restore.Failure{Class: restore.Throttled, Action: "CreateRestoreTask", Code: "Throttling", RequestID: "0C1C"}))
	d.after(time.Second)
	d.apply("refused", intended(restore.Create), failed(restore.CreateFailed, restore.Failure{Class: restore.Refused, Action: "CreateRestoreTask",
		Code: "Forbidden.RAM", Message: `user "drill" is not authorized`, RequestID: "0C1D"}))
	d.apply("reports", restore.Event{Kind: restore.Skip, Failure: &restore.Failure{Class: restore.Refused, Code: "Skipped", Message: "refused did not succeed"}})
	d.begin("slow", "s1slow")
	d.begin("tenants[acme]", "s1acme")
	d.begin("tenants[zeta]", "s1zeta")
	d.begin("running", "s1run")
	d.after(time.Minute)
	bad := restore.Failure{Class: restore.Lost, Action: "DescribeRestoreTaskList", Code: "ServiceUnavailable", Message: "try again", RequestID: "77AD"}
	d.apply("slow", failed(restore.PollFailed, bad))
	d.apply("running", failed(restore.PollFailed, bad)) // the same call
	full := task("s1acme", restore.StatusFailed, restore.Progress{})
	full.Message = "target storage full"
	d.apply("tenants[acme]", polled(full))
	d.begin("tenants[acme]", "s2acme")
	for !d.states["lost"].Phase.Ended() {
		if d.states["lost"].Phase == restore.Absent {
			d.apply("lost", intended(restore.Create), lost)
		}
		d.after(30 * time.Second)
		d.apply("lost", looked())
	}
	full.ID = "s2acme"
	d.apply("tenants[acme]", polled(full))
	d.apply("tenants[zeta]", restore.Event{Kind: restore.Prechecked, Precheck: &restore.Precheck{Status: "failed", Failed: true, Reasons: []string{"no privilege on destination"}}})
	d.apply("orders", polled(task("s1orders", restore.StatusRunning, restore.Progress{Structure: 100, Data: 100, After: 100, Log: 7})))
	d.after(time.Minute)
	d.apply("orders", polled(task("s1orders", restore.StatusSucceeded, restore.Progress{})))
	d.after(12 * time.Hour)
	d.apply("slow", polled(task("s1slow", restore.StatusRunning, restore.Progress{Data: -1})))
	return d
}

// output returns what a function writes.
func output(write func(*bytes.Buffer)) []byte {
	var b bytes.Buffer
	write(&b)
	return b.Bytes()
}
