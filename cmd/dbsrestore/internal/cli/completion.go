package cli

import (
	_ "embed"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/schema"
)

// maxProposals bounds how many words are proposed.
const maxProposals = 1000

// words proposes what a word of the command line could be. What cannot be read
// proposes nothing, and nobody is asked.
type words func(cmd *cobra.Command, args []string, begun string) []string

// complete proposes words in the form of cobra. Words that would not stand on a line of
// their own are not proposed.
func (w words) complete(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var proposals []cobra.Completion
	for _, p := range w(cmd, args, begun) {
		if word, _, _ := strings.Cut(p, "\t"); strings.HasPrefix(word, begun) && view.Inert(word) == word && len(proposals) < maxProposals {
			proposals = append(proposals, p)
		}
	}
	return proposals, cobra.ShellCompDirectiveNoFileComp
}

// files proposes files with one of these endings.
func files(endings ...cobra.Completion) cobra.CompletionFunc {
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

// completions lets shells complete the arguments and flags of every verb: an
// argument by its name in the usage line, a flag by its own name.
func (a *app) completions(root *cobra.Command) {
	bashNeedsNothing(root)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	anyFile := cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	manifests, dirs := files("yaml", "yml"), cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	flags := map[string]cobra.CompletionFunc{
		"file": manifests, "world": manifests, "out": files("json"), "state-dir": dirs, "data": dirs,
		"record": anyFile, "json-into": anyFile, "fail-on": cobra.FixedCompletions([]cobra.Completion{"objectives"}, cobra.ShellCompDirectiveNoFileComp),
		"only": words(a.itemWords).complete, "selector": words(a.labelWords).complete,
		"var": words(a.varWords).complete, "run": words(a.runKeys).complete,
		"database-type": cobra.FixedCompletions(plan.DatabaseTypes(), cobra.ShellCompDirectiveNoFileComp),
	}
	for _, c := range root.Commands() {
		for name, f := range flags {
			if c.Flags().Lookup(name) != nil {
				_ = c.RegisterFlagCompletionFunc(name, f) // it exists, and has none yet
			}
		}
		if c.ValidArgsFunction == nil && len(c.ValidArgs) == 0 {
			c.ValidArgsFunction = a.arguments(c.Use)
		}
	}
}

//go:embed completion.bash
var bashAlone string

// bashNeedsNothing has what completes words in bash work without the package
// bash-completion too, which many servers do not have.
func bashNeedsNothing(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	bash, _, err := root.Find([]string{"completion", "bash"})
	if err != nil {
		return // unreachable: cobra has it for every command with subcommands
	}
	bash.Long = "Print what makes bash complete verbs, flags, runs, item keys, fields and codes. Where the package\nbash-completion is installed, it is used.\n\n" +
		"  source <(dbsrestore completion bash)                                       in this session\n" +
		"  dbsrestore completion bash > ~/.local/share/bash-completion/completions/dbsrestore   in each to come, with bash-completion\n" +
		"  echo 'source <(dbsrestore completion bash)' >> ~/.bashrc                    in each to come, without"
	generate := bash.RunE
	bash.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := io.WriteString(cmd.Root().OutOrStdout(), bashAlone); err != nil {
			return err
		}
		return generate(cmd, args)
	}
}

// arguments completes what a usage line names.
func (a *app) arguments(use string) cobra.CompletionFunc {
	use = strings.ReplaceAll(use, "-f FILE", "")
	run, saved := strings.Contains(use, "RUN"), strings.Contains(use, "PLAN")
	switch {
	case run && saved:
		return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			proposals, _ := words(a.runWords).complete(cmd, args, begun)
			return proposals, cobra.ShellCompDirectiveDefault
		}
	case run:
		return words(a.runWords).complete
	case saved:
		return files("json")
	case strings.Contains(use, "FIELD"):
		return words(fieldWords).complete
	case strings.Contains(use, "FILE"):
		return files("yaml", "yml")
	}
	return nil
}

