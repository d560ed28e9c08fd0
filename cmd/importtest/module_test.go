package importtest

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	for _, p := range list(t) {
		report(t, checkImports(rules, p))
	}
}

func TestEveryRuleHasItsPackage(t *testing.T) {
	var have []string
	for _, p := range list(t) {
		have = append(have, p.path())
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if !slices.Contains(have, name) {
			t.Errorf("there is a rule for %s but no such package; remove the rule", name)
		}
	}
}

func TestPurePackagesDoNotReachOutside(t *testing.T) {
	for _, p := range list(t) {
		if !rules[p.path()].pure {
			continue
		}
		for _, name := range p.GoFiles {
			found, err := checkOutside(filepath.Join(p.Dir, name), nil)
			if err != nil {
				t.Fatal(err)
			}
			report(t, found)
		}
	}
}

func TestEveryPackageIsExplainedByOneSentence(t *testing.T) {
	for _, p := range list(t) {
		report(t, checkDoc(p))
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	report(t, checkTopLevel(names))
}

func report(t *testing.T, found []string) {
	t.Helper()
	for _, f := range found {
		t.Error(f)
	}
}

// list returns the packages of this module, with all that is built anywhere.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Doc,Dir,GoFiles,Imports,CgoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = root
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p, err = everyFile(p); err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) == 0 {
		t.Fatal("go list names no packages")
	}
	return pkgs
}
