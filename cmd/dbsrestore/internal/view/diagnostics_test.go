package view_test

import (
	"bytes"
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
}
