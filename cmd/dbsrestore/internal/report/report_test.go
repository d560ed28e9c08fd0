package report_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

var update = flag.Bool("update", false, "rewrite testdata from what the code does; commit only what you understand")

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

var start = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)

var objectives = map[string]schema.Objective{
	"gold":   {RTO: schema.Duration(2 * time.Hour), RPO: schema.Duration(15 * time.Minute)},
	"silver": {RTO: schema.Duration(6 * time.Hour), RPO: schema.Duration(time.Hour)},
	"bronze": {},
}

// drill returns a run of n restores over n/8 destinations, in three tiers. One
// in 50 fails.
func drill(n int) report.Run {
	tiers := []string{"gold", "silver", "bronze"}
	r := report.Run{
		Manifest: "quarterly-drill", Key: "2026-q4", Target: "https://dbs-api.cn-hangzhou.aliyuncs.com as 1234567890123456",
		Journal: "sha256:77e0", Started: start,
		Plan: &plan.Plan{
			Manifest: plan.ManifestRef{Name: "quarterly-drill", File: "drill.yaml"}, Digest: "sha256:9b1ce2aa",
			Limits: schema.Limits{InFlight: 24, PerDestination: 2, PerBackupPlan: 4},
		},
	}
	for i := range n {
		tier := tiers[i%3]
		objective := objectives[tier]
		it := plan.Item{
			Key: plan.Key(fmt.Sprintf("%s-%05d", tier, i)), Action: plan.Restore, Labels: map[string]string{"tier": tier}, Objective: &objective,
			Destination: fmt.Sprintf("rm-bp1drill%05d", i/8),
			Parameters:  plan.Parameters{RestoreTime: start.Add(-time.Duration(i%40) * time.Minute).UnixMilli()},
			Databases:   []plan.Database{{Source: "shop", Target: "shop_drill"}},
		}
		created := start.Add(time.Duration(i/24) * 7 * time.Minute)
		s := restore.State{Snapshot: restore.Snapshot{
			Phase: restore.Succeeded, Attempt: 1, TaskID: fmt.Sprintf("s1%05d", i),
			CreatedAt: created, StartedAt: created.Add(20 * time.Second), EndedAt: created.Add(time.Duration(5+i*i%90) * time.Minute),
		}}
		if i%50 == 7 {
			s.Phase = restore.Failed
			s.Failure = &restore.Failure{Class: restore.Refused, Code: "RestoreFailed", Message: "the destination has no space left on its disk"}
		}
		r.Outcomes = append(r.Outcomes, runner.Outcome{Item: &it, State: &s})
		if s.EndedAt.After(r.Ended) {
			r.Ended = s.EndedAt
		}
	}
	return r
}

func page(t *testing.T, r report.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, report.New(r)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHTML(t *testing.T) {
	golden(t, "report-10.html", page(t, drill(10)))
	for _, n := range []int{0, 1, 1000, 20000} {
		got := page(t, drill(n))
		if !bytes.Equal(got, page(t, drill(n))) {
			t.Errorf("%d restores: the same run gave other bytes", n)
		}
		if len(got) > 1<<20 {
			t.Errorf("%d restores: got %d bytes, want at most a megabyte", n, len(got))
		}
		if os.Getenv("REPORT_DIR") != "" {
			_ = os.WriteFile(filepath.Join(os.Getenv("REPORT_DIR"), fmt.Sprintf("report-%d.html", n)), got, 0o644)
		}
	}
}

func TestFigures(t *testing.T) {
	rep := report.New(drill(60))
	var got []string
	for _, tier := range append(rep.Tiers, rep.Total) {
		got = append(got, fmt.Sprintf("%s: %s, %d of %d back, RTO %v/%v/%v of %v missed %d, RPO %v/%v of %v missed %d", tier.Name, tier.Verdict(), tier.Back, tier.Items,
			tier.RTO.P50, tier.RTO.P95, tier.RTO.Worst, tier.RTO.Objective, tier.RTO.Missed, tier.RPO.P95, tier.RPO.Worst, tier.RPO.Objective, tier.RPO.Missed))
	}
	golden(t, "figures.txt", []byte(strings.Join(got, "\n")+"\n"))
}

func TestCSV(t *testing.T) {
	r := drill(10)
	r.Outcomes[0].Item.Key, r.Outcomes[1].Item.Key = "=cmd|x", " @SUM(A1)"
	r.Outcomes[2].Item.Databases[0].Target = "a,\"b\"\n"
	r.Outcomes[3].State = &restore.State{}
	r.Outcomes[3].Item.Reason = "-1+2"
	var b bytes.Buffer
	if err := report.CSV(&b, report.New(r)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b.Bytes())).ReadAll()
	if err != nil || len(rows) != 11 {
		t.Fatalf("got %d rows (%v), want a header and 10", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(strings.TrimLeft(cell, " ")+"x", "=+-@") && strings.IndexAny(strings.TrimLeft(cell, " "), "=+-@") == 0 {
				t.Errorf("the cell %q is a formula to a spreadsheet", cell)
			}
		}
	}
	golden(t, "report.csv", b.Bytes())
}

