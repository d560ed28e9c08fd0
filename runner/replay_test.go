package runner_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

func TestReplayTellsWhatTheRunTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plans(2, time.Second), restores(6, 2))
		p := b.plan()
		p.Items[5].Action, p.Items[5].Reason = plan.Blocked, "for the test"
		var told []runner.Change
		report, err := b.run(t.Context(), p, runner.Options{Observe: func(c runner.Change) {
			if restore.Durable(c.From, c.To, c.Event) {
				told = append(told, c)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		j, err := journal.OpenReadOnly(b.dir)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		run, ok, err := j.Find(t.Context(), "test", p.Manifest.Name, p.Run)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		replay, err := runner.NewReplay(j, run, p)
		if err != nil {
			t.Fatal(err)
		}
		if got := replay.Counts(); got != (runner.Counts{Total: 6, Waiting: 5, Blocked: 1}) {
			t.Errorf("before the first change: got %+v", got)
		}
		changes, err := replay.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b runner.Change) bool {
			return a.Key == b.Key && a.Event.Kind == b.Event.Kind && a.To.Phase == b.To.Phase && a.Counts == b.Counts
		}
		if !slices.EqualFunc(changes, told, same) {
			t.Errorf("got %d changes\n%v\nthe run told of %d\n%v", len(changes), kinds(changes), len(told), kinds(told))
		}
		if got := replay.Counts(); got != report.Counts {
			t.Errorf("got %+v, want %+v", got, report.Counts)
		}
		outcomes, err := replay.Outcomes()
		if err != nil || len(outcomes) != 6 || outcomes[0].State.Phase != restore.Succeeded {
			t.Errorf("got %v, %v", outcomes, err)
		}
		if more, err := replay.Next(t.Context()); len(more) > 0 || err != nil {
			t.Errorf("got %v, %v once more, want nothing", kinds(more), err)
		}
	})
}

func kinds(changes []runner.Change) (words []string) {
	for _, c := range changes {
		words = append(words, string(c.Key)+" "+string(c.Event.Kind))
	}
	return words
}
