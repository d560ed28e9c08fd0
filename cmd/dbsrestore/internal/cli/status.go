package cli

import (
	"context"
	"crypto/sha256"
	"fmt"
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
	j, run, err := a.openRun(ctx, name)
	if err != nil {
		return lookedUp{}, err
	}
	defer j.Close()
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
