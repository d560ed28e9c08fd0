package importtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
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

	CgoFiles       []string
	IgnoredGoFiles []string // left out on this machine, for their build constraints
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
		case r.pure && !slices.Contains(harmless, imp):
			found = append(found, fmt.Sprintf("%s imports %s: it is pure; do this in runner or cmd and hand it the result, or add it to harmless",
				p.path(), imp))
		}
	}
	return found
}

// within returns a function that tells whether imp is a package or below it.
func within(imp string) func(string) bool {
	return func(of string) bool { return imp == of || strings.HasPrefix(imp, of+"/") }
}

// everyFile adds to p the files that are not built on this machine but may be
// on another, and what they import.
func everyFile(p pkg) (pkg, error) {
	p.GoFiles, p.Imports = slices.Clone(p.GoFiles), slices.Clone(p.Imports)
	p.GoFiles = append(p.GoFiles, p.CgoFiles...)
	for _, name := range p.IgnoredGoFiles {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			return p, err
		}
		p.GoFiles = append(p.GoFiles, name)
		for _, imp := range file.Imports {
			if path := pathOf(imp); !slices.Contains(p.Imports, path) {
				p.Imports = append(p.Imports, path)
			}
		}
	}
	return p, nil
}

func pathOf(imp *ast.ImportSpec) string {
	path, _ := strconv.Unquote(imp.Path.Value) // it is parsed already
	return path
}

// checkOutside returns where a file of a pure package reaches outside by a
// package that it may import.
func checkOutside(filename string, src any) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, filename, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	packages := make(map[string]string) // paths, by every name that the file has for them
	for _, imp := range file.Imports {
		path := pathOf(imp)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if imp.Name != nil {
			name = imp.Name.Name
		}
		if name == "." && outside[path] != nil {
			found = append(found, fmt.Sprintf("%s: imports %s with a dot; give it its name", filename, path))
		}
		packages[name] = path
	}
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		what := "." + sel.Sel.Name
		forbidden := slices.Contains(outsideMethods, sel.Sel.Name)
		if x, ok := sel.X.(*ast.Ident); ok && packages[x.Name] != "" {
			what = packages[x.Name] + what
			forbidden = slices.Contains(outside[packages[x.Name]], sel.Sel.Name)
		}
		if forbidden {
			found = append(found, fmt.Sprintf("%s: %s in a pure package; take what it gives, such as now time.Time, as a parameter",
				files.Position(sel.Pos()), what))
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
