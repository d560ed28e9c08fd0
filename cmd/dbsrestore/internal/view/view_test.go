package view_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		name    string
		tenants int
		o       view.Options
	}{
		{"plan.txt", 2, view.Options{}},
		{"plan-many.txt", 40, view.Options{}},
		{"plan-verbose.txt", 40, view.Options{Verbose: true}},
		{"plan-80.txt", 2, view.Options{Width: 80}},
		{"plan-color.txt", 2, view.Options{Color: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden(t, c.name, output(func(b *bytes.Buffer) { view.Plan(b, reviewPlan(c.tenants), view.PlanNotes{}, c.o) }))
		})
	}
	t.Run("plan-offline.txt", func(t *testing.T) {
		p := newPlan(item("orders"), item("tenants[acme]"))
		p.Offline, p.Failure.Max, p.Digest = true, "", ""
		for i := range p.Items {
			p.Items[i].Parameters.RestoreTime = 0
			p.Items[i].Open = []string{"at: latest is resolved when the backup plan is asked"}
		}
		p.Items[1].Databases = nil
		golden(t, "plan-offline.txt", output(func(b *bytes.Buffer) { view.Plan(b, p, view.PlanNotes{}, view.Options{}) }))
	})
}

func TestPlanFitsAScreen(t *testing.T) {
	notes := view.PlanNotes{Forecast: plan.Forecast{Rounds: 9, Binds: "perDestination", Of: "rm-bp1drill00001", Items: 18},
		Next: "Saved plan.json. Carry out exactly this plan:", Command: "dbsrestore apply plan.json --digest sha256:" + strings.Repeat("9b1c", 16)}
	for name, p := range map[string]*plan.Plan{"reviewed": reviewPlan(40), "tiers": tiers(400), "reasons": manyReasons(100), "few": reviewPlan(0)} {
		for _, width := range []int{0, 80, 200} {
			got := output(func(b *bytes.Buffer) { view.Plan(b, p, notes, view.Options{Width: width}) })
			if lines := bytes.Count(got, []byte("\n")); lines > 40 {
				t.Errorf("%s at %d columns: got %d lines, want at most 40:\n%s", name, width, lines, got)
			}
			if !bytes.HasSuffix(got, []byte(notes.Command+"\n")) {
				t.Errorf("%s at %d columns: the command is not whole at the end:\n%s", name, width, got)
			}
			all := output(func(b *bytes.Buffer) { view.Plan(b, p, notes, view.Options{Width: width, Verbose: true}) })
			for _, it := range p.Items {
				if width != 80 && !bytes.Contains(all, []byte("  "+string(it.Key)+"  ")) {
					t.Fatalf("%s at %d columns: with -v there is no row of %s:\n%s", name, width, it.Key, all)
				}
			}
		}
	}
}

func TestPlanForecast(t *testing.T) {
	for _, c := range []struct {
		f    plan.Forecast
		want string
	}{
		{plan.Forecast{Rounds: 1, Of: "orders", Items: 1}, "Forecast: at least 1 restore one after another, of unknown duration."},
		{plan.Forecast{Rounds: 3, Binds: "perDestination", Of: "rm-1", Items: 6},
			"Forecast: at least 3 restores one after another, of unknown duration. Binding limit: perDestination 2 for 6 items of rm-1."},
		{plan.Forecast{AtLeast: 95 * time.Minute, Known: 4, Binds: "inFlight", Items: 40},
			"Forecast: at least 1h 35m, to go by the last time of 4 items. Binding limit: inFlight 16 for 40 items."},
		{plan.Forecast{AtLeast: time.Hour, Known: 4, Binds: "requestsPerSecond", Items: 9000},
			"Forecast: at least 1h, to go by the last time of 4 items. Binding limit: requestsPerSecond 5 for 9000 items."},
		{plan.Forecast{AtLeast: time.Hour, Known: 4, Binds: "needs", Of: "orders", Items: 1},
			"Forecast: at least 1h, to go by the last time of 4 items: orders, with what it needs before."},
		{plan.Forecast{AtLeast: time.Hour, Known: 1, Late: []plan.Key{"a", "b"}},
			"! late: 2 items cannot meet objective.rto, to go by the last time: a, b"},
	} {
		got := output(func(b *bytes.Buffer) {
			view.Plan(b, newPlan(item("orders")), view.PlanNotes{Forecast: c.f}, view.Options{})
		})
		if !bytes.Contains(got, []byte("\n"+c.want+"\n")) {
			t.Errorf("got %s\nwant the line %s", got, c.want)
		}
	}
}

