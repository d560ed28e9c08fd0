package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// liveDrill plays half of a run of 60 items in three tiers, 16 in flight.
func liveDrill(t *testing.T) (l *view.Live, now time.Time, told string) {
	t.Helper()
	var items []plan.Item
	for i := range 60 {
		it := item(fmt.Sprintf("%s-%03d", []string{"gold", "silver", "bronze"}[i%3], i))
		it.Labels = map[string]string{"tier": []string{"gold", "silver", "bronze"}[i%3]}
		it.Destination = fmt.Sprintf("rm-bp1drill%05d", i/4)
		if i%3 < 2 {
			it.Objective = &schema.Objective{RTO: schema.Duration([]time.Duration{10 * time.Minute, 2 * time.Hour}[i%3])}
		}
		items = append(items, it)
	}
	p := newPlan(items...)
	d := newDrill(t, p)
	l = view.NewLive(p, start)
	var b strings.Builder
	d.observe = append(d.observe, func(c runner.Change) { b.WriteString(l.Observe(c)) })
	for i := range 36 {
		d.begin(items[i].Key, fmt.Sprintf("s1%05d", i))
		d.after(30 * time.Second)
		d.apply(items[i].Key, polled(task(fmt.Sprintf("s1%05d", i), restore.StatusRunning, restore.Progress{Structure: 100, Data: i * 2 % 100})))
		if i >= 16 { // the one 16 before it ends
			j := i - 16
			done := task(fmt.Sprintf("s1%05d", j), restore.StatusSucceeded, restore.Progress{})
			if j == 7 {
				done.Status, done.RawStatus, done.Message = restore.StatusFailed, "stop", "target storage full"
			}
			d.apply(items[j].Key, polled(done))
		}
	}
	return l, d.now, b.String()
}

func TestLiveFrames(t *testing.T) {
	l, now, told := liveDrill(t)
	golden(t, "live-told.txt", []byte(told))
	notes := view.LiveNotes{CallsPerSecond: 3.14}
	for _, size := range []struct{ width, height int }{{40, 10}, {80, 24}, {200, 50}} {
		got := l.Frame(now, notes, view.Options{Width: size.width, Height: size.height})
		golden(t, fmt.Sprintf("live-%dx%d.txt", size.width, size.height), []byte(got+"\n"))
	}
	golden(t, "live-color.txt", []byte(l.Frame(now, notes, view.Options{Width: 80, Height: 24, Color: true})+"\n"))
	golden(t, "live-ascii.txt", []byte(l.Frame(now, view.LiveNotes{CallsPerSecond: -1, Stopping: true}, view.Options{Width: 80, Height: 24, ASCII: true})+"\n"))
}

func TestAFrameTellsWhatWasCreatedAhead(t *testing.T) {
	items := []plan.Item{item("a"), item("b"), item("c"), item("d"), item("e")}
	p := newPlan(items...)
	p.Limits.InFlight, p.Limits.CreateAhead = 2, 4
	d := newDrill(t, p)
	l := view.NewLive(p, start)
	d.observe = append(d.observe, func(c runner.Change) { l.Observe(c) })
	for i, it := range items[:3] {
		d.begin(it.Key, fmt.Sprintf("s1%05d", i))
	}
	got := l.Frame(d.now, view.LiveNotes{CallsPerSecond: -1}, view.Options{Width: 100, Height: 24})
	for _, want := range []string{"  2 in flight", "in flight 2/2  created ahead 1/4  binding: inFlight"} {
		if !strings.Contains(got, want) {
			t.Errorf("got no %q in\n%s", want, got)
		}
	}
}

func TestAFrameFitsEveryScreen(t *testing.T) {
	l, now, _ := liveDrill(t)
	for height := 1; height < 60; height++ {
		for _, width := range []int{1, 2, 10, 39, 80, 132} {
			got := l.Frame(now, view.LiveNotes{}, view.Options{Width: width, Height: height, ASCII: true})
			rows := strings.Split(got, "\n")
			if len(rows) > max(1, height-1) {
				t.Errorf("%dx%d: got %d lines, and the cursor stands below", width, height, len(rows))
			}
			for _, row := range rows {
				if n := utf8.RuneCountInString(row); n > width {
					t.Errorf("%dx%d: got %d columns: %s", width, height, n, row)
				}
				if strings.ContainsFunc(row, func(r rune) bool { return r > 126 || r < 32 }) {
					t.Errorf("%dx%d: not ASCII: %q", width, height, row)
				}
			}
		}
	}
}
