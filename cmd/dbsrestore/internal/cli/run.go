package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

// carryOut runs the plan under the lock and tells how it went.
func (a *app) carryOut(ctx context.Context, p *plan.Plan, s *session, f applyFlags) error {
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	lock, err := journal.Lock(dir, p.Manifest.Name+" at "+s.target)
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
	past, err := runner.Past(ctx, j, run)
	if err != nil {
		return stateError(err)
	}
	known, err := runner.Known(past, p.Failure.Attempts)
	if err != nil {
		return stateError(err)
	}
	p = p.Recall(known) // another process may have gone on with the run since it was planned
	if err := mayRun(p, f); err != nil {
		return err
	}
	st := a.drainOnSignal(ctx)
	defer st.stop()
	out := a.newProgress(p)
	report, err := runner.Run(st.ctx, p, s, runner.Journal{J: j, Run: run, Lock: lock}, runner.Options{
		Past: past, Drain: st.drain, Observe: out.observe, NoFollow: !f.wait,
	})
	if err == nil && !report.Drained && report.Counts.Active == 0 {
		err = stateError(j.End(context.WithoutCancel(ctx), run.ID, report.Ended, outcomeWord(report)))
	}
	out.finish(report)
	return runStatus(report, err, st.signal())
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
	run, err := j.Begin(ctx, journal.Run{Target: target, Manifest: p.Manifest.Name, Key: p.Run, PlanDigest: string(p.Digest), Plan: data, Started: a.env.Now()})
	return run, stateError(err)
}

func lockError(err error) error {
	if held, ok := errors.AsType[*journal.HeldError](err); ok {
		return fail(exitLocked, held, "wait for it, or look at it with 'dbsrestore status'")
	}
	return stateError(err)
}

// outcomeWord is what the journal keeps of how a run ended.
func outcomeWord(r runner.Report) string {
	switch {
	case r.Halted:
		return "halted"
	case r.Counts.Succeeded == r.Counts.Total:
		return "succeeded"
	}
	return "failed"
}

// runStatus turns the end of a run into the exit status.
func runStatus(r runner.Report, err error, sig os.Signal) error {
	switch {
	case errors.Is(err, runner.ErrService):
		return serviceError(err)
	case err != nil && !errors.Is(err, errInterrupted):
		return err
	case (r.Drained || err != nil) && sig == syscall.SIGTERM:
		return statusOnly(exitTerminated)
	case r.Drained || err != nil:
		return statusOnly(exitInterrupted)
	case r.Halted:
		return statusOnly(exitHalted)
	case r.Counts.Bad() > 0 || r.Counts.Skipped > 0 || r.Counts.Blocked > 0:
		return statusOnly(exitFailures)
	case r.Counts.Active > 0 || r.Counts.Waiting > 0:
		return statusOnly(exitRunning)
	}
	return nil
}
