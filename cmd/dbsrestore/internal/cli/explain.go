package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// triedRows is how many rows of a forEach names are tried with.
const triedRows = 3

func (a *app) explainCommand() *cobra.Command {
	var rename bool
	var databaseType string
	cmd := &cobra.Command{
		Use:   "explain --rename -f FILE NAME...",
		Short: "Try database names on the renames of a manifest, without network",
		Long: `Say for each restore of a manifest what becomes of databases with these names: which
template or rule of rename they meet, what they are called at the destination, and why
they cannot be. Of a forEach the first rows are tried; --only KEY chooses others. Names
that the engine would refuse are found with --database-type. Nobody is asked.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			if !rename {
				return usageError("write 'dbsrestore explain --rename -f FILE NAME'", "explain: say what to explain")
			}
			return a.explainRename(names, databaseType)
		},
	}
	a.flags.manifestFlags(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	cmd.Flags().BoolVar(&rename, "rename", false, "what becomes of database names")
	cmd.Flags().StringVar(&databaseType, "database-type", "", "hold the names to the rules of this `TYPE` of databases, such as MySQL")
	return cmd
}

func (a *app) explainRename(names []string, databaseType string) error {
	if err := knownType(databaseType); err != nil {
		return err
	}
	if a.flags.file == "" {
		return usageError("write -f FILE", "explain: no manifest given")
	}
	l, err := a.load(a.flags.file)
	if err != nil {
		return err
	}
	d, err := a.expand(l, a.env.Now())
	if err != nil {
		return err
	}
	trials, left := d.Try(names, databaseType, triedRows)
	if a.flags.output == "json" {
		err = view.TrialsJSON(a.env.Stdout, trials, left)
	} else {
		view.Trials(a.env.Stdout, trials, left, a.viewOptions())
	}
	if err == nil && slices.ContainsFunc(trials, func(t plan.Trial) bool { return t.Refused != "" && t.Skipped == "" }) {
		return statusOnly(exitManifest)
	}
	return err
}

func knownType(databaseType string) error {
	known := plan.DatabaseTypes()
	if databaseType == "" || slices.Contains(known, strings.ToLower(databaseType)) {
		return nil
	}
	hint := "known are " + strings.Join(known, ", ")
	if near := diag.Nearest(databaseType, known); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return usageError(hint, "explain: there is no database type %q", databaseType)
}
