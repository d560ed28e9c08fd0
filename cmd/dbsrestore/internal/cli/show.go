package cli

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
)

func (a *app) showCommand() *cobra.Command {
	var maxBytes int
	cmd := &cobra.Command{
		Use:   "show PLAN.json|RUN",
		Short: "Show a saved plan again, or that of a run, without network and credentials",
		Long: `Show a saved plan again, without network and credentials: that of a file or, where no file has
that name, that of a RUN (KEY or MANIFEST/KEY) as it was last carried out.

With -o markdown it is a comment for a pull request: what needs a look stands first, the rows are
folded, and where not everything fits into --max-bytes whole parts are left out. Its first line is a
marker, the same for every plan of a manifest, by which a comment is found and updated in place.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkMaxBytes(cmd, maxBytes); err != nil {
				return err
			}
			p, err := a.savedOrRun(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if a.flags.output == "markdown" {
				_, err := a.env.Stdout.Write(view.PlanMarkdown(p, maxBytes))
				return err
			}
			return a.showPlan(cmd.Context(), p, "")
		},
	}
	a.flags.stateFlag(cmd)
	a.flags.outputFlag(cmd, "text", "json", "markdown")
	maxBytesFlag(cmd, &maxBytes)
	return cmd
}

// savedOrRun reads the plan of a file or, where there is none, of a run.
func (a *app) savedOrRun(ctx context.Context, name string) (*plan.Plan, error) {
	if _, err := os.Lstat(name); name == "-" || err == nil || strings.HasSuffix(name, ".json") {
		return a.readPlan(name)
	}
	r, err := a.lookUp(ctx, name)
	if err != nil {
		return nil, err
	}
	return r.plan, nil
}

func maxBytesFlag(cmd *cobra.Command, n *int) {
	cmd.Flags().IntVar(n, "max-bytes", 60000, "with -o markdown: at most `N` bytes; GitHub takes 65536")
}

func checkMaxBytes(cmd *cobra.Command, n int) error {
	if n < view.MinMarkdown {
		return usageError("give more", "%s: --max-bytes %d is less than %d", cmd.Name(), n, view.MinMarkdown)
	}
	return nil
}
