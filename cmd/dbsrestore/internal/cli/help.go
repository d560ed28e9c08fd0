package cli

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "schema [manifest|world]",
		Short:     "Print the JSON Schema of the manifest, or of the emulator's world",
		ValidArgs: []string{"manifest", "world"},
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		RunE: func(_ *cobra.Command, args []string) error {
			text := schema.JSON()
			if len(args) == 1 && args[0] == "world" {
				text = a.env.WorldSchema
			}
			_, err := a.env.Stdout.Write(append(bytes.TrimRight(text, "\n"), '\n'))
			return err
		},
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			fmt.Fprintf(a.env.Stdout, "dbsrestore %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}

// version is the module's version with the commit that it was built from, as
// far as the build recorded them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "(devel)" {
			v += " " + s.Value
		}
	}
	return v
}

// helpCommand prints the help of a verb or topic, and knows when there is none.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND, TOPIC or CODE...]",
		Short: "Help about a command, a topic or the code of a problem",

		ValidArgsFunction: words(helpWords).complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && isCode(args[0]) {
				return writePages(cmd.OutOrStdout(), args)
			}
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownVerb(cmd.Root(), args)
			}
			return of.Help()
		},
	}
}

// groups are the headings under which help lists verbs.
var groups = []struct{ title, verbs string }{
	{"Plan and carry out:", "init validate plan show apply retry"},
	{"Look at runs:", "status watch runs report"},
	{"Try and learn:", "explain emulator schema completion help version"},
}

// inGroups puts the verbs under their headings, and those of none below them.
func inGroups(root *cobra.Command) {
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		verbs := strings.Fields(g.verbs)
		for _, c := range root.Commands() {
			if slices.Contains(verbs, c.Name()) {
				c.GroupID = g.title
			}
		}
	}
	last := groups[len(groups)-1].title
	root.SetHelpCommandGroupID(last)
	root.SetCompletionCommandGroupID(last)
}

// topics are the help texts that belong to no verb.
func (a *app) topics() []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "manifest",
			Short: "What a manifest looks like",
			Long:  manifestText,
		},
		{
			Use:   "selection",
			Short: "Choosing a part of a manifest: --only and -l",
			Long:  selectionText,
		},
		{
			Use:   "scheduling",
			Short: "Restores from cron, systemd and other schedulers",
			Long:  schedulingText,
		},
		{
			Use:   "pull-requests",
			Short: "Plans that are reviewed before they are carried out",
			Long:  pullRequestsText,
		},
		{
			Use:   "output",
			Short: "Formats of output, and what stays as it is",
			Long:  outputText,
		},
		{
			Use:   "exit-status",
			Short: "What the exit statuses mean",
			Long:  exitText(),
		},
		{
			Use:   "codes",
			Short: "The codes of problems, one line each",
			Long:  codesText(),
		},
		{
			Use:   "identity",
			Short: "Why nothing is ever restored twice",
			Long:  identityText,
		},
		{
			Use:   "templates",
			Short: "What templates can say",
			Long:  templatesText,
		},
		{
			Use:   "emulator-faults",
			Short: "What can go wrong in the emulator",
			Long:  faultsText(a.env.FaultKinds),
		},
		{
			Use:   "environment",
			Short: "Environment variables and files",
			Long:  environmentText,
		},
	}
}

const identityText = `A run is named by its run key. The same manifest under the same run key gives every item the
same client token and the same task name, so that whatever was begun is found again:

  - what is to be sent is written to the journal, and synced, before it is sent;
  - before the first create the restore tasks of each backup plan are listed, and a task of ours
    that is there already is adopted, even when the journal is lost or on another machine;
  - creating a task writes no data, starting it does: a task is started only when it is visible in
    the list and is the earliest that carries the item's name;
  - an answer that was lost is looked for; a create is sent again, with the same token, only when
    nothing of the first can arrive any more: failure.resendAfter and failure.listLag later;
  - a new attempt, with another token, follows only a task that is known to have failed;
  - what cannot be proved ends as "unknown", and the exit status is not 0.

To restore anew, use another run key: --run KEY, or run: slot:24h in the manifest for a new one
every day. To try anew only what failed: 'dbsrestore retry KEY'.`

const environmentText = `  DBSRESTORE_ENDPOINT              the service's URL, as --endpoint
  ALIBABA_CLOUD_ACCESS_KEY_ID      credentials; with the next two the first
  ALIBABA_CLOUD_ACCESS_KEY_SECRET  link of the vendor's default chain
  ALIBABA_CLOUD_SECURITY_TOKEN
  ALIBABA_CLOUD_PROFILE            profile of the vendor's CLI configuration
  XDG_STATE_HOME, HOME             where the state directory is by default
  NO_COLOR                         no colours

The variables that a manifest names under password: {env: NAME} are read when a restore is
created, and never written anywhere.`

const templatesText = `Strings of a manifest may hold Go templates, such as "{{ .db }}_{{ .vars.suffix }}".

Values:
  .db         the database's name, in rename only
  .name       the restore's name
  .run        the run key
  .vars.NAME  a variable of the manifest, or of --var NAME=VALUE
  .each       the value of a forEach over a list, or .each.COLUMN of its row

Functions, with Sprig's names and order of arguments (VALUE last, so that it can be piped in):
  lower, upper, trim, toString, sha256sum     VALUE
  trimPrefix PREFIX, trimSuffix SUFFIX        VALUE
  replace OLD NEW                             VALUE
  trunc N, substr START END                   VALUE
  contains PART, hasPrefix P, hasSuffix S     VALUE
  splitList SEPARATOR, join SEPARATOR         VALUE
  regexReplaceAll PATTERN VALUE REPLACEMENT
  default FALLBACK                            VALUE
  date LAYOUT                                 VALUE: a time such as a run key of slot:24h; the layout is Go's, "20060102"
  index, len, and, or, not, eq, ne, lt, le, gt, ge

A key that is missing is an error. There are no loops, files, environment or randomness.`