func (a *app) runWords(cmd *cobra.Command, args []string, begun string) (names []string) {
	if len(args) > 0 {
		return nil
	}
	runs, _ := a.readRuns(cmd.Context()) // without them there is nothing to offer
	for _, r := range runs {
		if name := r.Manifest + "/" + r.Key; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if !strings.Contains(begun, "/") {
		names = append(names, keysOf(runs)...)
	}
	return names
}

func (a *app) runKeys(cmd *cobra.Command, _ []string, _ string) []string {
	runs, _ := a.readRuns(cmd.Context())
	return keysOf(runs)
}

func keysOf(runs []journal.Run) (keys []string) {
	for _, r := range runs {
		if !slices.Contains(keys, r.Key) {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// quiet returns an execution with the same flags that says nothing, and takes
// nothing from a terminal.
func (a *app) quiet() *app {
	q := &app{env: a.env, flags: a.flags}
	q.env.Stdin, q.env.Stdout, q.env.Stderr = strings.NewReader(""), io.Discard, io.Discard
	q.env.Getenv = func(string) string { return "" } // no annotations
	return q
}

// given returns the manifest of -f, nil when it cannot be read.
func (a *app) given() *loaded {
	if a.flags.file == "" || a.flags.file == "-" {
		return nil
	}
	l, err := a.quiet().load(a.flags.file)
	if err != nil {
		return nil
	}
	return l
}

// items returns the items of the manifest of -f or else of a plan file, before
// any are chosen.
func (a *app) items(args []string) []plan.Item {
	q := a.quiet()
	q.flags.only, q.flags.selector = nil, ""
	if l := a.given(); l != nil {
		d, err := q.expand(l, a.env.Now())
		if err != nil {
			return nil
		}
		return d.Bare().Items
	}
	if len(args) == 0 {
		return nil
	}
	p, err := q.readPlan(args[0])
	if err != nil {
		return nil
	}
	return p.Items
}

func (a *app) itemWords(_ *cobra.Command, args []string, _ string) (keys []string) {
	for _, item := range a.items(args) {
		if name, _, row := strings.Cut(string(item.Key), "["); row && !slices.Contains(keys, name) {
			keys = append(keys, name)
		}
		keys = append(keys, string(item.Key))
	}
	return keys
}

// labelWords completes the last of the pairs.
func (a *app) labelWords(_ *cobra.Command, args []string, begun string) (pairs []string) {
	before := begun[:strings.LastIndexByte(begun, ',')+1]
	for _, item := range a.items(args) {
		for name, value := range item.Labels {
			if pair := before + name + "=" + value; !strings.Contains(","+before, ","+name+"=") && !slices.Contains(pairs, pair) {
				pairs = append(pairs, pair)
			}
		}
	}
	slices.Sort(pairs)
	return pairs
}

func (a *app) varWords(*cobra.Command, []string, string) (names []string) {
	if l := a.given(); l != nil {
		for name := range l.manifest.Vars {
			names = append(names, name+"=")
		}
	}
	slices.Sort(names)
	return names
}

func fieldWords(cmd *cobra.Command, args []string, begun string) (paths []string) {
	if len(args) > 0 || cmd.Flags().Changed("rename") { // then they are databases
		return nil
	}
	fields := schema.Fields()
	whole := slices.ContainsFunc(fields, func(f schema.Field) bool { return strings.HasPrefix(f.Path, begun) })
	for _, f := range fields {
		about, _, _ := strings.Cut(f.Description, ". ")
		if !whole { // explain takes a path without its beginning too
			f.Path = strings.TrimPrefix(f.Path, "restores.")
		}
		paths = append(paths, f.Path+"\t"+about)
	}
	return paths
}

// helpWords proposes verbs, topics and the codes of problems.
func helpWords(cmd *cobra.Command, args []string, _ string) (names []string) {
	if len(args) == 0 {
		for _, c := range cmd.Root().Commands() {
			if c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() {
				names = append(names, c.Name()+"\t"+c.Short)
			}
		}
	}
	for _, p := range pages() {
		names = append(names, p.Code+"\t"+p.Title)
	}
	return names
}
