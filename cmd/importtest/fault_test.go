package importtest

import (
	"os"
	"path/filepath"
	"slices"
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
		{"low", "io/ioutil", "it is pure"},
		{"low", "log", "it is pure"},
		{"low", "hash/maphash", "it is pure"},
		{"low", "runtime", "it is pure"},
		{"low", "unsafe", "it is pure"},
		{"low", "C", "it is pure"},
		{"low", "encoding/json/v2", "it is pure"},
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

func TestReachingOutsideIsFound(t *testing.T) {
	tests := []struct{ src, want string }{
		{`import "time"; var x = time.Now()`, "x.go:1:35: time.Now in a pure package"},
		{`import "time"; var now = time.Now`, "time.Now"},
		{`import clock "time"; func f() { clock.Sleep(1) }`, "time.Sleep"},
		{`import "time"; import clock "time"; var x = time.Now()`, "time.Now"},
		{`import "time"; import clock "time"; var x = clock.Now()`, "time.Now"},
		{"import `time`; var x = time.Now()", "time.Now"},
		{`import "time"; func f(t time.Time) any { return time.Since(t) }`, "time.Since"},
		{`import "time"; func f(t time.Time) any { return time.Until(t) }`, "time.Until"},
		{`import "time"; func f() { <-time.After(1) }`, "time.After"},
		{`import "time"; func f() { <-time.Tick(1) }`, "time.Tick"},
		{`import "time"; var x = time.NewTimer(1)`, "time.NewTimer"},
		{`import "time"; var x = time.NewTicker(1)`, "time.NewTicker"},
		{`import "time"; var x = time.AfterFunc(1, nil)`, "time.AfterFunc"},
		{`import "time"; var x = time.UTC; var y = time.Local`, "time.Local"},
		{`import "time"; var x, y = time.LoadLocation("Asia/Shanghai")`, "time.LoadLocation"},
		{`import "time"; func f(t time.Time) any { return t.Local() }`, ".Local"},
		{`import . "time"; var x = Now()`, "time with a dot"},
		{`import "time"; import . "time"; var x = Now()`, "time with a dot"},
		{`import "time"; var x = time.Unix(0, 0).After(time.Time{})`, ""},
		{`type clock struct{ Now int }; func f(time clock) int { return time.Now }`, ""},
		{`import "text/template"; var x, y = template.ParseFiles("a")`, "text/template.ParseFiles"},
		{`import tt "text/template"; var x, y = tt.ParseGlob("*")`, "text/template.ParseGlob"},
		{`import "text/template"; var x, y = template.New("").ParseFS(nil)`, ".ParseFS"},
		{`func f(x interface{ ParseFiles(...string) }) { x.ParseFiles("a") }`, ".ParseFiles"},
		{`import "text/template"; var x, y = template.New("").Parse("")`, ""},
	}
	for _, test := range tests {
		got, err := checkOutside("x.go", "package x; "+test.src)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, test.src, got, test.want)
	}
}

func TestAFileForAnotherMachineIsFound(t *testing.T) {
	dir := t.TempDir()
	for name, src := range map[string]string{
		"x.go":            "package low",
		"x_plan9.go":      "package low; import \"os\"; import \"time\"; var x, y = os.Args, time.Now()",
		"x_plan9_test.go": "package low; import \"net\"",
		"tagged.go":       "//go:build never\n\npackage low; import \"time\"",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := everyFile(pkg{ImportPath: module + "/low", Dir: dir, GoFiles: []string{"x.go"},
		IgnoredGoFiles: []string{"tagged.go", "x_plan9.go", "x_plan9_test.go"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"x.go", "tagged.go", "x_plan9.go"}; !slices.Equal(p.GoFiles, want) {
		t.Errorf("got files %v, want %v", p.GoFiles, want)
	}
	compare(t, "the imports", checkImports(map[string]rule{"low": {pure: true}}, p), "low imports os")
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
