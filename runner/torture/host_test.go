package torture_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// host is a machine on which the plan is carried out, again and again until a
// run comes to its end.
type host struct {
	*history
	number  int
	crashes []int // the point at which each process dies; those that follow do not

	dir       string // the present state directory
	kept      int    // entries of its journal that were acknowledged
	processes []*process
	journals  []torture.Journal // of the directories that were lost, and of the present one
	last      runner.Report
}

func (h *host) live() {
	h.dir = h.t.TempDir()
	for {
		p := &process{service: h.service, host: h.number}
		if n := len(h.processes); n < len(h.crashes) {
			p.dies = h.crashes[n]
		}
		h.processes = append(h.processes, p)
		j, err := h.process(p)
		h.kept += p.kept
		if p.died == "" {
			if err != nil {
				h.problem("process %d ended with %v", len(h.processes), err)
			}
			h.journals = append(h.journals, j)
			return
		}
		time.Sleep(h.draw(fmt.Sprint("pause", len(h.processes)), time.Second, 40*time.Second, 5*time.Minute, 25*time.Minute))
		if p.sentAfterDeath() {
			h.problem("a request left process %d after it had died %s", len(h.processes), p.died)
		}
		if h.forgets {
			j.Lost, h.dir, h.kept = true, h.t.TempDir(), 0
			h.journals = append(h.journals, j)
		}
	}
}

// process is one life of the command: it locks, opens the journal, reads what
// is known and carries out the plan. It returns what the journal holds in the
// end. Those of earlier processes must be what was acknowledged to them.
func (h *host) process(p *process) (torture.Journal, error) {
	ctx, kill := context.WithCancelCause(h.t.Context())
	defer kill(nil)
	p.kill = kill
	lock, err := journal.Lock(h.dir, "torture")
	if err != nil {
		return torture.Journal{}, err
	}
	defer lock.Release()
	j, err := journal.Open(h.dir)
	if err != nil {
		return torture.Journal{}, err
	}
	defer j.Close()
	pl := h.plan
	if h.replans {
		pl = h.planned(h.client(&process{service: h.service}, "ours"))
	}
	current := *pl // hosts share the saved plan
	data, err := current.Encode()
	if err != nil {
		return torture.Journal{}, err
	}
	run, err := j.Begin(ctx, journal.Run{Target: "torture", Manifest: pl.Manifest.Name, Key: pl.Run, Started: time.Now()}, data)
	if err != nil {
		return torture.Journal{}, err
	}
	if entries, err := j.Entries(ctx, run.ID); err != nil || len(entries) != h.kept {
		h.problem("process %d finds %d entries in the journal (%v), %d were acknowledged", len(h.processes), len(entries), err, h.kept)
	}
	past, err := runner.ReadPast(ctx, j, run)
	if err != nil {
		return torture.Journal{}, err
	}
	known, lists := h.listed(pl, past.Known())
	pl = pl.Recall(known)
	report, err := runner.Run(ctx, pl, h.client(p, "ours"), log{p, runner.Journal{J: j, Run: run, Lock: lock}}, runner.Options{Past: past, Empty: lists})
	if p.died != "" && !errors.Is(err, errKilled) {
		h.problem("process %d, which died %s, ended with %v", len(h.processes), p.died, err)
	}
	h.last = report
	var left torture.Journal
	if err == nil {
		left.Ended, left.Outcomes = true, outcomes(report)
		err = j.End(ctx, run.ID, report.Ended, "ended")
	}
	var unread error
	left.Entries, unread = j.Entries(context.WithoutCancel(ctx), run.ID)
	return left, errors.Join(err, unread)
}

// listed returns what planning adds to what the journal knows, and the lists that a
// run may take over from it; for every other process nothing, as when a plan was made
// long ago, and where the lists cannot be read.
func (h *host) listed(pl *plan.Plan, known map[plan.Key]plan.Known) (map[plan.Key]plan.Known, runner.Lists) {
	lives := fmt.Sprint(h.number, len(h.processes))
	if h.draw("listed"+lives, 0, 1) == 0 {
		return known, nil
	}
	d, err := runner.Discover(h.t.Context(), h.client(&process{service: h.service}, "ours"), pl, known)
	if err != nil {
		return known, nil
	}
	time.Sleep(h.draw("read"+lives, 0, 2*time.Second, 8*time.Second, 20*time.Second))
	maps.Copy(d.Known, known)
	return d.Known, d.Empty
}

func outcomes(r runner.Report) []torture.Outcome {
	var list []torture.Outcome
	for _, o := range r.Items {
		list = append(list, torture.Outcome{Key: o.Item.Key, Phase: string(o.State.Phase), TaskID: o.State.TaskID})
	}
	return list
}
