package torture_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// trouble is a way in which runs are disturbed, besides being killed.
type trouble struct {
	name    string
	tokens  string        // what becomes of client tokens; "" for honoured
	lag     time.Duration // how long a new task is missing from the list
	lose    bool          // the state directory is lost with each process that is killed
	hosts   int           // that carry out the same at one time, not knowing of each other; 0 means 1
	restart bool          // the emulator is killed as well, and started again
	late    bool          // requests may arrive after their sender has gone

	// accept is what cannot be asked of a service that breaks two promises at
	// once. A second start is never accepted.
	accept []torture.Invariant
}

// duplicate is what two hosts cannot help where tokens are ignored. The surplus
// task of a first attempt is never started, and so does not fail either.
var duplicate = []torture.Invariant{torture.OneTask, torture.AfterFailure}

var troubles = []trouble{
	// Lists and requests are late by no more than the drill allows for.
	{name: "killed"},
	{name: "tokens ignored", tokens: "ignored"},
	{name: "tokens forgotten", tokens: "200ms"},
	{name: "list lags", lag: 700 * time.Millisecond},
	{name: "state lost", lose: true},
	{name: "two hosts", hosts: 2},
	{name: "emulator killed", restart: true},
	{name: "requests late", late: true},
	{name: "tokens ignored, list lags", tokens: "ignored", lag: 700 * time.Millisecond},
	{name: "tokens ignored, requests late", tokens: "ignored", late: true},

	// Two barriers are down.
	{name: "list lags, two hosts", lag: 700 * time.Millisecond, hosts: 2},
	{name: "tokens ignored, state lost", tokens: "ignored", lose: true, accept: duplicate},
	{name: "tokens ignored, two hosts", tokens: "ignored", hosts: 2, accept: duplicate},
}

// killFigures are what came of some schedules. Kills and runs are of applies,
// restarts of the emulator; unknown are the items that ended so.
type killFigures struct {
	schedules, kills, restarts, runs, tasks, duplicates, doubleStarts, untracked, unknown int
}

func (f *killFigures) add(g killFigures) {
	f.schedules += g.schedules
	f.kills += g.kills
	f.restarts += g.restarts
	f.runs += g.runs
	f.tasks += g.tasks
	f.duplicates += g.duplicates
	f.doubleStarts += g.doubleStarts
	f.untracked += g.untracked
	f.unknown += g.unknown
}

// TestKilled kills applies at random until one ends by itself, and has what is
// then at the service and in the journals judged. The seed decides about the
// kills and about the faults of the service.
func TestKilled(t *testing.T) {
	most, schedules := 2, uint64(1)
	if *long {
		most, schedules = 6, 4
	}
	var mu sync.Mutex
	results := make([]killFigures, len(troubles))
	t.Run("troubles", func(t *testing.T) {
		for i, tr := range troubles {
			for n := *seed; n < *seed+schedules; n++ {
				t.Run(fmt.Sprintf("%s/%d", tr.name, n), func(t *testing.T) {
					t.Parallel()
					f := play(t, tr, n, most)
					mu.Lock()
					defer mu.Unlock()
					results[i].add(f)
				})
			}
		}
	})
	t.Log(killTable(results))
}

// killTable shows figures by trouble.
func killTable(results []killFigures) string {
	var b strings.Builder
	line := func(name string, f killFigures) {
		fmt.Fprintf(&b, "%-30s %9d %6d %8d %6d %6d %10d %13d %9d %7d\n", name, f.schedules, f.kills, f.restarts, f.runs, f.tasks,
			f.duplicates, f.doubleStarts, f.untracked, f.unknown)
	}
	fmt.Fprintf(&b, "\n%-30s schedules  kills restarts   runs  tasks duplicates double starts untracked unknown\n", "")
	var all killFigures
	for i, f := range results {
		line(troubles[i].name, f)
		all.add(f)
	}
	line("all", all)
	return b.String()
}

// verdict judges a scene in which every machine is done, and counts.
func (s *scene) verdict(tr trouble, machines []*machine) killFigures {
	f := killFigures{schedules: 1, restarts: s.starts - 1}
	last := make(map[string]*program)
	for _, m := range machines {
		f.add(m.killFigures)
		last[m.state] = m.last
		c, err := summaryOf(m.last)
		if err != nil || c.Succeeded != drillItems && m.last.status() == 0 {
			s.t.Errorf("%s: exit status %d, but %+v, %v", m.last.name, m.last.status(), c, err)
		}
		f.unknown += c.Unknown
	}
	of := map[torture.Invariant]*int{torture.OneTask: &f.duplicates, torture.OneStart: &f.doubleStarts, torture.AllKnown: &f.untracked}
	for _, v := range s.judge(last) {
		if n := of[v.Invariant]; n != nil {
			*n++
		}
		if !slices.Contains(tr.accept, v.Invariant) {
			s.t.Error(v)
		}
	}
	sum, err := s.summary()
	if err != nil {
		s.t.Fatal(err)
	}
	f.tasks = len(sum.Tasks)
	return f
}
