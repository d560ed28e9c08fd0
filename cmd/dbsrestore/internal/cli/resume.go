package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/plan"
)

// resumeCommand returns the command that goes on with the run of a plan: the
// present one with its run key spelled out, as a key such as slot:24h names
// another run tomorrow.
func (a *app) resumeCommand(p *plan.Plan) string {
	words := []string{"dbsrestore"}
	for _, arg := range a.args {
		words = append(words, quoteShell(arg))
	}
	if slices.Contains(a.args, "apply") && a.flags.file != "" && a.flags.run != p.Run {
		words = append(words, "--run", quoteShell(p.Run)) // the last one given counts
	}
	return strings.Join(words, " ")
}

var plainArgument = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// quoteShell writes an argument as a POSIX shell reads it.
func quoteShell(arg string) string {
	if plainArgument.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
