package world_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

var update = flag.Bool("update", false, "rewrite the expected errors in testdata/bad")

// noon is of a day on which the files of testdata are read.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// head begins a file with what every file must have.
const head = "version: 1\naccounts: [{id: \"1\", accessKeys: [{id: k, secret: s}]}]\n"

// patience is with a busy machine and the race detector: an answer takes less
// than a second, and minutes where a file multiplies.
const patience = 5 * time.Second

// placed is one problem: file, line, column, what is wrong; how to mend it.
var placed = regexp.MustCompile(`^[^:]+:[1-9][0-9]*:[1-9][0-9]*: .+; .+$`)

// Each testdata/bad/NAME.yaml has a NAME.out with what is told of it. What must
// not be told is written as canary or 77007700 there.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := told(t, name+".yaml", src)
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
				t.Errorf("errors (-want +got):\n%s", d)
			}
		})
	}
}

// told returns what is told of a bad file, a line for each problem.
func told(t *testing.T, file string, src []byte) string {
	t.Helper()
	begun := time.Now()
	w, err := world.Read(file, src, noon)
	if took := time.Since(begun); took > patience {
		t.Errorf("got an answer after %v, want it within %v", took, patience)
	}
	if err == nil {
		t.Fatal("got no error, want one")
	}
	if d := cmp.Diff(world.World{}, w); d != "" {
		t.Errorf("got a world beside the error, want none:\n%s", d)
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !placed.MatchString(line) {
			t.Errorf("got %q, want file:line:column: what is wrong; how to mend it", line)
		}
		if strings.Contains(line, "canary") || strings.Contains(line, "77007700") {
			t.Errorf("got %q, want no secret in it", line)
		}
	}
	return err.Error() + "\n"
}

// TestBadFilesThatAreMade is about files too large to be kept beside the others.
func TestBadFilesThatAreMade(t *testing.T) {

	for _, c := range []struct{ name, src, want string }{
		{"a file of more than 1 MiB is refused", strings.Repeat("# padding\n", 1<<18),
			"w.yaml:1:1: 2621440 bytes are more than the 1048576 that a world may have; write a smaller one"},
		{"more than 10,000 levels are refused", head + "gateways: " + strings.Repeat("[", 10_001),
			"w.yaml:3:1: this is not YAML: exceeded max depth of 10000; look here and in the lines around it for a bracket or a quote that is missing, or for indentation"},
		{"9,990 levels are a list too many", head + "gateways: " + strings.Repeat("[", 9_990) + strings.Repeat("]", 9_990),
			"w.yaml:3:12: an item of gateways is a list, not a mapping; write keys with values"},
		{"a mapping of very many keys is refused", head + "speed: {" + manyKeys(20_000) + "}",
			"w.yaml:3:8: more than 1000 keys are in one mapping; leave some out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.TrimSuffix(told(t, "w.yaml", []byte(c.src)), "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return b.String()
}

func TestFaultsAreReadAlone(t *testing.T) {
	t.Run("a list of rules is read", func(t *testing.T) {
		got, err := world.ReadFaults("body", []byte(`[{"fault": "delay", "for": "2s", "where": {"size": "1*", "from": "-*"}}]`))
		want := []world.Fault{{Kind: "delay", For: 2 * time.Second, Where: map[string]string{"size": "1*", "from": "-*"}}}
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("got error %v, (-want +got):\n%s", err, d)
		}
	})
	t.Run("a rule alone is refused", func(t *testing.T) {
		_, err := world.ReadFaults("body", []byte(`{fault: cut}`))
		if want := "body:1:1: the document is a mapping, not a list; write a list"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("a wrong rule is told at its place", func(t *testing.T) {
		rules, err := world.ReadFaults("body", []byte("- fault: cut\n- {fault: cut, by: 3}\n"))
		if want := "body:2:20: the fault cut takes no by; leave it out"; rules != nil || err == nil || err.Error() != want {
			t.Errorf("got %v and %v, want none and %s", rules, err, want)
		}
	})
}
