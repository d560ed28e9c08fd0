package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs that the journal knows, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			runs, err := a.runs(cmd.Context())
			if err != nil {
				return err
			}
			switch a.flags.output {
			case "json":
				return view.RunsJSON(a.env.Stdout, runs)
			case "name":
				view.RunNames(a.env.Stdout, runs)
			default:
				view.Runs(a.env.Stdout, runs, a.env.Now(), a.viewOptions())
			}
			return nil
		},
	}
	a.flags.stateFlag(cmd)
	a.flags.outputFlag(cmd, "text", "json", "name")
	return cmd
}

// runs reads all runs, the newest first.
func (a *app) runs(ctx context.Context) ([]view.RunInfo, error) {
	all, err := a.readRuns(ctx)
	if err != nil {
		return nil, err
	}
	infos := make([]view.RunInfo, 0, len(all))
	for _, r := range all {
		infos = append(infos, infoOf(r))
	}
	return infos, nil
}

func infoOf(r journal.Run) view.RunInfo {
	return view.RunInfo{Manifest: r.Manifest, Key: r.Key, Target: r.Target, Started: r.Started, Ended: r.Ended, Outcome: r.Outcome}
}
