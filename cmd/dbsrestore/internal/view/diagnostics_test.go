package view_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const manifest = `version: 1
limits:
  inflight: 5
defaults:
  destination: {password: hunter2}
restores:
	- name: orders # tab
  - {name: "订单", backupPlanId: dbs1}
`

func at(line, col, width int) diag.Diagnostic {
	return diag.Diagnostic{Code: "DBSR1007", Pos: diag.Pos{File: "drill.yaml", Line: line, Col: col}, Width: width}
}

func TestDiagnostics(t *testing.T) {
	long := "x: [" + strings.Repeat("filler, ", 40) + "wrong, " + strings.Repeat("filler, ", 40) + "]\n"
	sources := map[string][]byte{"drill.yaml": []byte(manifest), "long.yaml": []byte(long), "crlf.yaml": []byte("\ufeffversion: 2\r\n")}

	unknown := at(3, 3, 8)
	unknown.Summary, unknown.Hint = `unknown key "inflight"`, `did you mean "inFlight"?`
	tab := at(7, 4, 4)
	tab.Summary, tab.Severity = "a tab indents the line", diag.Warning
	wide := at(8, 19, 12)
	wide.Summary = "after wide characters"
	within := at(8, 12, 2)
	within.Summary = "under wide characters"
	end := at(1, 11, 0)
	end.Summary = "at the end of a line"
	secret := at(5, 26, 7)
	secret.Summary, secret.Sensitive = "a password is never a literal", true
	far := at(1, strings.Index(long, "wrong")+1, 5)
	far.Pos.File, far.Summary = "long.yaml", "far to the right"
	whole := at(1, 0, 0)
	whole.Pos.File, whole.Summary = "long.yaml", "no column"
	crlf := at(1, 10, 1)
	crlf.Pos.File, crlf.Summary = "crlf.yaml", "version 2 is not known"
	beyond := at(99, 1, 1)
	beyond.Summary = "beyond the end"
	nowhere := diag.Diagnostic{Code: "DBSR1001", Pos: diag.Pos{File: "gone.yaml"}, Summary: "cannot be read"}

	list := diag.List{unknown, tab, wide, within, end, secret, far, whole, crlf, beyond, nowhere}
	for line := range 5 {
		d := at(line+1, 1, 3)
		d.Summary, d.Hint = "repeated", "mend them all"
		list = append(list, d)
	}
	got := output(func(b *bytes.Buffer) { view.Diagnostics(b, list, sources) })
	golden(t, "diagnostics.txt", got)
	if bytes.Contains(got, []byte("hunter2")) {
		t.Error("got the source line of a sensitive diagnostic, want none")
	}
	for line := range strings.Lines(string(got)) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 120 {
			t.Errorf("got a line of %d runes, want at most 120: %s", n, line)
		}
	}
}

func TestNoDiagnosticsWriteNothing(t *testing.T) {
	if got := output(func(b *bytes.Buffer) { view.Diagnostics(b, nil, nil) }); len(got) > 0 {
		t.Errorf("got %q, want nothing", got)
	}
}

// manyAlike is 400 wrong ports of as many restores, among other problems.
func manyAlike() diag.List {
	secret := at(3, 5, 7)
	secret.Summary, secret.Sensitive, secret.Field = "a password is never a literal", true, "/defaults/destination/password"
	nowhere := diag.Diagnostic{Severity: diag.Warning, Code: "DBSR2014", Summary: "t.csv has no rows"}
	list := diag.List{nowhere, secret}
	for i := range 400 {
		d := at(10+i, 7, 6)
		d.Field, d.Hint = "/restores/*/destination/port", "a port is 1..65535"
		d.Summary = fmt.Sprintf("port: %d is outside 1..65535", 70000+i)
		list = append(list, d)
	}
	for i, field := range []string{"/restores/*/prot", "/restores/*/pot", "/restores/*/porf", "/restores/*/ports"} {
		d := at(900+i, 7, 4)
		d.Field, d.Summary = field, fmt.Sprintf("unknown key %q in restore %q", field[12:], "orders")
		list = append(list, d)
	}
	return list
}

func TestProblemsThatAreAlike(t *testing.T) {
	sources := map[string][]byte{"drill.yaml": []byte(strings.Repeat("\n", 9) + "      70000\n")}
	golden(t, "alike.txt", output(func(b *bytes.Buffer) { view.Diagnostics(b, manyAlike(), sources) }))
	golden(t, "alike.json", output(func(b *bytes.Buffer) {
		if err := view.DiagnosticsJSON(b, manyAlike()); err != nil {
			t.Fatal(err)
		}
	}))
	golden(t, "alike-annotations.txt", output(func(b *bytes.Buffer) { new(view.Annotations).Write(b, manyAlike()) }))
}

func TestProblemsAreBounded(t *testing.T) {
	var list diag.List
	for i := range 5000 {
		d := at(1+i, 1, 1)
		d.Field, d.Summary = "/vars/"+strings.Repeat("x", i), "not alike"
		list = append(list, d)
	}
	got := output(func(b *bytes.Buffer) { view.Diagnostics(b, list, nil) })
	if len(got) > 20_000 || !bytes.Contains(got, []byte("5000 errors, 0 warnings; 4800 of them are not shown")) {
		t.Errorf("got %d bytes that end with %s", len(got), got[max(0, len(got)-200):])
	}
}

func TestAnnotations(t *testing.T) {
	var a view.Annotations
	write := func(d diag.Diagnostic) string {
		return string(output(func(b *bytes.Buffer) { a.Write(b, diag.List{d}) }))
	}
	hostile := diag.Diagnostic{
		Code: "DBSR1020", Pos: diag.Pos{File: "a,line=9::b\n::error::c%0A.yaml", Line: 3, Col: 5}, Width: 2,
		Summary: "100% x\n::set-output name=a::b\r\x1b[2J", Hint: "::stop-commands::x",
	}
	want := `::error file=a%2Cline=9%3A%3Ab\n%3A%3Aerror%3A%3Ac%250A.yaml,line=3,col=5,endColumn=7,title=DBSR1020::` +
		`100%25 x\n::set-output name=a::b\r\x1b[2J%0Ahint: \x3a:stop-commands::x` + "\n"
	if got := write(hostile); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	if got, want := write(diag.Diagnostic{Severity: diag.Warning, Code: "DBSR2014", Summary: "no place"}), "::warning title=DBSR2014::no place\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	lines := 1
	for range 20 {
		lines += strings.Count(write(hostile), "\n")
	}
	if lines != 10 {
		t.Errorf("got %d errors of one step, want the 10 that GitHub shows", lines)
	}
}

func ExampleDiagnostics() {
	view.Diagnostics(os.Stdout, diag.List{{
		Code:    "DBSR1007",
		Pos:     diag.Pos{File: "drill.yaml", Line: 3, Col: 3},
		Width:   8,
		Summary: `unknown key "inflight"`,
		Hint:    `did you mean "inFlight"?`,
	}}, map[string][]byte{"drill.yaml": []byte("version: 1\nlimits:\n  inflight: 5\n")})
	// Output:
	// error[DBSR1007]: unknown key "inflight"
	//   --> drill.yaml:3:3
	//   |
	// 3 |   inflight: 5
	//   |   ^~~~~~~~
	// hint: did you mean "inFlight"?
	//
	// 1 error, 0 warnings
	// more about them: dbsrestore help DBSR1007
}
