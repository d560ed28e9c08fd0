package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

// maxWorld bounds a world file, in bytes.
const maxWorld = 1 << 20

func (a *app) emulatorCommand() *cobra.Command {
	var o EmulatorOptions
	var allowRemote bool
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Serve DBS on this machine until interrupted",
		Long: `Serve an emulator of DBS until interrupted, with a small made-up company's backup plans in
it, or with the world that a file describes. Its tasks are forgotten at the end unless
--data is given. One line a request goes to stderr; -q leaves them out.

'dbsrestore schema world' prints the JSON Schema of a world file, and 'dbsrestore emulator
--print-world' the made-up company as a file to begin with. 'dbsrestore help emulator-faults'
tells what can go wrong by a rule of the world, or by one that is sent while it serves.`,
		Args: cobra.NoArgs,
	}
	printWorld := cmd.Flags().Bool("print-world", false, "print the world that is served without --world, and end")
	fs := cmd.Flags()
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`ADDRESS` to listen on, on loopback; port 0 for any")
	fs.BoolVar(&allowRemote, "allow-remote", false, "let --listen be an address that others reach: whoever has a key of the world can use it")
	fs.StringVar(&o.WorldFile, "world", "", "world `FILE` in YAML; - is stdin")
	fs.StringVar(&o.Record, "record", "", "`FILE` to add what was asked and done to, as JSON Lines")
	fs.Float64Var(&a.flags.timeScale, "time-scale", 1, "how many times faster than life its restores are, `N`")
	fs.StringVar(&o.Dir, "data", "", "`DIR` where its tasks are kept; nonces, poisoned tokens and the counts of fault rules begin anew with each start")
	cmd.RunE = func(*cobra.Command, []string) error {
		if *printWorld {
			if o.WorldFile != "" {
				return usageError("leave one of them out", "emulator: --print-world prints the world that is served without --world")
			}
			_, err := a.env.Stdout.Write(a.env.DemoWorld)
			return err
		}
		if _, _, err := net.SplitHostPort(o.Listen); err != nil {
			return usageError("write --listen 127.0.0.1:PORT", "emulator: --listen %q is no host and port", o.Listen)
		}
		if !allowRemote && !loopback(o.Listen) {
			return usageError("write --listen 127.0.0.1:PORT, or add --allow-remote",
				"emulator: %q is not a loopback address: who can reach it could use it", o.Listen)
		}
		o.TimeScale, o.Log = a.flags.timeScale, a.env.Stderr
		if a.flags.quiet {
			o.Log = nil
		}
		if o.WorldFile != "" {
			world, err := a.readWorld(o.WorldFile)
			if err != nil {
				return err
			}
			o.World = world
		}
		return a.serveEmulator(o)
	}
	return cmd
}

// readWorld reads a world file, or stdin.
func (a *app) readWorld(file string) ([]byte, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = readAll(a.env.Stdin, "stdin", maxWorld)
	} else {
		data, err = readFile(file, maxWorld)
	}
	if err != nil {
		return nil, fail(exitManifest, fmt.Errorf("emulator: %w", err), "'dbsrestore emulator --print-world' prints one to begin with")
	}
	return data, nil
}

// serveEmulator serves until a signal comes.
func (a *app) serveEmulator(o EmulatorOptions) error {
	if err := recordIsApart(o); err != nil {
		return err
	}
	signals, stop := a.env.Signals()
	defer stop()
	em, err := a.startEmulator(o)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "DBS emulator at %s\n\nUse it with:\n\n", em.Endpoint)
	fmt.Fprintf(&b, "    export DBSRESTORE_ENDPOINT=%s\n", em.Endpoint)
	fmt.Fprintf(&b, "    export ALIBABA_CLOUD_ACCESS_KEY_ID=%s ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s\n", shellWord(em.AccessKeyID), shellWord(em.AccessKeySecret))
	if em.SecurityToken != "" {
		fmt.Fprintf(&b, "    export ALIBABA_CLOUD_SECURITY_TOKEN=%s\n", shellWord(em.SecurityToken))
	}
	fmt.Fprintf(&b, "\nLook into it, and disturb it, at %s/_emulator/\n\n", em.Endpoint)
	fmt.Fprint(a.env.Stdout, b.String())
	<-signals
	if err := em.Close(); err != nil {
		return err
	}
	kept := "its tasks are forgotten"
	if o.Dir != "" {
		kept = "its tasks are kept in " + o.Dir
	}
	fmt.Fprintln(a.env.Stderr, "emulator stopped; "+kept)
	return nil
}

