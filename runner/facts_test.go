package runner_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// known returns the plan that somebody makes who knows what the service knows.
func (b *bench) known(manifest string, journal map[plan.Key]plan.Known) *plan.Plan {
	b.t.Helper()
	d := b.draft(manifest)
	facts, _, err := runner.ReadFacts(b.t.Context(), b.client, d, d.Bare(), journal, time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	p, problems := d.Resolve(facts)
	if problems.HasErrors() {
		b.t.Fatal(problems)
	}
	return p
}

// actions says what a plan does with each item.
func actions(p *plan.Plan) string {
	var words []string
	for _, it := range p.Items {
		words = append(words, string(it.Key)+" "+string(it.Action))
	}
	return strings.Join(words, ", ")
}

// Counted where the requests arrive.
func TestPlanningAsksAsOftenAsThereAreBackupPlans(t *testing.T) {
	const list, ranges, sets, tasks, gateways = "DescribeBackupPlanList", "DescribeRestoreRangeInfo", "DescribeFullBackupList", "DescribeRestoreTaskList", "DescribeBackupGatewayList"
	const agent = "destination: {instanceType: Agent, backupGatewayId: 7, ip: 10.0.0.1, port: 3306, restoreDir: /d}"
	for _, tt := range []struct {
		name   string
		fields string         // of every restore
		want   map[string]int // calls for any number of items over 10 backup plans
	}{
		{"the newest moment", "at: latest", map[string]int{list: 1, tasks: 10, ranges: 10}},
		{"a time back", "at: -6h", map[string]int{list: 1, tasks: 10, ranges: 10}},
		{"the newest backup set", "at: latest-full", map[string]int{list: 1, tasks: 10, sets: 10}},
		{"a backup set by id", "at: {backupSetId: 1ib01}", map[string]int{list: 1, tasks: 10, sets: 10}},
		{"behind a gateway", "at: latest, " + agent, map[string]int{list: 1, tasks: 10, ranges: 10, gateways: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := plans(10, time.Second)
			w.Gateways = []world.Gateway{{ID: 7, Region: "cn-hangzhou"}}
			for i := range w.BackupPlans {
				w.BackupPlans[i].BackupSets = []world.BackupSet{{ID: "1ib01", From: time.Now().Add(-3 * time.Hour), To: time.Now().Add(-2 * time.Hour)}}
			}
			for _, n := range []int{10, 100, 1000} {
				got := callsOfPlanning(t, w, strings.ReplaceAll(restores(n, 10), "databases:", tt.fields+", databases:"))
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%d items over 10 backup plans (-want +got):\n%s", n, diff)
				}
			}
		})
	}
}

// The ranges of a backup plan are asked for in the window that the plan tells, so that
// two calls follow each other. The lists are read meanwhile.
func TestPlanningAsksSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(10, 10)
		b := newBench(t, plans(10, time.Second), manifest)
		begun := time.Now()
		b.known(manifest, nil)
		if took := time.Since(begun); took != 2*latency {
			t.Errorf("planning took %s, want %s: two calls, one after the other", took, 2*latency)
		}
	})
}

// What cannot be asked is told with the same words each time, whichever call fails
// first.
func TestPlanningFailsByItsFirstRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(1, 1)
		b := newBench(t, plans(1, time.Second), manifest)
		b.intercept = func(action string, _ *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
			if action == "DescribeRestoreTaskList" {
				time.Sleep(time.Second) // the others have failed by then
			}
			return refusal(http.StatusNotFound, "InvalidAccessKeyId.NotFound"), nil
		}
		d := b.draft(manifest)
		_, _, err := runner.ReadFacts(t.Context(), b.client, d, d.Bare(), nil, time.Now())
		if f, ok := errors.AsType[*restore.Failure](err); !ok || f.Action != "DescribeRestoreTaskList" {
			t.Errorf("got %v, want that DescribeRestoreTaskList is refused", err)
		}
	})
}

