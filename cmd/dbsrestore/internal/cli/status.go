package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

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
	r, err := a.lookUp(ctx, name)
	if err != nil {
		return err
	}
	info := infoOf(r.run)
	if a.flags.output == "json" {
		return view.StatusJSON(a.env.Stdout, info, r.outcomes)
	}
	view.Status(a.env.Stdout, info, r.outcomes, a.env.Now(), a.viewOptions())
	return nil
}

// lookedUp is a run as the journal knows it.
type lookedUp struct {
	run      journal.Run
	plan     *plan.Plan
	outcomes []runner.Outcome
	digest   string // of the entries
}

// lookUp reads the newest run of a name, "" for the newest of all.
func (a *app) lookUp(ctx context.Context, name string) (lookedUp, error) {
	dir, err := a.stateDir()
	if err != nil {
		return lookedUp{}, err
	}
	j, err := journal.OpenReadOnly(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return lookedUp{}, noRuns(dir)
	}
	if err != nil {
		return lookedUp{}, stateError(err)
	}
	defer j.Close()
	run, err := findRun(ctx, j, name)
	if err != nil {
		return lookedUp{}, err
	}
	p, past, err := recall(ctx, j, run)
	if err != nil {
		return lookedUp{}, err
	}
	outcomes, err := past.Outcomes(p)
	if err != nil {
		return lookedUp{}, stateError(err)
	}
	entries, err := j.Entries(ctx, run.ID)
	if err != nil {
		return lookedUp{}, stateError(err)
	}
	sum := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(sum, "%s %q %s %q\n", e.At.UTC().Format(time.RFC3339Nano), e.Item, e.Kind, e.Body)
	}
	return lookedUp{run, p, outcomes, fmt.Sprintf("sha256:%x", sum.Sum(nil))}, nil
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
	p, err := planOf(run)
	if err != nil {
		return nil, nil, err
	}
	past, err := runner.ReadPast(ctx, j, run)
	return p, past, stateError(err)
}

// planOf reads a run's plan, as it was last carried out.
func planOf(run journal.Run) (*plan.Plan, error) {
	p, err := plan.Decode(run.Plan)
	if err != nil {
		return nil, stateError(fmt.Errorf("plan of run %s of %s in the journal: %w", run.Key, run.Manifest, err))
	}
	return p, nil
}
