package cli

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the manifest",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.env.Stdout.Write(append(bytes.TrimRight(schema.JSON(), "\n"), '\n'))
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

// topics are the help texts that belong to no verb.
func (a *app) topics() []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "exit-status",
			Short: "What the exit statuses mean",
			Long:  exitText(),
		},
		{
			Use:   "identity",
			Short: "Why nothing is ever restored twice",
			Long:  identityText,
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
  - an answer that was lost is looked for before anything is sent again, with the same token;
  - what cannot be proved ends as "unknown", and the exit status is not 0.

To restore anew, use another run key: --run KEY, or run: slot:24h in the manifest for a new one
every day.`

const environmentText = `  DBSRESTORE_ENDPOINT              the service's URL, as --endpoint
  ALIBABA_CLOUD_ACCESS_KEY_ID      credentials; with the next two the first
  ALIBABA_CLOUD_ACCESS_KEY_SECRET  link of the vendor's default chain
  ALIBABA_CLOUD_SECURITY_TOKEN
  ALIBABA_CLOUD_PROFILE            profile of the vendor's CLI configuration
  XDG_STATE_HOME, HOME             where the state directory is by default
  NO_COLOR                         no colours

The variables that a manifest names under password: {env: NAME} are read when a restore is
created, and never written anywhere.`
