package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func (a *app) retryCommand() *cobra.Command {
	f := applyFlags{retry: true, newRun: true}
	cmd := &cobra.Command{
		Use:   "retry RUN",
		Short: "Try the failed restores of a run anew",
		Long: `Make a new attempt at each restore of RUN (KEY or MANIFEST/KEY) that the service ended as
failed, or that did not pass its precheck. A new attempt is a new restore task, with a client
token and a name of its own; what the failed one has written stays at the destination. Nothing
else of the run is restored twice, and what is unfinished is followed to its end, as apply does.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.retry(cmd.Context(), args[0], f) },
	}
	a.flags.targetFlags(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	a.flags.runFlags(cmd)
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&f.wait, "wait", true, "follow the restores until they end")
	cmd.Flags().BoolVar(&f.skipBlocked, "skip-blocked", false, "carry out the rest of a plan that has blocked items")
	return cmd
}

func (a *app) retry(ctx context.Context, name string, f applyFlags) error {
	run, p, keys, err := a.failedRun(ctx, name)
	if err != nil {
		return err
	}
	if len(keys) == 0 && !run.Ended.IsZero() && p.Count()[plan.Adopt] == 0 {
		fmt.Fprintf(a.env.Stdout, "Nothing to retry: no restore of run %s has failed at the service.\n", view.Inert(run.Key))
		return nil
	}
	s, err := a.connectFor(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	if s.target != run.Target {
		return fail(exitUsage, fmt.Errorf("run %s of %s was carried out at %s, this is %s", run.Key, run.Manifest, run.Target, s.target),
			"give its --endpoint (or --emulator) and its credentials; nothing was done")
	}
	if a.flags.output == "text" && (!a.flags.quiet || !f.yes) {
		if err := a.review(ctx, p, view.PlanNotes{}); err != nil {
			return err
		}
		fmt.Fprintln(a.env.Stdout)
	}
	if err := a.mayApply(p, f); err != nil {
		return err
	}
	return a.carryOut(ctx, p, s, f)
}

// failedRun reads a run from the journal: its plan as a retry would carry it
// out, and the items that can be tried anew.
func (a *app) failedRun(ctx context.Context, name string) (journal.Run, *plan.Plan, []plan.Key, error) {
	j, run, err := a.openRun(ctx, name)
	if err != nil {
		return journal.Run{}, nil, nil, err
	}
	defer j.Close()
	p, past, err := recall(ctx, j, run)
	if err != nil {
		return journal.Run{}, nil, nil, err
	}
	keys := past.Retryable()
	if missing := p.Missing(keys); len(missing) > 0 {
		return journal.Run{}, nil, nil, fail(exitUsage,
			fmt.Errorf("%s failed in run %s, and the plan that was carried out last does not have it", missing[0], run.Key),
			fmt.Sprintf("carry out the whole manifest first, without --only and --selector: dbsrestore apply … --run %s; nothing was done", run.Key))
	}
	return run, p.Recall(past.Known()).Retry(keys), keys, nil
}
