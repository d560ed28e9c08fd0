package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [RUN]",
		Short: "Show a run as the journal knows it: the latest, or RUN (KEY or MANIFEST/KEY)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.status(cmd.Context(), append(args, "")[0])
		},
	}
	a.flags.stateFlag(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	return cmd
}

func (a *app) status(ctx context.Context, name string) error {
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	j, err := journal.OpenReadOnly(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return noRuns(dir)
	}
	if err != nil {
		return stateError(err)
	}
	defer j.Close()
	run, err := findRun(ctx, j, name)
	if err != nil {
		return err
	}
	p, past, err := recall(ctx, j, run)
	if err != nil {
		return err
	}
	outcomes, err := past.Outcomes(p)
	if err != nil {
		return stateError(err)
	}
	info := view.RunInfo{Manifest: run.Manifest, Key: run.Key, Target: run.Target, Started: run.Started, Ended: run.Ended, Outcome: run.Outcome}
	if a.flags.output == "json" {
		return view.StatusJSON(a.env.Stdout, info, outcomes)
	}
	view.Status(a.env.Stdout, info, outcomes, a.env.Now(), a.viewOptions())
	return nil
}

func noRuns(dir string) error {
	return fail(exitUnavailable, fmt.Errorf("no runs in %s", dir), "begin one with 'dbsrestore apply', or name another --state-dir")
}

// findRun returns the newest run of a name, with its plan.
func findRun(ctx context.Context, j *journal.Journal, name string) (journal.Run, error) {
	runs, err := j.Runs(ctx)
	if err != nil {
		return journal.Run{}, stateError(err)
	}
	var known []string
	for _, r := range runs {
		full := r.Manifest + "/" + r.Key
		if name != "" && name != r.Key && name != full {
			known = append(known, full)
			continue
		}
		run, _, err := j.Find(ctx, r.Target, r.Manifest, r.Key)
		return run, stateError(err)
	}
	return journal.Run{}, fail(exitUsage, fmt.Errorf("no run %q", name), "known runs: "+view.Inert(strings.Join(known[:min(len(known), 10)], ", ")))
}

// recall reads a run's plan, as it was last carried out, and its events.
func recall(ctx context.Context, j *journal.Journal, run journal.Run) (*plan.Plan, runner.Past, error) {
	p, err := plan.Decode(run.Plan)
	if err != nil {
		return nil, nil, stateError(fmt.Errorf("plan of run %s of %s in the journal: %w", run.Key, run.Manifest, err))
	}
	past, err := runner.ReadPast(ctx, j, run)
	return p, past, stateError(err)
}
