package importtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/dbsrestore/dbsrestore"

// pkg is a package as go list describes it.
type pkg struct {
	ImportPath string
	Name       string
	Doc        string // the first sentence
	Dir        string
	GoFiles    []string
	Imports    []string
}

// path returns the package's path within the module.
func (p pkg) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// checkImports returns what a package imports against the rules.
func checkImports(rules map[string]rule, p pkg) []string {
	r, ok := rules[p.path()]
	if !ok {
		return []string{fmt.Sprintf("%s: there is no rule for it; add a row to rules that says what it may import", p.path())}
	}
	var found []string
	for _, imp := range p.Imports {
		ours, isOurs := strings.CutPrefix(imp, module+"/")
		first, _, _ := strings.Cut(imp, "/")
		switch {
		case isOurs:
			if !slices.Contains(r.ours, ours) {
				found = append(found, fmt.Sprintf("%s imports %s: it may import only %v of this module; hand it what it needs as a value, or an interface that it declares",
					p.path(), ours, r.ours))
			}
		case strings.Contains(first, "."):
			if !slices.ContainsFunc(r.others, within(imp)) {
				found = append(found, fmt.Sprintf("%s imports %s: it may import only %v of others; use it where it is allowed already",
					p.path(), imp, r.others))
			}
		case r.pure && slices.ContainsFunc(impure, within(imp)) && !slices.Contains(harmless, imp):
			found = append(found, fmt.Sprintf("%s imports %s: it is pure; do this in runner or cmd and hand it the result", p.path(), imp))
		}
	}
	return found
}

// within returns a function that tells whether imp is a package or below it.
func within(imp string) func(string) bool {
	return func(of string) bool { return imp == of || strings.HasPrefix(imp, of+"/") }
}

// checkClock returns where a file uses the clock.
func checkClock(filename string, src any) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, filename, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	name := ""
	for _, imp := range file.Imports {
		if imp.Path.Value != strconv.Quote("time") {
			continue
		}
		name = "time"
		if imp.Name != nil {
			name = imp.Name.Name
		}
	}
	if name == "." {
		return []string{filename + ": imports time with a dot; give it its name"}, nil
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && name != "" && x.Name == name && slices.Contains(clock, sel.Sel.Name) {
			found = append(found, fmt.Sprintf("%s: time.%s in a pure package; take now time.Time as a parameter",
				files.Position(sel.Pos()), sel.Sel.Name))
		}
		return true
	})
	return found, nil
}

// checkDoc returns what is wrong with a package's doc comment.
func checkDoc(p pkg) []string {
	want := "Package " + p.Name + " "
	if p.Name == "main" {
		want = "Command " + path.Base(p.ImportPath) + " "
	}
	if strings.HasPrefix(p.Doc, want) && strings.HasSuffix(p.Doc, ".") {
		return nil
	}
	return []string{fmt.Sprintf("%s: its doc comment begins %q; begin with one whole sentence, %q", p.path(), p.Doc, want+"….")}
}

// checkTopLevel returns the names that have no place at the root.
func checkTopLevel(names []string) []string {
	var found []string
	for _, name := range names {
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) {
			found = append(found, fmt.Sprintf("%s at the root: the top level is fixed; put it into one of %v", name, topLevel[:6]))
		}
	}
	return found
}