// shellWord quotes a word for a shell where it has to be.
func shellWord(s string) string {
	plain := func(c rune) bool {
		return c == '_' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	if s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !plain(c) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// recordIsApart refuses a record that would be written into what the emulator
// keeps or reads, or into a pipe that nobody may read.
func recordIsApart(o EmulatorOptions) error {
	if o.Record == "" {
		return nil
	}
	if o.Dir != "" {
		record, err := filepath.Abs(o.Record)
		dir, err2 := filepath.Abs(o.Dir)
		if err == nil && err2 == nil && filepath.Dir(record) == dir {
			return usageError("give --record a file elsewhere", "emulator: --record %s is in the directory of --data, which is the emulator's own", o.Record)
		}
	}
	info, err := os.Stat(o.Record)
	if err != nil {
		return nil // it is made, or the attempt says why not
	}
	if info.Mode()&os.ModeNamedPipe != 0 {
		return usageError("give --record a file", "emulator: --record %s is a pipe", o.Record)
	}
	for _, other := range []string{o.WorldFile, filepath.Join(o.Dir, "tasks.jsonl")} {
		if there, err := os.Stat(other); (other == o.WorldFile || o.Dir != "") && err == nil && os.SameFile(info, there) {
			return usageError("give --record another file", "emulator: --record %s is a file that the emulator reads", o.Record)
		}
	}
	return nil
}

// startEmulator starts an emulator, alone in its directory.
func (a *app) startEmulator(o EmulatorOptions) (Emulator, error) {
	release := func() error { return nil }
	if o.Dir != "" {
		lock, err := journal.Lock(o.Dir, "emulator")
		if err != nil {
			if held, ok := errors.AsType[*journal.HeldError](err); ok {
				return Emulator{}, fail(exitLocked, fmt.Errorf("%s: %w", o.Dir, held), "an emulator has one process at a time: stop that one, or use another directory")
			}
			return Emulator{}, stateError(err)
		}
		release = lock.Release
	}
	em, err := a.env.Emulate(o)
	if err != nil {
		err = errors.Join(err, release())
		if errors.Is(err, ErrWorld) {
			return Emulator{}, fail(exitManifest, err, "'dbsrestore schema world' describes every field")
		}
		hint := ""
		if errors.Is(err, syscall.EADDRINUSE) {
			hint = "another emulator may be there: use another port, or port 0 for any that is free"
		}
		return Emulator{}, fail(exitUnavailable, fmt.Errorf("start the emulator: %w", err), hint)
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

// faultsText describes the kinds of faults.
func faultsText(kinds []FaultKind) string {
	var b strings.Builder
	b.WriteString(`A world file has rules under faults, each about some calls of the emulator:

  faults:
    seed: 7                        # the same seed and calls, the same faults
    rules:
      - {fault: cut, executed: true, operation: CreateRestoreTask, probability: 0.1}
      - {fault: throttle, operation: "Describe*", skip: 5, count: 3}
      - {fault: taskChanged, word: stop, operation: StartRestoreTask, where: {RestoreTaskId: "s1*"}, count: 1}

operation and where say which calls, as patterns; skip how many of them pass first; count how
often it strikes at most; probability how likely it is each time. Rules of a running emulator
are read, replaced and added to at its /_emulator/faults, in the same form:

  curl -X POST --data '[{fault: cut, executed: true, operation: CreateRestoreTask, count: 1}]' \
    $DBSRESTORE_ENDPOINT/_emulator/faults

A call that a rule strikes, by the kind of fault:

`)
	for _, k := range kinds {
		about := k.About
		if len(k.Only) > 0 {
			about += ". For " + strings.Join(k.Only, ", ")
		}
		fmt.Fprintf(&b, "  %-15s  %s\n", k.Name, wrapped(about, 74, 19))
	}
	return b.String()
}

// wrapped breaks text into lines of a width, all but the first indented.
func wrapped(text string, width, indent int) string {
	var b strings.Builder
	line := 0
	for i, w := range strings.Fields(text) {
		switch {
		case i == 0:
		case line+1+len(w) > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			line = 0
		default:
			b.WriteByte(' ')
			line++
		}
		b.WriteString(w)
		line += len(w)
	}
	return b.String()
}
