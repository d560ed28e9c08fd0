package cli

import (
	"context"
	"fmt"
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
			p, notes, err := a.savedOrRun(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if a.flags.output == "markdown" {
				_, err := a.env.Stdout.Write(view.PlanMarkdown(p, maxBytes))
				return err
			}
			return a.showPlan(cmd.Context(), p, notes)
		},
	}
	a.flags.stateFlag(cmd)
	a.flags.outputFlag(cmd, "text", "json", "markdown")
	maxBytesFlag(cmd, &maxBytes)
	return cmd
}

// savedOrRun reads the plan of a file or, where there is none, of a run, and says
// what to do about it.
func (a *app) savedOrRun(ctx context.Context, name string) (*plan.Plan, view.PlanNotes, error) {
	if _, err := os.Lstat(name); name == "-" || err == nil || strings.HasSuffix(name, ".json") {
		p, err := a.readPlan(name)
		if err != nil {
			return nil, view.PlanNotes{}, err
		}
		if p.Offline {
			return p, view.PlanNotes{Next: "It is for review: what needs the service is open in it, and apply refuses it."}, nil
		}
		return p, view.PlanNotes{Next: "Carry out exactly this plan:", Command: fmt.Sprintf("dbsrestore apply %s --digest %s", quoteShell(name), p.Digest)}, nil
	}
	r, err := a.lookUp(ctx, name)
	if err != nil {
		return nil, view.PlanNotes{}, err
	}
	return r.plan, view.PlanNotes{Next: "What has become of it:", Command: "dbsrestore status " + quoteShell(r.run.Manifest+"/"+r.run.Key)}, nil
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
