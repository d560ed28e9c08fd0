package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
	"github.com/dbsrestore/dbsrestore/plan"
)

func (a *app) reportCommand() *cobra.Command {
	var maxBytes int
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Write what became of a run: the latest, or RUN (KEY or MANIFEST/KEY)",
		Long: `Write what became of a run, from the journal: the latest, or RUN (KEY or MANIFEST/KEY).

  -o html      one page for people: tiers against their objectives, what ran when, what did not
               come back; it needs nothing else, runs no script, and prints well
  -o markdown  the same in short, for the summary of a job or a comment, of at most --max-bytes
  -o json      all of it, for programs
  -o csv       a row for each restore, for spreadsheets
  -o junit     a test for each restore, for CI systems

Restores are grouped by their label tier. The same run gives the same bytes.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkMaxBytes(cmd, maxBytes); err != nil {
				return err
			}
			r, err := a.lookUp(cmd.Context(), append(args, "")[0])
			if err != nil {
				return err
			}
			p := *r.plan
			p.Digest = plan.Digest(r.run.PlanDigest) // under which it was approved
			rep := report.New(report.Run{
				Manifest: r.run.Manifest, Key: r.run.Key, Target: r.run.Target, Plan: &p, Journal: r.digest,
				Outcomes: r.outcomes, Started: r.run.Started, Ended: r.run.Ended,
			})
			write := report.HTML
			switch a.flags.output {
			case "markdown":
				write = func(w io.Writer, r *report.Report) error {
					_, err := w.Write(report.Markdown(r, maxBytes))
					return err
				}
			case "json":
				write = report.JSON
			case "csv":
				write = report.CSV
			case "junit":
				write = report.JUnit
			}
			if err := write(a.env.Stdout, rep); err != nil {
				return err
			}
			return a.objectivesStatus(rep)
		},
	}
	a.flags.stateFlag(cmd)
	a.flags.failOnFlag(cmd)
	a.flags.outputFlag(cmd, "html", "markdown", "json", "csv", "junit")
	maxBytesFlag(cmd, &maxBytes)
	return cmd
}
