package cli

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// The codes of the problems that only reading files shows. codes.txt explains
// each.
const (
	codeCSV = "DBSR3001" // a file of a forEach cannot be read
)

//go:embed codes.txt
var pagesText string

// pages explains every code that a problem can have, in their order.
func pages() []diag.Page {
	return slices.Concat(schema.Pages(), plan.Pages(), diag.Pages(pagesText))
}

// isCode reports whether a word is meant as the code of a problem.
func isCode(word string) bool {
	return len(word) > 4 && strings.EqualFold(word[:4], "DBSR")
}

// writePages writes the pages of some codes.
func writePages(w io.Writer, words []string) error {
	all := pages()
	for i, word := range words {
		at := slices.IndexFunc(all, func(p diag.Page) bool { return strings.EqualFold(p.Code, word) })
		if at < 0 {
			return noSuchCode(all, word)
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n\n%s", all[at].Code, all[at].Title, all[at].Text)
	}
	return nil
}

func noSuchCode(all []diag.Page, word string) error {
	hint := "'dbsrestore help codes' lists them"
	var known []string
	for _, p := range all {
		known = append(known, p.Code)
	}
	if near := diag.Nearest(word, known); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return usageError(hint, "there is no code %s", view.Inert(word))
}

// codesText lists the codes.
func codesText() string {
	var b strings.Builder
	b.WriteString("Problems have codes that never change their meaning. 'dbsrestore help CODE' explains one:\n\n")
	for _, p := range pages() {
		fmt.Fprintf(&b, "  %s  %s\n", p.Code, p.Title)
	}
	return b.String()
}
