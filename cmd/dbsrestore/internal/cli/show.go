package cli

import (
	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
)

func (a *app) showCommand() *cobra.Command {
	var maxBytes int
	cmd := &cobra.Command{
		Use:   "show PLAN.json",
		Short: "Show a saved plan again, without network and credentials",
		Long: `Show a saved plan again, without network and credentials.

With -o markdown it is a comment for a pull request: what needs a look stands first, the rows are
folded, and where not everything fits into --max-bytes whole parts are left out. Its first line is a
marker, the same for every plan of a manifest, by which a comment is found and updated in place.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if maxBytes < view.MinMarkdown {
				return usageError("give more", "show: --max-bytes %d is less than %d", maxBytes, view.MinMarkdown)
			}
			p, err := a.readPlan(args[0])
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
	a.flags.outputFlag(cmd, "text", "json", "markdown")
	cmd.Flags().IntVar(&maxBytes, "max-bytes", 60000, "with -o markdown: at most `N` bytes; GitHub takes 65536")
	return cmd
}