func TestJUnit(t *testing.T) {
	r := drill(10)
	r.Outcomes[0].Item.Key = `"><b>&`
	r.Outcomes[1].State.Phase, r.Outcomes[1].State.EndedAt = restore.Running, time.Time{}
	r.Ended = time.Time{}
	var b bytes.Buffer
	if err := report.JUnit(&b, report.New(r)); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.xml", b.Bytes())
}

func TestObjectivesSayTheVerdictOfEachTierThatHasOne(t *testing.T) {
	var b bytes.Buffer
	rep := report.New(drill(60))
	report.Objectives(&b, rep)
	golden(t, "objectives.txt", b.Bytes())
	if rep.Missed() == 0 {
		t.Error("nothing is missed in a drill in which restores fail")
	}
	b.Reset()
	none := drill(6)
	for i := range none.Outcomes {
		none.Outcomes[i].Item.Objective = nil
	}
	rep = report.New(none)
	if report.Objectives(&b, rep); b.Len() > 0 || rep.Missed() > 0 {
		t.Errorf("without objectives %d are missed, and it says %s", rep.Missed(), &b)
	}
}

func TestMarkdownFitsAndIsNeverCut(t *testing.T) {
	golden(t, "report.md", report.Markdown(report.New(drill(10)), 60000))
	for _, n := range []int{1000, 20000} {
		got := report.Markdown(report.New(drill(n)), 60000)
		if len(got) > 60000 || !bytes.HasSuffix(got, []byte("journal `sha256:77e0`.\n")) {
			t.Errorf("%d items: got %d bytes, ending in %q", n, len(got), got[max(0, len(got)-80):])
		}
		if n == 1000 && bytes.Count(got, []byte("| failed |")) != 20 {
			t.Errorf("%d items: got %d rows of what failed, want 20", n, bytes.Count(got, []byte("| failed |")))
		}
	}
	if got := report.Markdown(report.New(drill(1000)), 1000); len(got) > 1000 {
		t.Errorf("the least is %d bytes:\n%s", len(got), got)
	}
}

func TestJSONHasEveryFigure(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, report.New(drill(8))); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", b.Bytes())
}

func TestEveryLaneShowsWhatRan(t *testing.T) {
	for _, n := range []int{10, 1000, 20000} {
		var b bytes.Buffer
		r := drill(n)
		short := r.Outcomes[n-1].State // a moment, which no sample must miss
		short.EndedAt = short.StartedAt.Add(time.Millisecond)
		if err := report.HTML(&b, report.New(r)); err != nil {
			t.Fatal(err)
		}
		_, chart, _ := strings.Cut(b.String(), `aria-label="Restores over time by destination"`)
		chart, _, _ = strings.Cut(chart, "</svg>")
		lanes := regexp.MustCompile(`<text x="4" y="([0-9.]+)">`).FindAllStringSubmatch(chart, -1)
		if len(lanes) == 0 || len(lanes) > 60 {
			t.Errorf("%d restores: got %d lanes", n, len(lanes))
		}
		tops := map[string]bool{}
		for _, bar := range regexp.MustCompile(`<rect class="(busy|ok|prepared)" x="[0-9.]+" y="([0-9.]+)"`).FindAllStringSubmatch(chart, -1) {
			tops[bar[2]] = true
		}
		if n > 10 && len(tops) != len(lanes) {
			t.Errorf("%d restores: %d lanes, of which %d show something", n, len(lanes), len(tops))
		}
		if !strings.Contains(chart, `class="bad"`) {
			t.Errorf("%d restores: the chart does not show what failed", n)
		}
	}
}

// What was created ahead waited for its turn until it was started.
func TestWhenAnItemHasBegun(t *testing.T) {
	const created, started, ended, never = time.Second, time.Minute, time.Hour, report.Never
	epoch := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) (t time.Time) {
		if d != never {
			t = epoch.Add(d)
		}
		return t
	}
	begun := func(created, started, ended time.Duration, ahead int) time.Duration {
		state := restore.State{Snapshot: restore.Snapshot{CreatedAt: at(created), StartedAt: at(started), EndedAt: at(ended)}}
		r := report.New(report.Run{Started: epoch, Plan: &plan.Plan{Limits: schema.Limits{CreateAhead: ahead}},
			Outcomes: []runner.Outcome{{Item: &plan.Item{Key: "a"}, State: &state}}})
		return r.Items[0].Begun
	}
	for _, c := range []struct {
		name                    string
		created, started, ended time.Duration
		want, ahead             time.Duration
	}{
		{"it ended", created, started, ended, created, started},
		{"it runs", created, started, never, created, started},
		{"it waits to be started", created, never, never, created, never},
		{"it was found ended", created, never, ended, created, created},
		{"it was adopted", never, started, ended, started, started},
		{"it has not begun", never, never, never, never, never},
	} {
		got, ahead := begun(c.created, c.started, c.ended, 0), begun(c.created, c.started, c.ended, 8)
		if got != c.want || ahead != c.ahead {
			t.Errorf("%s: got %v, created ahead %v, want %v and %v", c.name, got, ahead, c.want, c.ahead)
		}
	}
}
