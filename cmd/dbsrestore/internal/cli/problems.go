package cli

import (
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// problems are what was found wrong so far, and what was said of it.
type problems struct {
	all         diag.List
	annotations view.Annotations
}

// report tells of problems. It returns an error when one of them stops.
//
// Text goes to stderr. With -o json the problems of a command that ends there
// are data on stdout, those of every check so far; warnings of one that goes on
// are text, because stdout is for its result.
func (a *app) report(found diag.List, sources map[string][]byte) error {
	if len(found) == 0 {
		return nil
	}
	a.problems.all = append(a.problems.all, found...)
	if a.onGitHub() {
		a.problems.annotations.Write(a.env.Stderr, found)
	}
	switch {
	case a.flags.output != "json":
		view.Diagnostics(a.env.Stderr, found, sources)
	case a.verb == "validate": // which writes one object at its end
	case !found.HasErrors():
		view.Diagnostics(a.env.Stderr, found, sources)
	case a.verb == "apply":
		if err := view.DiagnosticsLines(a.env.Stdout, a.problems.all); err != nil {
			return err
		}
	default:
		if err := view.DiagnosticsJSON(a.env.Stdout, a.problems.all); err != nil {
			return err
		}
	}
	if found.HasErrors() {
		return statusOnly(exitManifest)
	}
	return nil
}
