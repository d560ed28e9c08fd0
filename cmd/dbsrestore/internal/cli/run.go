package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// The memory of a run with many items may grow by heapGrowth percent of what is in use
// before it is collected: it waits for most of its time, beside others. One of few
// items takes little anyway.
const (
	heapGrowth = 25
	manyItems  = 5000
)

// carryOut runs the plan under the lock and tells how it went.
func (a *app) carryOut(ctx context.Context, p *plan.Plan, s *session, f applyFlags) error {
	if len(p.Items) >= manyItems && a.env.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	into, err := createJSON(a.flags.jsonInto)
	if err != nil {
		return err
	}
	lock, err := journal.Lock(dir, lockName(p.Manifest.Name, s.target))
	if err != nil {
		return lockError(err)
	}
	defer lock.Release()
	j, err := journal.Open(dir)
	if err != nil {
		return stateError(err)
	}
	defer j.Close()
	run, err := a.begin(ctx, j, p, s.target, f)
	if err != nil {
		return err
	}
	past, err := runner.ReadPast(ctx, j, run)
	if err != nil {
		return stateError(err)
	}
	took, _ := a.durations(ctx, j, p, run.ID, 1) // without them the run sees for itself
	p = p.Recall(past.Known())                   // another process may have gone on with the run since it was planned
	if f.retry {
		p = p.Retry(past.Retryable())
	}
	if err := mayRun(p, f); err != nil {
		return err
	}
	st := a.drainOnSignal(ctx)
	a.calls = func() int {
		n := 0
		for _, sent := range s.Calls() {
			n += sent
		}
		return n
	}
	out := a.newProgress(p, into)
	result, err := runner.Run(st.ctx, p, s, runner.Journal{J: j, Run: run, Lock: lock}, runner.Options{
		Past: past, Retry: f.retry, Drain: st.drain, Observe: out.observe, NoFollow: !f.wait, Empty: s.empty, Took: took,
	})
	st.stop()
	if err == nil {
		err = a.end(context.WithoutCancel(ctx), j, run, past.Without(result.Items), result)
	}
	measured := report.New(report.Run{Manifest: run.Manifest, Key: run.Key, Target: run.Target, Plan: p,
		Outcomes: result.Items, Started: run.Started, Ended: result.Ended})
	out.finish(result, measured)
	if err := runStatus(result, err, st.signal()); err != nil {
		return err
	}
	return a.objectivesStatus(measured)
}

// objectivesStatus ends the command with a status of its own when objectives were
// missed, if that is asked for.
func (a *app) objectivesStatus(r *report.Report) error {
	if a.flags.failOn == "" || r.Missed() == 0 {
		return nil
	}
	return statusOnly(exitMissed)
}

// end marks a run as over, unless a task of it goes on or may. Rest is what was
// known of the items that were not carried out when it began: the lock has kept
// others from adding to it.
func (a *app) end(ctx context.Context, j *journal.Journal, run journal.Run, rest runner.Past, r runner.Report) error {
	var elsewhere []string
	for _, key := range rest.Unfinished() {
		elsewhere = append(elsewhere, string(key))
	}
	if len(elsewhere) > 0 {
		fmt.Fprintf(a.env.Stderr, "Run %s has restores that this plan does not: %s. They are not followed; 'dbsrestore status' shows them.\n",
			view.Inert(run.Key), view.Inert(strings.Join(elsewhere, ", ")))
	}
	if r.GoesOn() || len(elsewhere) > 0 {
		return nil
	}
	return stateError(j.End(ctx, run.ID, r.Ended, outcomeWord(r, rest)))
}

// begin finds or opens the run in the journal, and refuses to overlap with an
// unfinished run of the same manifest under another key.
func (a *app) begin(ctx context.Context, j *journal.Journal, p *plan.Plan, target string, f applyFlags) (journal.Run, error) {
	unfinished, err := j.Unfinished(ctx, target, p.Manifest.Name)
	if err != nil {
		return journal.Run{}, stateError(err)
	}
	for _, r := range unfinished {
		if r.Key != p.Run && !f.newRun {
			return journal.Run{}, fail(exitLocked, fmt.Errorf("run %s of %s is unfinished since %s", r.Key, r.Manifest, r.Started.UTC().Format(time.RFC3339)),
				fmt.Sprintf("finish it: dbsrestore apply … --run %s, or begin another beside it: --new-run", r.Key))
		}
	}
	current := *p // as it stands now; p keeps the digest under which it was approved
	data, err := current.Encode()
	if err != nil {
		return journal.Run{}, err
	}
	run, err := j.Begin(ctx, journal.Run{Target: target, Manifest: p.Manifest.Name, Key: p.Run, PlanDigest: string(p.Digest), Started: a.env.Now()}, data)
	return run, stateError(err)
}

func lockError(err error) error {
	if held, ok := errors.AsType[*journal.HeldError](err); ok {
		return fail(exitLocked, held, "wait for it, or look at it with 'dbsrestore status'")
	}
	return stateError(err)
}

const outcomeHalted = "halted"

// outcomeWord is what the journal keeps of how a run ended, with all its items:
// the plan that was carried out last may have only some, and rest are the others.
func outcomeWord(r runner.Report, rest runner.Past) string {
	if r.Halted {
		return outcomeHalted
	}
	for _, saved := range rest {
		if saved.State.Phase != restore.Succeeded {
			return "failed"
		}
	}
	if r.Counts.Succeeded < r.Counts.Total {
		return "failed"
	}
	return "succeeded"
}

// runStatus turns the end of a run into the exit status.
func runStatus(r runner.Report, err error, sig os.Signal) error {
	switch {
	case errors.Is(err, runner.ErrService):
		return serviceError(err)
	case errors.Is(err, runner.ErrLog):
		return fail(exitUnavailable, err, "make room or mend the state directory, and run the same command again: it resumes")
	case err != nil && !errors.Is(err, errInterrupted):
		return err
	case (r.Drained || err != nil) && sig == syscall.SIGTERM:
		return statusOnly(exitTerminated)
	case r.Drained || err != nil:
		return statusOnly(exitInterrupted)
	case r.Halted:
		return statusOnly(exitHalted)
	case r.Counts.Bad() > 0 || r.Counts.Skipped > 0 || r.Counts.Blocked > 0 || r.Surplus() > 0:
		return statusOnly(exitFailures)
	case r.Counts.Active > 0 || r.Counts.Waiting > 0:
		return statusOnly(exitRunning)
	}
	return nil
}