// On another machine, where the lists tell that everything is done, nothing else is
// needed: neither what can be restored, nor whether that could be asked.
func TestWhatTheListsDecideNeedsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(10, 10)
		b := newBench(t, plans(10, time.Second), manifest)
		if report, err := b.run(t.Context(), b.known(manifest, nil), runner.Options{}); err != nil || report.Counts.Succeeded != 10 {
			t.Fatalf("got %+v, %v, want 10 succeeded", report.Counts, err)
		}
		var mu sync.Mutex
		calls := map[string]int{}
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			mu.Lock()
			calls[action]++
			mu.Unlock()
			if action == "DescribeRestoreTaskList" {
				return next()
			}
			return refusal(http.StatusForbidden, "InvalidAccessKeyId.Inactive"), nil
		}
		if n := b.known(manifest, nil).Count()[plan.Done]; n != 10 {
			t.Errorf("%d of 10 items are done", n)
		}
		if diff := cmp.Diff(map[string]int{"DescribeRestoreTaskList": 10, "DescribeBackupPlanList": 1}, calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

// callsOfPlanning plans a manifest, of which every item must be to do, and counts
// the requests by their operation as they arrive over HTTP.
func callsOfPlanning(t *testing.T, w world.World, manifest string) map[string]int {
	t.Helper()
	b := newBench(t, w, manifest)
	var mu sync.Mutex
	calls := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls[r.URL.Query().Get("Action")]++
		mu.Unlock()
		b.service.ServeHTTP(w, r)
	}))
	defer server.Close()
	client, err := dbs.New(dbs.Options{Endpoint: server.URL, AccessKeyID: "id", AccessKeySecret: "secret", RequestsPerSecond: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	b.client = client
	p := b.known(manifest, nil)
	if n := p.Count()[plan.Restore]; n != len(p.Items) {
		t.Fatalf("%d of %d items are to be restored: %s", n, len(p.Items), p.Items[0].Reason)
	}
	return calls
}

// Another machine, which has no journal, plans what is left to do.
func TestWhatExistsIsPlannedAsThereIsNoJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(4, 2)
		b := newBench(t, plans(2, time.Minute), manifest)
		first := b.known(manifest, nil)
		if got, want := actions(first), "r000 restore, r001 restore, r002 restore, r003 restore"; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		if _, err := b.run(t.Context(), only(first, "r000"), runner.Options{}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		_, _ = b.run(ctx, only(first, "r001"), runner.Options{})
		time.Sleep(time.Hour) // latest moves on

		second := b.known(manifest, nil)
		if got, want := actions(second), "r000 done, r001 done, r002 restore, r003 restore"; got != want {
			t.Errorf("an hour later: got %s, want %s", got, want)
		}
		if got, want := second.Items[0].Parameters, first.Items[0].Parameters; got != want {
			t.Errorf("of what is done the plan says %+v, want what was sent, %+v", got, want)
		}
		if second.Items[2].Parameters.RestoreTime <= first.Items[2].Parameters.RestoreTime {
			t.Error("of what is to do the plan does not restore the latest moment")
		}
		data, err := second.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Decode(data); err != nil {
			t.Errorf("the plan cannot be read back: %v", err)
		}
		b.dir = t.TempDir() // another machine
		report, err := b.run(t.Context(), second, runner.Options{})
		if err != nil || report.Counts.Succeeded != 4 {
			t.Errorf("got %+v, %v, want 4 succeeded", report.Counts, err)
		}
		if n := b.service.Summary().Created; n != 4 {
			t.Errorf("%d restore tasks were created, want 4", n)
		}
	})
}

// only returns a plan with some of its items.
func only(p *plan.Plan, keys ...plan.Key) *plan.Plan {
	q := *p
	q.Items = slices.DeleteFunc(slices.Clone(p.Items), func(it plan.Item) bool { return !slices.Contains(keys, it.Key) })
	return &q
}

// What an adopted task shows while it runs.
func TestATaskThatRunsIsAdoptedByThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(1, 1)
		b := newBench(t, plans(1, time.Hour), manifest)
		report, err := b.run(t.Context(), b.known(manifest, nil), runner.Options{NoFollow: true})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		it := b.known(manifest, nil).Items[0]
		id := report.Items[0].State.TaskID
		if it.Action != plan.Adopt || !strings.Contains(it.Reason, id) {
			t.Errorf("got %s because %q, want adopt because of %s", it.Action, it.Reason, id)
		}
	})
}

