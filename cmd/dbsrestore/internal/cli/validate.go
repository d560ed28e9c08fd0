package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check manifests, without network and credentials",
		Long: `Check manifests, without network and credentials.

With -o json, stdout has one object: formatVersion, valid, manifests, diagnostics, errors and
warnings. A diagnostic has severity, code, summary, hint, field, file, line, column, endColumn
and count, of those that are alike the first three places. A plan that cannot be made has the
same diagnostics under 'plan -o json', and under 'apply -o json' in a line of type diagnostics
behind the first line; both end with status 65.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error { return a.validate(files) },
	}
	a.flags.expansionFlags(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	return cmd
}

func (a *app) validate(files []string) error {
	status := exitOK
	var checked []view.Checked
	for _, file := range files {
		p, err := a.check(file)
		c := view.Checked{File: displayName(file), Valid: err == nil}
		switch {
		case err != nil:
			status = cmp.Or(status, a.exit(err))
		case a.flags.output == "json":
			c.Run, c.Restores = p.Run, len(p.Items)
		default:
			fmt.Fprintf(a.env.Stdout, "%s: valid, %d restores in run %s\n", view.Inert(c.File), len(p.Items), view.Inert(p.Run))
		}
		checked = append(checked, c)
	}
	if a.flags.output == "json" {
		if err := view.ValidationJSON(a.env.Stdout, checked, a.problems.all); err != nil {
			return err
		}
	}
	return statusOnly(status)
}

// check plans a manifest as far as that needs nobody.
func (a *app) check(file string) (*plan.Plan, error) {
	l, err := a.load(file)
	if err != nil {
		return nil, err
	}
	now := a.env.Now()
	d, err := a.expand(l, now)
	if err != nil {
		return nil, err
	}
	p, problems := d.Resolve(plan.Facts{Now: now, Offline: true})
	return p, a.report(problems, l.sources)
}
