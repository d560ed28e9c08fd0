package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flags holds the values of every flag that more than one verb has.
type flags struct {
	file      string
	run       string
	vars      []string
	only      []string
	selector  string
	output    string
	stateDir  string
	endpoint  string
	emulator  bool
	inFlight  int
	rate      float64
	noColor   bool
	quiet     bool
	verbose   bool
	timeScale float64
	failOn    string
	jsonInto  string
}

func (f *flags) everywhere(fs *pflag.FlagSet) {
	fs.BoolVar(&f.noColor, "no-color", false, "no colours (also NO_COLOR)")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on stderr")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "more detail")
}

// manifestFlags are those of verbs that read one manifest.
func (f *flags) manifestFlags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "manifest `FILE`; - is stdin")
	f.expansionFlags(cmd)
}

// expansionFlags say what to make of a manifest.
func (f *flags) expansionFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.run, "run", "", "run `KEY`: a literal, or slot:DURATION such as slot:24h; overrides the manifest's")
	fs.StringArrayVar(&f.vars, "var", nil, "set a variable of the manifest, `NAME=VALUE`; may be repeated")
	fs.StringArrayVar(&f.only, "only", nil, "only this restore or item, and what it needs: `KEY`; may be repeated")
	fs.StringVarP(&f.selector, "selector", "l", "", "only restores with these labels, and what they need: `NAME=VALUE,…`")
}

// targetFlags are those of verbs that plan and restore at the service.
func (f *flags) targetFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.Float64Var(&f.timeScale, "time-scale", 1, "with --emulator: how many times faster than life its restores are")
	fs.IntVar(&f.inFlight, "in-flight", 0, "at most `N` unfinished restore tasks, beside those created ahead; overrides limits.inFlight")
	fs.Float64Var(&f.rate, "requests-per-second", 0, "API calls per account and region; overrides limits.requestsPerSecond")
	f.serviceFlags(cmd)
}

// serviceFlags say which service to talk to.
func (f *flags) serviceFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.endpoint, "endpoint", "", "`URL` of the service: https, or http on loopback only (default: DBSRESTORE_ENDPOINT, else the service's own, by region)")
	fs.BoolVar(&f.emulator, "emulator", false, "start a DBS emulator inside this process and use it")
	f.stateFlag(cmd)
}

func (f *flags) stateFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.stateDir, "state-dir", "", "`DIR` for what is known of runs (default $XDG_STATE_HOME/dbsrestore)")
}

// runFlags are those of verbs that carry out a run.
func (f *flags) runFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.jsonInto, "json-into", "", "also write what -o json prints into `FILE`")
	f.failOnFlag(cmd)
}

func (f *flags) failOnFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.failOn, "fail-on", "", "end with status 6 when `WHAT` was missed: objectives")
}

func (f *flags) outputFlag(cmd *cobra.Command, formats ...string) {
	cmd.Flags().StringVarP(&f.output, "output", "o", formats[0], "output `FORMAT`: "+strings.Join(formats, " or "))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if !cmd.Flags().Changed("output") {
			f.output = formats[0] // verbs share the value, each with its own default
		}
		if !slices.Contains(formats, f.output) {
			return usageError("write -o "+strings.Join(formats, " or -o "), "%s: unknown output format %q", cmd.Name(), f.output)
		}
		return nil
	}
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	add := func(fl *pflag.Flag) { names = append(names, fl.Name) }
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	return names
}

// check refuses flags that were given without a value, or with one that would
// be ignored: an unset variable in a script must not widen what it does.
func (f *flags) check(cmd *cobra.Command) error {
	var problem error
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		empty := fl.Value.String() == "" || fl.Value.String() == "[]"
		if problem == nil && empty {
			problem = usageError("give it a value, or leave the flag out", "%s: --%s is empty", cmd.Name(), fl.Name)
		}
	})
	if problem != nil {
		return problem
	}
	given := cmd.Flags().Changed
	switch {
	case given("in-flight") && (f.inFlight < 1 || f.inFlight > 1000):
		return usageError("1 to 1000", "%s: --in-flight %d is out of range", cmd.Name(), f.inFlight)
	case given("requests-per-second") && !(f.rate >= 0.1 && f.rate <= 1000):
		return usageError("0.1 to 1000", "%s: --requests-per-second %v is out of range", cmd.Name(), f.rate)
	case given("time-scale") && !(f.timeScale >= 0.001 && f.timeScale <= 1e6):
		return usageError("0.001 to 1000000", "%s: --time-scale %v is out of range", cmd.Name(), f.timeScale)
	case given("fail-on") && f.failOn != "objectives":
		return usageError("write --fail-on objectives", "%s: --fail-on %q is not known", cmd.Name(), f.failOn)
	case given("time-scale") && cmd.Flags().Lookup("emulator") != nil && !f.emulator:
		return usageError("add --emulator", "%s: --time-scale only goes with --emulator", cmd.Name())
	}
	return nil
}

// pairs reads NAME=VALUE words.
func pairs(words []string, flag string) (map[string]string, error) {
	m := make(map[string]string, len(words))
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name == "" {
			return nil, usageError(fmt.Sprintf("write --%s NAME=VALUE", flag), "--%s: no name and value", flag)
		}
		if _, twice := m[name]; twice {
			return nil, usageError("give it once", "--%s %s: given twice", flag, name)
		}
		m[name] = value
	}
	return m, nil
}

func (a *app) labels() (map[string]string, error) {
	if a.flags.selector == "" {
		return nil, nil
	}
	return pairs(strings.Split(a.flags.selector, ","), "selector")
}

// readFile reads at most limit bytes of a regular file, or of a pipe.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, path, limit)
}
