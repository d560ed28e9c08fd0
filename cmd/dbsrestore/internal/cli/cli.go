// Package cli turns a command line into calls of the other packages and into
// an exit status.
//
// It knows neither the vendor's SDK nor the emulator: package main hands it
// both as functions in [Env], so that every command can be run in a test with
// buffers for streams.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Env is the world of a command.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Interactive    bool // a person at a terminal can be asked
	Color          bool // the terminal shows colours
	Columns        int  // of the terminal that Stdout is; 0 when it is none
	Screen         bool // Stderr is a terminal
	Environ        []string
	Getenv         func(string) string
	Now            func() time.Time
	Signals        func() (signals <-chan os.Signal, stop func()) // takes SIGINT and SIGTERM until stop
	Connect        func(Target) (Service, error)
	Emulate        func(EmulatorOptions) (Emulator, error)
	WorldSchema    []byte      // JSON Schema of the emulator's world
	DemoWorld      []byte      // the emulator's world by default, in YAML
	FaultKinds     []FaultKind // that a world can have
}

// Service is DBS: what planning reads and what a run needs.
type Service interface {
	runner.Service
	runner.World

	// Calls returns how often each operation was sent.
	Calls() map[string]int

	// Account returns the id of the account whose credentials are used for a site.
	Account(ctx context.Context, site plan.Site) (string, error)

	// AccountPlans lists every backup plan of a site, without what can be
	// restored from it. Errors are a *restore.Failure.
	AccountPlans(ctx context.Context, site plan.Site) ([]plan.BackupPlan, error)

	// Regions returns the regions that DBS is known to serve.
	Regions() []string
}

// Target says which service to talk to.
type Target struct {
	Endpoint                     string // "" for the service's own, by region
	AccessKeyID, AccessKeySecret string // "" for the vendor's credentials chain
	RequestsPerSecond            float64
	AnyPassword                  bool // the destinations have no passwords: read none, send any
}

// EmulatorOptions say how to serve DBS on this machine.
type EmulatorOptions struct {
	Listen    string // host:port; port 0 for any
	Dir       string // where its tasks are kept; "" for nowhere
	World     []byte // in YAML; nil for that of the demonstration
	WorldFile string // its name in messages
	Record    string // file that gets what was asked and done; "" for none
	TimeScale float64
	Log       io.Writer // one line a request; nil for none
}

// ErrWorld is wrapped by the errors of [Env.Emulate] that are mistakes in a
// world, which name their places.
var ErrWorld = errors.New("the world cannot be used")

// FaultKind describes a kind of fault of the emulator.
type FaultKind struct {
	Name, About string
	Only        []string // operations that it can strike; empty for all
}

// Emulator is a running emulator.
type Emulator struct {
	Endpoint                     string // http://host:port
	AccessKeyID, AccessKeySecret string
	SecurityToken                string // "" for a permanent key
	Close                        func() error
}

// Main runs a command line without the program's name and returns the exit
// status.
func Main(ctx context.Context, args []string, env Env) int {
	a := &app{env: env, args: args}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	return a.exit(root.ExecuteContext(ctx))
}

// Tree returns the verbs and topics, to be described and not to be carried out.
func Tree(env Env) *cobra.Command { return (&app{env: env}).root() }

// app is one execution of the command.
type app struct {
	env   Env
	args  []string // the command line without the program's name
	verb  string
	flags flags

	stdinRead bool // by a file named -

	screen atomic.Pointer[screen] // that shows a run; nil for none
	calls  func() int             // sent to the service so far; nil when nobody counts

	problems problems
}

// exit prints what went wrong and returns the status for it.
func (a *app) exit(err error) int {
	if err == nil {
		return exitOK
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{status: exitUnexpected, err: err}
	}
	if !errors.Is(err, errReported) {
		a.printError(err, f.hint)
		if f.status == exitPlanRefused && a.onGitHub() {
			a.problems.annotations.Refused(a.env.Stderr, err)
		}
	}
	return f.status
}

func (a *app) printError(err error, hint string) {
	for i, line := range strings.Split(strings.TrimRight(err.Error(), "\n"), "\n") {
		prefix := "error: "
		if i > 0 {
			prefix = ""
		}
		fmt.Fprintf(a.env.Stderr, "%s%s\n", prefix, view.Inert(line))
	}
	if hint != "" {
		fmt.Fprintf(a.env.Stderr, "hint: %s\n", view.Inert(hint))
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "dbsrestore",
		Short: "Restore many databases from Alibaba Cloud Database Backup Service as one reviewed act",
		Long: `dbsrestore restores many databases from Alibaba Cloud Database Backup Service (DBS).
A YAML manifest lists the restores. It is checked, expanded into a plan that people review,
and carried out with bounded concurrency. Running it again never restores a second time.

Try it without an account:
  dbsrestore apply --emulator --yes -f examples/quickstart.yaml`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if cmd == root && len(a.args) > 0 && !strings.HasPrefix(a.args[0], "-") {
			return unknownVerb(root, a.args) // its flags are not to blame
		}
		return flagError(cmd, err)
	})
	a.flags.everywhere(root.PersistentFlags())
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		a.verb = cmd.Name()
		return a.flags.check(cmd)
	}
	root.SetHelpCommand(helpCommand())
	root.Version = version()
	root.AddCommand(a.initCommand(), a.validateCommand(), a.explainCommand(), a.planCommand(), a.showCommand(), a.applyCommand(), a.retryCommand(), a.runsCommand(), a.statusCommand(), a.watchCommand(), a.reportCommand(),
		a.emulatorCommand(), a.schemaCommand(), a.versionCommand())
	root.AddCommand(a.topics()...)
	inGroups(root)
	a.completions(root)
	for _, c := range root.Commands() {
		if c.Args != nil {
			c.Args = usageArgs(c.Args)
		}
	}
	root.Args = unknownVerb
	return root
}

// unknownVerb answers a first word that is no verb.
func unknownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "run 'dbsrestore help' for the list"
	var verbs []string
	for _, c := range cmd.Commands() {
		verbs = append(verbs, c.Name())
	}
	if near := diag.Nearest(args[0], verbs); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usageError(hint, "unknown command %q", args[0])
}

func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError("run 'dbsrestore help "+cmd.Name()+"'", "%s: %w", cmd.Name(), err)
		}
		return nil
	}
}

// flagError answers a flag that is unknown or has a bad value, and never
// repeats what could be a secret.
func flagError(cmd *cobra.Command, err error) error {
	help := "run 'dbsrestore help " + cmd.Name() + "' for its flags"
	if shorthand, ok := errors.AsType[*pflag.NotExistError](err); ok && shorthand.GetSpecifiedShortnames() != "" {
		if cmd.Name() == "validate" {
			help = "name the files without a flag: dbsrestore validate FILE..."
		}
		return usageError(help, "%s: unknown flag -%.1s", cmd.Name(), shorthand.GetSpecifiedShortnames())
	}
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return usageError(help, "%s: %w", cmd.Name(), err)
	}
	name, _, _ = strings.Cut(name, "=")
	if strings.Contains(name, "password") || strings.Contains(name, "secret") {
		return usageError("refer to secrets in the manifest: password: {env: NAME} or {file: PATH}", "secrets are never given on the command line")
	}
	if near := diag.Nearest(name, flagNames(cmd)); near != "" {
		help = "did you mean --" + near + "?"
	}
	return usageError(help, "%s: unknown flag --%s", cmd.Name(), name)
}
