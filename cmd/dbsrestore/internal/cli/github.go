package cli

import (
	"cmp"
	"fmt"
	"io"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
)

// onGitHub reports whether a job of GitHub Actions reads what is written.
func (a *app) onGitHub() bool { return a.env.Getenv("GITHUB_ACTIONS") == "true" }

// fold has what is written until the returned function is called folded in the
// log of a job.
func (a *app) fold(w io.Writer, title string) (unfold func()) {
	if !a.onGitHub() || a.flags.output != "text" {
		return func() {}
	}
	fmt.Fprintf(w, "::group::%s\n", title)
	return func() { fmt.Fprintln(w, "::endgroup::") }
}

// manifestFile is the file of a plan's manifest as a job names it.
func (a *app) manifestFile(p *plan.Plan) string {
	if a.flags.file == "-" {
		return ""
	}
	return cmp.Or(a.flags.file, p.Manifest.File)
}

// annotateBlocked marks what is blocked beside its line in a pull request.
func (a *app) annotateBlocked(p *plan.Plan) {
	if a.onGitHub() {
		a.problems.annotations.Blocked(a.env.Stderr, a.manifestFile(p), p)
	}
}

// annotateOutcomes marks what did not end well.
func (a *app) annotateOutcomes(p *plan.Plan, r runner.Report) {
	if a.onGitHub() {
		a.problems.annotations.Outcomes(a.env.Stderr, a.manifestFile(p), r.Items)
	}
}

// refuseBlocked tells of what is blocked to who reads data or annotations; in the
// plan's text it is told already.
func (a *app) refuseBlocked(p *plan.Plan) error {
	a.annotateBlocked(p)
	if a.flags.output != "json" {
		return nil
	}
	return view.BlockedLines(a.env.Stdout, p)
}