// reviewPlan returns a plan with every action, warnings, and so many tenants.
func reviewPlan(tenants int) *plan.Plan {
	orders := item("orders")
	orders.Databases = []plan.Database{{Source: "a", Target: "a"}, {Source: "b", Target: "b_drill"}, {Source: "订单", Target: "订单_drill"}, {Source: "d", Target: "d"}}
	orders.Warnings = []string{"the database type of the backup plan is not known, and its rules are not checked"}
	set := item("set")
	set.At, set.Parameters.RestoreTime, set.Parameters.BackupSetId = "latest-full", 0, "bs-42"
	set.Needs = []plan.Key{"orders", "found"}
	exact := item("exact")
	exact.At = "2026-11-21T01:55:00+08:00" // is what item pins
	found, done, failed, legacy, legacy2 := item("found"), item("done"), item("failed"), item("legacy"), item("legacy2")
	found.Action, found.Reason = plan.Adopt, "restore task s1found exists: running"
	done.Action, done.Reason = plan.Done, "finished in this run: succeeded"
	failed.Action, failed.Reason = plan.Failed, "ended as failed in this run: target storage full; use retry, or another run key"
	legacy.Action, legacy.Reason = plan.Blocked, "the newest restorable moment is 2026-11-19T03:00:00Z"
	legacy2.Action, legacy2.Reason = legacy.Action, legacy.Reason
	p := newPlan(orders, set, exact, found, done, failed, legacy, legacy2)
	for i := range tenants {
		it := item(fmt.Sprintf("tenants[%02d]", i))
		it.Warnings = []string{"destination.port has no effect for instanceType RDS"}
		p.Items = append(p.Items, it)
	}
	p.Failure.Max, p.Failure.Attempts = "10%", 2
	return p
}

func TestLog(t *testing.T) {
	var text, lines bytes.Buffer
	p := newPlan(item("orders"), item("tenants[acme]"))
	log, jsonl := view.NewLog(&text, p), view.NewJSONLines(&lines, p)
	d := wholeRun(t, log.Observe, jsonl.Observe)
	log.Heartbeat(d.now, d.counts())
	jsonl.Heartbeat(d.now, d.counts())
	jsonl.Summary(d.report(), 2)
	golden(t, "log.txt", text.Bytes())
	golden(t, "log.jsonl", lines.Bytes())
	for line := range strings.Lines(lines.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("got a line that is not JSON: %s", line)
		}
	}
}

func TestLogTellsOfFailedCallsOnce(t *testing.T) {
	var text bytes.Buffer
	p := newPlan(item("a"), item("b"))
	d := newDrill(t, p)
	d.observe = append(d.observe, view.NewLog(&text, p).Observe)
	d.begin("a", "s1a")
	d.begin("b", "s1b")
	text.Reset()
	poll := failed(restore.PollFailed, restore.Failure{Class: restore.Throttled, Code: "Throttling"})
	running := polled(task("s1a", restore.StatusRunning, restore.Progress{}))
	for _, step := range []struct {
		what  string
		key   plan.Key
		pause time.Duration
		event restore.Event
		want  string
	}{
		{"the first failure", "a", 0, poll, "throttle a"},
		{"another item of the same call", "b", 0, poll, ""},
		{"the same item again", "a", time.Second, poll, ""},
		{"a success", "a", time.Second, running, "phase    a  running"},
		{"a failure after a success", "a", time.Second, poll, "throttle a"},
		{"an item that still fails", "b", time.Second, poll, ""},
	} {
		d.after(step.pause)
		d.apply(step.key, step.event)
		if got := text.String(); step.want == "" && got != "" || !strings.Contains(got, step.want) {
			t.Errorf("%s: got %q, want %q in it", step.what, got, step.want)
		}
		text.Reset()
	}
}