// A task that was made before tells which server has which address, and so that
// two destinations are one.
func TestATaskTellsTheNamesOfItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(2, 1)
		b := newBench(t, plans(1, time.Second), manifest)
		if _, err := b.run(t.Context(), only(b.known(manifest, nil), "r000"), runner.Options{}); err != nil {
			t.Fatal(err)
		}
		tasks, err := b.client.RestoreTasks(t.Context(), b.draft(manifest).Sites()[0], "dbs1plan00", time.Time{})
		if err != nil || len(tasks) != 1 {
			t.Fatalf("got %d tasks, %v, want 1", len(tasks), err)
		}
		made := tasks[0].Parameters
		manifest += fmt.Sprintf(`  - {name: by-address, backupPlanId: dbs1plan00, databases: [app], rename: app_001,
      destination: {instanceType: Other, ip: "%s", port: %d}}`, made.DestinationEndpointIP, made.DestinationEndpointPort)
		d := b.draft(manifest)
		facts, _, err := runner.ReadFacts(t.Context(), b.client, d, d.Bare(), nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		_, problems := d.Resolve(facts)
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), "r001 (app as app_001) and by-address (app as app_001) would become one database") {
			t.Errorf("got %v, want the two to be one database", problems)
		}
	})
}

// What a failed task means is up to the attempts that the manifest allows.
func TestAFailedTaskIsPlannedAsTheRunWouldGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := restores(1, 1)
		twice := strings.Replace(once, "defaults:", "failure: {attempts: 2}\ndefaults:", 1)
		w := plans(1, time.Second)
		w.Faults.Rules = []world.Fault{{Kind: "taskChanged", Operation: "StartRestoreTask", Word: "stop", Count: 1}}
		b := newBench(t, w, once)
		report, err := b.run(t.Context(), b.known(once, nil), runner.Options{})
		if err != nil || report.Counts.Failed != 1 {
			t.Fatalf("got %+v, %v, want 1 failed", report.Counts, err)
		}
		id := report.Items[0].State.TaskID
		it := b.known(once, nil).Items[0]
		if it.Action != plan.Failed || !strings.Contains(it.Reason, "ended as failed in this run by restore task "+id) {
			t.Errorf("one attempt: got %s because %q, want failed by %s", it.Action, it.Reason, id)
		}
		p := b.known(twice, nil)
		it = p.Items[0]
		if it.Action != plan.Restore || !strings.Contains(it.Reason, "restore task "+id+" ended as failed, and failure.attempts allows another: ") {
			t.Errorf("two attempts: got %s because %q, want restore because %s failed", it.Action, it.Reason, id)
		}
		b.dir = t.TempDir()
		report, err = b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 1 || report.Items[0].State.Attempt != 2 {
			t.Errorf("got %+v, %v, want 1 succeeded at the second attempt", report.Counts, err)
		}
		if n := b.service.Summary().Created; n != 2 {
			t.Errorf("%d restore tasks were created, want 2", n)
		}
	})
}

// The earliest of two tasks of one name is gone on with, the other one named.
func TestATaskTooManyIsNamedByThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(1, 1)
		b := newBench(t, plans(1, time.Hour), manifest)
		it := b.known(manifest, nil).Items[0]
		var ids []string
		for _, token := range []plan.Token{"one", "two"} {
			a := plan.Attempt{ClientToken: token, RestoreTaskName: it.RestoreTaskName}
			id, err := b.client.CreateRestoreTask(t.Context(), it.Site, a, it.Parameters, it.Password)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
			time.Sleep(time.Second)
		}
		it = b.known(manifest, nil).Items[0]
		if it.Action != plan.Adopt || !strings.Contains(it.Reason, ids[0]) || len(it.Warnings) != 1 || !strings.Contains(it.Warnings[0], ids[1]) {
			t.Errorf("got %s because %q with warnings %q, want %s adopted and a warning of %s", it.Action, it.Reason, it.Warnings, ids[0], ids[1])
		}
	})
}

// A task that carries our name and is another's, as after a change by hand, is
// left alone.
func TestATaskOfOurNameWithOtherParametersBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manifest := restores(1, 1)
		b := newBench(t, plans(1, time.Hour), manifest)
		p := b.known(manifest, nil)
		a := plan.Attempt{ClientToken: "another", RestoreTaskName: p.Items[0].RestoreTaskName}
		parameters := p.Items[0].Parameters
		parameters.DestinationEndpointInstanceID = "rm-another"
		secret := p.Items[0].Password
		if _, err := b.client.CreateRestoreTask(t.Context(), p.Items[0].Site, a, parameters, secret); err != nil {
			t.Fatal(err)
		}
		it := b.known(manifest, nil).Items[0]
		if it.Action != plan.Blocked || !strings.Contains(it.Reason, "differs in DestinationEndpointInstanceID") {
			t.Errorf("got %s because %q, want blocked because it differs", it.Action, it.Reason)
		}
	})
}
