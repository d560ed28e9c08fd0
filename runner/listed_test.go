package runner_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// The tasks of hours ago are not listed again for each restore of today: what a list
// showed that was read for one restore holds for those that wait.
func TestListsOfALongRunStayShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 600
		b := newBench(t, plans(1, time.Minute), strings.Replace(restores(n, 1), "inFlight: 32", "inFlight: 4", 1))
		p := b.plan()
		var mu sync.Mutex
		lists, further := 0, 0
		b.intercept = func(action string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			q, err := parametersOf(r)
			if err != nil {
				return nil, err
			}
			if action == "DescribeRestoreTaskList" && q.Get("BackupPlanId") != "" {
				mu.Lock()
				lists++
				if q.Get("PageNum") != "0" {
					further++
				}
				mu.Unlock()
			}
			return next()
		}
		began := time.Now()
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != n {
			t.Fatalf("got %+v, %v, want all %d succeeded", report.Counts, err, n)
		}
		if took := time.Since(began); took < 2*time.Hour {
			t.Fatalf("took %v: too short to tell", took)
		}
		if lists > n/3 || lists < n/8 || further > 0 {
			t.Errorf("got %d pages of lists, %d of them further ones, want %d lists of one page", lists, further, n/4)
		}
	})
}

// What planning has listed a moment ago is not listed again before the first creates.
// It is when it is older, by any clock, and where a task was found.
func TestAListThatPlanningHasReadIsTakenOver(t *testing.T) {
	for name, tt := range map[string]struct {
		later time.Duration
		moved time.Duration // the clock was set forward by so much
		made  bool          // there is a task of an item of the second backup plan
		want  string
	}{
		"at once":                {want: "create dbs1plan00, create dbs1plan01"},
		"nearly too late":        {later: 9900 * time.Millisecond, want: "create dbs1plan00, create dbs1plan01"},
		"too late":               {later: 10 * time.Second, want: "list dbs1plan00, list dbs1plan01"},
		"by a clock set forward": {moved: time.Minute, want: "list dbs1plan00, list dbs1plan01"},
		"by a clock set back":    {moved: -time.Minute, want: "list dbs1plan00, list dbs1plan01"},
		"where a task was found": {made: true, want: "create dbs1plan00, list dbs1plan01"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, plans(2, time.Minute), restores(4, 2))
				if tt.made {
					if _, err := b.run(t.Context(), only(b.plan(), "r001"), runner.Options{}); err != nil {
						t.Fatal(err)
					}
					b.dir = t.TempDir()
				}
				d := b.draft(b.manifest)
				facts, lists, err := runner.ReadFacts(t.Context(), b.client, d, d.Bare(), nil, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				p, problems := d.Resolve(facts)
				if problems.HasErrors() {
					t.Fatal(problems)
				}
				time.Sleep(tt.later)
				for s, asked := range lists {
					if tt.moved != 0 {
						lists[s] = asked.Round(0).Add(-tt.moved)
					}
				}
				var mu sync.Mutex
				first := map[string]string{} // by backup plan
				b.intercept = func(action string, r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
					q, err := parametersOf(r)
					if err != nil {
						return nil, err
					}
					mu.Lock()
					if id := q.Get("BackupPlanId"); id != "" && first[id] == "" {
						first[id] = map[string]string{"CreateRestoreTask": "create", "DescribeRestoreTaskList": "list"}[action] + " " + id
					}
					mu.Unlock()
					return next()
				}
				report, err := b.run(t.Context(), p, runner.Options{Empty: lists})
				if err != nil || report.Counts.Succeeded != 4 {
					t.Fatalf("got %+v, %v, want all 4 succeeded", report.Counts, err)
				}
				if got := first["dbs1plan00"] + ", " + first["dbs1plan01"]; got != tt.want {
					t.Errorf("got first: %s, want %s", got, tt.want)
				}
				if got := len(b.service.Summary().Tasks); got != 4 {
					t.Errorf("got %d tasks, want 4", got)
				}
			})
		})
	}
}

// Planning does not compare a list with restores that the journal knows, so that it
// shows nothing of those: here, that the task with the name of one is another's.
func TestAListThatPlanningHasReadSaysNothingOfWhatTheJournalKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(1, time.Minute), restores(2, 1))
		p := b.plan()
		first := p.Items[0]
		others := first.Parameters
		others.DestinationEndpointInstanceID = "rm-other"
		if _, err := b.client.CreateRestoreTask(t.Context(), first.Site, first.Attempt(p, 1), others, first.Password); err != nil {
			t.Fatal(err)
		}
		unknown := func(report runner.Report, err error) {
			t.Helper()
			if err != nil || report.Counts.Unknown != 1 {
				t.Fatalf("got %+v, %v, want one unknown", report.Counts, err)
			}
		}
		unknown(b.run(t.Context(), only(p, "r000"), runner.Options{}))
		_, lists, err := runner.ReadFacts(t.Context(), b.client, p, p, map[plan.Key]plan.Known{"r000": {}}, time.Now())
		if err != nil || len(lists) != 0 {
			t.Fatalf("got %d lists, %v, want none", len(lists), err)
		}
		lists[plan.Subject{Site: first.Site, BackupPlanID: "dbs1plan00"}] = time.Now() // as if the journal had been lost in between
		unknown(b.run(t.Context(), p, runner.Options{Empty: lists, Observe: func(c runner.Change) {
			if c.Key == "r000" && c.Event.Effect == restore.Create {
				t.Error("r000 is created again")
			}
		}}))
		if got := len(b.service.Summary().Tasks); got != 2 {
			t.Errorf("got %d tasks, want the other's and that of r001", got)
		}
	})
}