func TestLogNamesWhatATaskIsAt(t *testing.T) {
	var text bytes.Buffer
	p := newPlan(item("a"))
	d := newDrill(t, p)
	d.observe = append(d.observe, view.NewLog(&text, p).Observe)
	d.begin("a", "s1")
	strange := task("s1", restore.StatusUnrecognized, restore.Progress{})
	strange.RawStatus = "hibernating"
	for _, c := range []struct {
		task restore.Task
		want string
	}{
		{task("s1", restore.StatusCheckPass, restore.Progress{}), "check_pass"},
		{task("s1", restore.StatusRunning, restore.Progress{}), "running"},
		{task("s1", restore.StatusRunning, restore.Progress{Structure: 5}), "structure 5%"},
		{task("s1", restore.StatusRunning, restore.Progress{Structure: 100, Data: -1}), "data ?"},
		{task("s1", restore.StatusRunning, restore.Progress{Structure: 100, Data: 100, After: 50}), "indexes 50%"},
		{task("s1", restore.StatusPause, restore.Progress{Structure: 100, Data: 100, After: 50}), "paused"},
		{strange, "status hibernating"},
	} {
		text.Reset()
		d.apply("a", polled(c.task))
		if got, want := text.String(), "2026-11-20T18:00:01Z phase    a  "+c.want+"\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPlanSaysInWordsWhenARunStops(t *testing.T) {
	for limit, want := range map[string]string{
		"":    "the run never stops for them.",
		"0":   "the run stops at the 1st failure; those in flight finish, exit status 4.",
		"1":   "the run stops at the 2nd failure; those in flight finish, exit status 4.",
		"10":  "the run stops at the 11th failure; those in flight finish, exit status 4.",
		"22":  "the run stops at the 23rd failure; those in flight finish, exit status 4.",
		"2%":  "the run stops at the 1st failure (2% of 1 item); those in flight finish, exit status 4.",
		"odd": "at most odd.",
	} {
		p := newPlan(item("orders"))
		p.Failure.Max = limit
		got := output(func(b *bytes.Buffer) { view.Plan(b, p, view.PlanNotes{}, view.Options{}) })
		if !bytes.Contains(got, []byte("\nFailures: "+want)) {
			t.Errorf("max %q: got %s, want %q in it", limit, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Run("names all that did not succeed, and what to do", func(t *testing.T) {
		d := wholeRun(t)
		golden(t, "summary.txt", output(func(b *bytes.Buffer) { view.Summary(b, d.plan, d.report(), view.Options{Width: 80}) }))
	})
	t.Run("of a good run is short", func(t *testing.T) {
		d := newDrill(t, newPlan(item("orders")))
		d.begin("orders", "s1")
		d.after(time.Minute)
		d.apply("orders", polled(task("s1", restore.StatusSucceeded, restore.Progress{})))
		golden(t, "summary-good.txt", output(func(b *bytes.Buffer) { view.Summary(b, d.plan, d.report(), view.Options{}) }))
	})
	t.Run("says first how the run ended, and calls it a success only when every item succeeded", func(t *testing.T) {
		for _, c := range []struct {
			r    runner.Report
			want string
		}{
			{runner.Report{}, "nothing to do"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 2}}, "SUCCEEDED"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 1, Failed: 1}}, "FAILED"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 1, TimedOut: 1}}, "FAILED"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 1, Unknown: 1}}, "FAILED"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 1, Skipped: 1}}, "INCOMPLETE"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 1, Blocked: 1}}, "INCOMPLETE"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 1, Active: 1}}, "UNFINISHED"},
			{runner.Report{Counts: runner.Counts{Total: 2, Succeeded: 1, Waiting: 1}}, "UNFINISHED"},
			{runner.Report{Counts: runner.Counts{Total: 3, Failed: 1, Waiting: 2}, Halted: true}, "HALTED: too many failures"},
			{runner.Report{Counts: runner.Counts{Total: 3, Active: 1, Waiting: 2}, Drained: true}, "INTERRUPTED"},
		} {
			text := output(func(b *bytes.Buffer) { view.Summary(b, newPlan(), c.r, view.Options{}) })
			head, _, _ := strings.Cut(string(text), "\n")
			if want := "quarterly-drill  run 2026-q4  " + c.want + "  0s"; head != want {
				t.Errorf("%+v: got %q, want %q", c.r, head, want)
			}
		}
	})
}

func TestStatus(t *testing.T) {
	d := wholeRun(t)
	run := view.RunInfo{Manifest: "quarterly-drill", Key: "2026-q4", Target: "https://dbs-api.cn-hangzhou.aliyuncs.com 1234", Started: start}
	t.Run("status.txt", func(t *testing.T) {
		golden(t, "status.txt", output(func(b *bytes.Buffer) { view.Status(b, run, d.outcomes(), d.now, view.Options{Width: 120}) }))
	})
	t.Run("says how a run stands", func(t *testing.T) {
		for _, c := range []struct {
			run  view.RunInfo
			want string
		}{
			{view.RunInfo{}, "not started"},
			{view.RunInfo{Started: start}, "unfinished  started 2026-11-20T18:00:00Z  1h ago"},
			{view.RunInfo{Started: start, Ended: start.Add(time.Minute)}, "ended  started 2026-11-20T18:00:00Z  took 1m"},
			{view.RunInfo{Started: start, Ended: start.Add(time.Minute), Outcome: "halted"}, "halted  started 2026-11-20T18:00:00Z  took 1m"},
		} {
			got := output(func(b *bytes.Buffer) { view.Status(b, c.run, nil, start.Add(time.Hour), view.Options{}) })
			if line := strings.Split(string(got), "\n")[1]; line != c.want {
				t.Errorf("%+v: got %q, want %q", c.run, line, c.want)
			}
		}
	})
	t.Run("status.json", func(t *testing.T) {
		run := run
		run.Ended, run.Outcome = d.now, "finished, some items failed"
		golden(t, "status.json", output(func(b *bytes.Buffer) {
			if err := view.StatusJSON(b, run, d.outcomes()); err != nil {
				t.Fatal(err)
			}
		}))
	})
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"},
		{-time.Hour, "0s"},
		{20 * time.Millisecond, "0s"},
		{800 * time.Millisecond, "0.8s"},
		{970 * time.Millisecond, "1s"},
		{42 * time.Second, "42s"},
		{59*time.Second + 700*time.Millisecond, "1m"},
		{7*time.Minute + 26*time.Second, "7m26s"},
		{7*time.Minute + 6*time.Second, "7m06s"},
		{time.Hour - time.Millisecond, "1h"},
		{time.Hour + 23*time.Minute + 29*time.Second, "1h 23m"},
		{time.Hour + 59*time.Minute + 31*time.Second, "2h"},
		{30*time.Hour + 5*time.Minute, "30h 05m"},
	} {
		if got := view.Duration(c.d); got != c.want {
			t.Errorf("Duration(%s): got %q, want %q", c.d, got, c.want)
		}
	}
}
