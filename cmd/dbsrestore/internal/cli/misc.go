package cli

import (
	"fmt"
	"net"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

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

func (a *app) emulatorCommand() *cobra.Command {
	var o EmulatorOptions
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Serve DBS on loopback until interrupted",
		Long: `Serve an emulator of DBS on loopback until interrupted, with a small made-up company's
backup plans in it. Its tasks are forgotten at the end unless --data is given.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !loopback(o.Listen) {
				return usageError("write --listen 127.0.0.1:PORT", "emulator: %q is not a loopback address: who can reach it could use it", o.Listen)
			}
			o.Log = a.env.Stderr
			if a.flags.quiet {
				o.Log = nil
			}
			em, err := a.env.Emulate(o)
			if err != nil {
				return fail(exitUnavailable, fmt.Errorf("start the emulator: %w", err), "")
			}
			fmt.Fprintf(a.env.Stdout, "DBS emulator at %s. Use it with:\n\n", em.Endpoint)
			fmt.Fprintf(a.env.Stdout, "    export DBSRESTORE_ENDPOINT=%s\n", em.Endpoint)
			fmt.Fprintf(a.env.Stdout, "    export ALIBABA_CLOUD_ACCESS_KEY_ID=%s ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s\n\n", em.AccessKeyID, em.AccessKeySecret)
			ctx, stop := a.interruptible(cmd.Context())
			defer stop()
			<-ctx.Done()
			return em.Close()
		},
	}
	cmd.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:0", "loopback `ADDRESS` to listen on; port 0 for any")
	cmd.Flags().Float64Var(&o.TimeScale, "time-scale", 1, "how many times faster than life its restores are")
	cmd.Flags().StringVar(&o.Dir, "data", "", "`DIR` where its tasks are kept")
	return cmd
}

// loopback reports whether nobody but this machine reaches a host:port.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
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