// Another host, of which this one knows nothing, carries out the same run. A restore
// of which it has made the task while this host had it waiting is adopted.
func TestATaskThatIsListedWhileItsRestoreWaitsIsAdopted(t *testing.T) {
	t.Run("listed by the run", func(t *testing.T) { adopted(t, false) })
	t.Run("listed by planning first", func(t *testing.T) { adopted(t, true) })
}

func adopted(t *testing.T, planned bool) {
	synctest.Test(t, func(t *testing.T) {
		const n = 12
		b := newBench(t, plans(1, time.Minute), strings.Replace(restores(n, 1), "inFlight: 32", "inFlight: 1", 1))
		p := b.plan()
		last := p.Items[n-1]
		password := last.Password
		made := ""
		b.intercept = func(action string, _ *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if action == "StartRestoreTask" && made == "" {
				made = "being made"
				id, err := b.newClient(1000).CreateRestoreTask(t.Context(), last.Site, last.Attempt(p, 1), last.Parameters, password)
				if err != nil {
					t.Error(err)
				}
				made = id
			}
			return next()
		}
		var lists runner.Lists
		if planned {
			d, err := runner.Discover(t.Context(), b.client, p, nil)
			if err != nil {
				t.Fatal(err)
			}
			lists = d.Empty
		}
		creates := map[plan.Key]int{}
		report, err := b.run(t.Context(), p, runner.Options{Empty: lists, Observe: func(c runner.Change) {
			if c.Event.Intent != nil && c.Event.Effect == "create" {
				creates[c.Key]++
			}
		}})
		if err != nil || report.Counts.Succeeded != n {
			t.Fatalf("got %+v, %v, want all %d succeeded", report.Counts, err, n)
		}
		if got := report.Items[n-1].State; got.TaskID != made || !got.Adopted || creates[last.Key] != 0 {
			t.Errorf("got task %s, adopted %t, after %d creates, want %s adopted after none", got.TaskID, got.Adopted, creates[last.Key], made)
		}
		if got := len(b.service.Summary().Tasks); got != n {
			t.Errorf("got %d tasks, want %d", got, n)
		}
	})
}

// A restore of 40 minutes is asked about again and again where nothing is known of
// it, as it could end or fail at any time. Where it took as long yesterday it is
// hardly asked about before.
func TestWhatIsKnownOfAnEarlierRunSavesPolls(t *testing.T) {
	polls := func(took map[plan.Key]time.Duration) (n int) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, plans(1, 40*time.Minute), restores(1, 1))
			report, err := b.run(t.Context(), b.plan(), runner.Options{Took: took})
			if err != nil || report.Counts.Succeeded != 1 {
				t.Fatalf("got %+v, %v", report.Counts, err)
			}
			n = b.calls()
		})
		return n
	}
	without, with := polls(nil), polls(map[plan.Key]time.Duration{"r000": 40 * time.Minute})
	if with >= without {
		t.Errorf("got %d calls, and %d with what is known", without, with)
	}
	t.Logf("%d calls, %d with what is known", without, with)
}

// Two restores that were adopted have failed and wait for their second attempts. The
// tasks of the first are listed each time that one of them is looked for, which is
// no news of the other.
func TestTasksOfAttemptsThatFailedAreNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plans(1, 10*time.Minute)
		w.Destinations = []world.Destination{{ID: "rm-x", Flaky: 1}, {ID: "rm-y", Flaky: 1}, {ID: "rm-z"}}
		manifest := strings.NewReplacer("inFlight: 32", "inFlight: 1", "limits:", "failure: {attempts: 2}\nlimits:").Replace(header)
		for _, name := range []string{"x", "y", "z"} {
			manifest += "  - {name: " + name + ", backupPlanId: dbs1plan00, databases: [app], rename: app_" + name + ", destination: {instanceId: rm-" + name + "}}\n"
		}
		b := newBench(t, w, manifest)
		p := b.plan()
		for i, pause := range []time.Duration{time.Minute, 0, 0} { // another host begins them
			it := p.Items[i]
			id, err := b.client.CreateRestoreTask(t.Context(), it.Site, it.Attempt(p, 1), it.Parameters, it.Password)
			if err == nil {
				err = b.client.StartRestoreTask(t.Context(), it.Site, id, it.Attempt(p, 1).ClientToken)
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(pause)
		}
		before := b.calls()
		report, err := b.run(t.Context(), p, runner.Options{})
		if err != nil || report.Counts.Succeeded != 3 {
			t.Fatalf("got %+v, %v, want all succeeded", report.Counts, err)
		}
		for i, attempt := range []int{2, 2, 1} {
			if got := report.Items[i].State; got.Attempt != attempt || got.Adopted != (attempt == 1) {
				t.Errorf("%s: got attempt %d, adopted %t, want attempt %d", report.Items[i].Item.Key, got.Attempt, got.Adopted, attempt)
			}
		}
		if calls := b.calls() - before; calls > 200 {
			t.Errorf("got %d calls", calls)
		}
	})
}

// parametersOf returns those that a request carries in its body, which stays to be
// read.
func parametersOf(r *http.Request) (url.Values, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return url.ParseQuery(string(body))
}
