package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// triedRows is how many rows of a forEach names are tried with.
const triedRows = 3

func (a *app) explainCommand() *cobra.Command {
	var rename bool
	var databaseType string
	cmd := &cobra.Command{
		Use:   "explain [FIELD] | explain --rename -f FILE NAME...",
		Short: "Explain a field of the manifest, or what becomes of database names",
		Long: `Explain a field of the manifest: what it says, its type, default and limits, examples, and the
fields in it. FIELD is a path such as restores.destination.port, or the end of one, such as port.
Without it the fields at the top are listed.

With --rename, say for each restore of a manifest what becomes of databases with these names:
which template or rule of rename they meet, what they are called at the destination, and why
they cannot be. Of a forEach the first rows are tried; --only KEY chooses others. Names
that the engine would refuse are found with --database-type.

Nobody is asked.`,
		RunE: func(cmd *cobra.Command, words []string) error {
			if rename {
				return a.explainRename(words, databaseType)
			}
			for _, name := range []string{"file", "run", "var", "only", "selector", "database-type"} {
				if cmd.Flags().Changed(name) {
					return usageError("add --rename", "explain: --%s only goes with --rename", name)
				}
			}
			return a.explainField(words)
		},
	}
	a.flags.manifestFlags(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	cmd.Flags().BoolVar(&rename, "rename", false, "what becomes of database names")
	cmd.Flags().StringVar(&databaseType, "database-type", "", "hold the names to the rules of this `TYPE` of databases, such as MySQL")
	return cmd
}

// explainField explains one field, or lists those at the top.
func (a *app) explainField(words []string) error {
	all := schema.Fields()
	if len(words) > 1 {
		return usageError("name one field; database names go with --rename", "explain: %d fields", len(words))
	}
	if len(words) == 0 {
		top := slices.DeleteFunc(all, func(f schema.Field) bool { return f.Parent() != "" })
		if a.flags.output == "json" {
			return view.FieldsJSON(a.env.Stdout, top)
		}
		view.Fields(a.env.Stdout, top, a.viewOptions())
		return nil
	}
	f, near, ok := schema.FindField(words[0])
	if !ok {
		hint := "'dbsrestore explain' lists the fields at the top"
		if near != "" {
			hint = fmt.Sprintf("did you mean %s? %s", near, hint)
		}
		return usageError(hint, "explain: a manifest has no field %q", words[0])
	}
	if a.flags.output == "json" {
		return view.FieldsJSON(a.env.Stdout, []schema.Field{f})
	}
	within := slices.DeleteFunc(all, func(c schema.Field) bool { return c.Parent() != f.Path })
	view.Field(a.env.Stdout, f, within, a.viewOptions())
	return nil
}

func (a *app) explainRename(names []string, databaseType string) error {
	if len(names) == 0 {
		return usageError("write 'dbsrestore explain --rename -f FILE NAME'", "explain: no database name given")
	}
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
