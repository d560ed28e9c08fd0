package schema_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

var update = flag.Bool("update", false, "rewrite the expected problems in testdata/bad")

// Each testdata/bad/NAME.yaml has a NAME.out with one line per problem:
// line:col code summary | hint, "warning" before the code of a warning, and
// "(hidden)" at the end where the source line must not be shown.
func TestBadManifests(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, problems := schema.Parse(file, src)
			if m != nil {
				t.Errorf("got a manifest, want none")
			}
			got := lines(problems)
			if strings.Contains(got, "hunter") {
				t.Errorf("a message holds a secret:\n%s", got)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".out"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
			checkShown(t, string(src), problems)
		})
	}
}

// checkShown proves that no line with a secret of the corpus would be shown.
func checkShown(t *testing.T, src string, problems diag.List) {
	t.Helper()
	shown := strings.Split(src, "\n")
	for _, d := range problems {
		if d.Pos.Line > 0 && !d.Sensitive && strings.Contains(shown[d.Pos.Line-1], "hunter") {
			t.Errorf("%v would show a secret", d)
		}
	}
}

func TestGoodManifests(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if m, problems := schema.Parse(file, src); m == nil || problems != nil {
				t.Errorf("got problems, want none:\n%s", lines(problems))
			}
		})
	}
}

func lines(problems diag.List) string {
	var b strings.Builder
	for _, d := range problems {
		fmt.Fprintf(&b, "%d:%d ", d.Pos.Line, d.Pos.Col)
		if d.Severity == diag.Warning {
			b.WriteString("warning ")
		}
		fmt.Fprintf(&b, "%s %s", d.Code, d.Summary)
		if d.Hint != "" {
			b.WriteString(" | " + d.Hint)
		}
		if d.Sensitive {
			b.WriteString(" (hidden)")
		}
		b.WriteString("\n")
	}
	return b.String()
}
