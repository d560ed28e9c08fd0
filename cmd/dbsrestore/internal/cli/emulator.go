package cli

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func (a *app) emulatorCommand() *cobra.Command {
	var o EmulatorOptions
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Serve DBS on loopback until interrupted",
		Long: `Serve an emulator of DBS on loopback until interrupted, with a small made-up company's
backup plans in it. Its tasks are forgotten at the end unless --data is given.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !loopback(o.Listen) {
				return usageError("write --listen 127.0.0.1:PORT", "emulator: %q is not a loopback address: who can reach it could use it", o.Listen)
			}
			o.Log = a.env.Stderr
			if a.flags.quiet {
				o.Log = nil
			}
			signals, stop := a.env.Signals()
			defer stop()
			em, err := a.startEmulator(o)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.env.Stdout, "DBS emulator at %s\n\nUse it with:\n\n", em.Endpoint)
			fmt.Fprintf(a.env.Stdout, "    export DBSRESTORE_ENDPOINT=%s\n", em.Endpoint)
			fmt.Fprintf(a.env.Stdout, "    export ALIBABA_CLOUD_ACCESS_KEY_ID=%s ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s\n\n", em.AccessKeyID, em.AccessKeySecret)
			<-signals
			return em.Close()
		},
	}
	cmd.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:0", "loopback `ADDRESS` to listen on; port 0 for any")
	cmd.Flags().Float64Var(&o.TimeScale, "time-scale", 1, "how many times faster than life its restores are")
	cmd.Flags().StringVar(&o.Dir, "data", "", "`DIR` where its tasks are kept")
	return cmd
}

// startEmulator starts an emulator, alone in its directory.
func (a *app) startEmulator(o EmulatorOptions) (Emulator, error) {
	release := func() error { return nil }
	if o.Dir != "" {
		lock, err := journal.Lock(o.Dir, "emulator")
		if err != nil {
			return Emulator{}, lockError(err)
		}
		release = lock.Release
	}
	em, err := a.env.Emulate(o)
	if err != nil {
		return Emulator{}, fail(exitUnavailable, errors.Join(fmt.Errorf("start the emulator: %w", err), release()), "")
	}
	stop := em.Close
	em.Close = func() error { return errors.Join(stop(), release()) }
	return em, nil
}

// loopback reports whether nobody but this machine reaches a host:port.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}
