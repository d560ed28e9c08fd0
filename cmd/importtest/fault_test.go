package importtest

import (
	"strings"
	"testing"
)

// Each rule is broken once, to show that it can fail.

func TestForbiddenImportIsFound(t *testing.T) {
	made := map[string]rule{
		"low":  {pure: true},
		"high": {ours: []string{"low"}, others: []string{"example.com/lib"}},
	}
	tests := []struct{ pkg, imports, want string }{
		{"low", module + "/high", "low imports high"},
		{"high", module + "/low", ""},
		{"high", module + "/lower", "high imports lower"},
		{"low", "example.com/lib", "low imports example.com/lib"},
		{"high", "example.com/lib/sub", ""},
		{"high", "example.com/library", "high imports example.com/library"},
		{"high", sdk + "/services/dbs", "high imports " + sdk},
		{"high", "os", ""},
		{"low", "os", "low imports os: it is pure"},
		{"low", "os/exec", "it is pure"},
		{"low", "net/http", "it is pure"},
		{"low", "math/rand/v2", "it is pure"},
		{"low", "crypto/rand", "it is pure"},
		{"low", "syscall", "it is pure"},
		{"low", "net/url", ""},
		{"low", "math", ""},
		{"low", "time", ""},
		{"new", "fmt", "new: there is no rule for it"},
	}
	for _, test := range tests {
		got := checkImports(made, pkg{ImportPath: module + "/" + test.pkg, Imports: []string{test.imports}})
		compare(t, test.pkg+" imports "+test.imports, got, test.want)
	}
}

func TestOnlyOnePackageMayImportTheSDK(t *testing.T) {
	for name := range rules {
		got := checkImports(rules, pkg{ImportPath: module + "/" + name, Imports: []string{sdk + "/services/dbs"}})
		if allowed := len(got) == 0; allowed != (name == "runner/dbs") {
			t.Errorf("%s: got %v, want it in runner/dbs alone", name, allowed)
		}
	}
}

func TestReadingTheClockIsFound(t *testing.T) {
	tests := []struct{ src, want string }{
		{`import "time"; var x = time.Now()`, "x.go:1:35: time.Now in a pure package"},
		{`import "time"; var now = time.Now`, "time.Now"},
		{`import clock "time"; func f() { clock.Sleep(1) }`, "time.Sleep"},
		{`import "time"; func f(t time.Time) any { return time.Since(t) }`, "time.Since"},
		{`import "time"; func f() { <-time.After(1) }`, "time.After"},
		{`import . "time"; var x = Now()`, "with a dot"},
		{`import "time"; var x = time.Unix(0, 0).After(time.Time{})`, ""},
		{`type clock struct{ Now int }; func f(time clock) int { return time.Now }`, ""},
	}
	for _, test := range tests {
		got, err := checkClock("x.go", "package x; "+test.src)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, test.src, got, test.want)
	}
}

func TestPoorDocCommentIsFound(t *testing.T) {
	tests := []struct{ name, path, doc, want string }{
		{"plan", "plan", "Package plan decides what to do.", ""},
		{"plan", "plan", "", "begin with one whole sentence"},
		{"plan", "plan", "Plan decides what to do.", "begin with one whole sentence"},
		{"plan", "plan", "Package planning decides what to do.", "begin with one whole sentence"},
		{"plan", "plan", "Package plan decides", "begin with one whole sentence"},
		{"main", "cmd/dbsrestore", "Command dbsrestore restores databases.", ""},
		{"main", "cmd/dbsrestore", "Package main restores databases.", `"Command dbsrestore`},
	}
	for _, test := range tests {
		got := checkDoc(pkg{ImportPath: module + "/" + test.path, Name: test.name, Doc: test.doc})
		compare(t, test.doc, got, test.want)
	}
}

func TestStrangerAtTheRootIsFound(t *testing.T) {
	for name, want := range map[string]string{
		"plan": "", "go.mod": "", ".golangci.yml": "",
		"main.go":  "main.go at the root",
		"internal": "internal at the root",
		"docs":     "docs at the root",
	} {
		compare(t, name, checkTopLevel([]string{name}), want)
	}
}

// compare wants one finding that contains want, or none when want is "".
func compare(t *testing.T, what string, got []string, want string) {
	t.Helper()
	if want == "" && len(got) > 0 {
		t.Errorf("%s: got %q, want nothing", what, got)
	}
	if want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
		t.Errorf("%s: got %q, want one finding with %q", what, got, want)
	}
}
