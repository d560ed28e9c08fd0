package cli

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

const (
	// glance is how often the journal is looked at.
	glance = 500 * time.Millisecond

	// unattended is for how long nobody may be known to carry out a run before
	// watch says so: an apply that has begun takes a moment to say who it is.
	unattended = 2 * time.Second
)

func (a *app) watchCommand() *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "watch [RUN]",
		Short: "Follow a run that another process carries out: the latest, or RUN (KEY or MANIFEST/KEY)",
		Long: `Follow a run that another process carries out, from the journal: the latest, or RUN (KEY or
MANIFEST/KEY). What has happened so far is told first. It ends with the run and with its exit
status; Ctrl-C leaves the run alone, and the same command takes it up again. When nobody carries
the run out any more it ends with status 9, as it does after --timeout.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			return a.watch(ctx, append(args, "")[0])
		},
	}
	a.flags.stateFlag(cmd)
	a.flags.failOnFlag(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "end after `D`, such as 30m, with status 9")
	return cmd
}

// watch tells of a run until it is over.
func (a *app) watch(ctx context.Context, name string) error {
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	j, run, err := a.openRun(ctx, name)
	if err != nil {
		return err
	}
	defer j.Close()
	p, err := planOf(ctx, j, run)
	if err != nil {
		return err
	}
	replay, err := runner.NewReplay(j, run, p)
	if err != nil {
		return stateError(err)
	}
	w := &watcher{app: a, dir: dir, journal: j, run: run, plan: p, replay: replay, out: a.newProgress(p, nil)}
	return w.follow(ctx)
}

// watcher follows one run.
type watcher struct {
	app     *app
	dir     string
	journal *journal.Journal
	run     journal.Run
	plan    *plan.Plan
	replay  *runner.Replay
	out     *progress
}

func (w *watcher) follow(ctx context.Context) error {
	signals, ignore := w.app.env.Signals()
	defer ignore()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var alone time.Time // since when nobody is known to carry it out
	for {
		run, _, err := w.journal.Find(ctx, w.run.Target, w.run.Manifest, w.run.Key)
		if err == nil { // before the changes: those of a run that is over are all there
			err = w.tell(ctx)
		}
		if err != nil && ctx.Err() == nil {
			return stateError(err)
		}
		if err == nil && !run.Ended.IsZero() {
			return w.end(run)
		}
		now := w.app.env.Now()
		switch _, held := journal.HolderOf(w.dir, lockName(run.Manifest, run.Target)); {
		case held:
			alone = time.Time{}
		case alone.IsZero():
			alone = now
		case now.Sub(alone) >= unattended:
			w.leave()
			fmt.Fprintf(w.app.env.Stderr, "Nobody carries out run %s now. The command that began it goes on with it: 'dbsrestore apply' with --run %s.\n",
				view.Inert(run.Key), view.Inert(quoteShell(run.Key)))
			return statusOnly(exitRunning)
		}
		select {
		case <-tick.C:
		case sig := <-signals:
			w.goesOn()
			if sig == syscall.SIGTERM {
				return statusOnly(exitTerminated)
			}
			return statusOnly(exitInterrupted)
		case <-ctx.Done():
			w.goesOn()
			return statusOnly(exitRunning)
		}
	}
}

// tell passes on what was appended since.
func (w *watcher) tell(ctx context.Context) error {
	changes, err := w.replay.Next(ctx)
	for i := range changes {
		w.out.changes <- &changes[i] // unlike a run, this may wait for who reads it
	}
	return err
}

// leave ends the telling of a run that is not over.
func (w *watcher) leave() {
	close(w.out.changes)
	<-w.out.written
}

// goesOn says how to take the run up again.
func (w *watcher) goesOn() {
	w.leave()
	fmt.Fprintf(w.app.env.Stderr, "Run %s goes on. Take it up again with: dbsrestore watch %s%s\n",
		view.Inert(w.run.Key), view.Inert(quoteShell(w.run.Manifest+"/"+w.run.Key)), w.app.where())
}

func (w *watcher) end(run journal.Run) error {
	outcomes, err := w.replay.Outcomes()
	if err != nil {
		return stateError(err)
	}
	result := runner.Report{Started: run.Started, Ended: run.Ended, Items: outcomes, Counts: w.replay.Counts(), Halted: run.Outcome == outcomeHalted}
	measured := report.New(report.Run{Manifest: run.Manifest, Key: run.Key, Target: run.Target, Plan: w.plan,
		Outcomes: outcomes, Started: run.Started, Ended: run.Ended})
	w.out.finish(result, measured)
	if err := runStatus(result, nil, nil); err != nil {
		return err
	}
	return w.app.objectivesStatus(measured)
}

// lockName is what a run locks: a manifest at an endpoint. Not an account: the
// keys of one may change from one process to the next.
func lockName(manifest, target string) string {
	endpoint, _, _ := strings.Cut(target, accountMark)
	return manifest + " at " + endpoint
}
