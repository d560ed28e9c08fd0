package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheReadmeShowsWhatTheCommandPrints runs the commands of the console blocks
// in README.md, one after another in a new home, and compares what they print,
// stderr before stdout. A line … in a block stands for any lines, within a line
// it stands for any text. Times, durations, ids, digests and the space between
// columns may differ.
func TestTheReadmeShowsWhatTheCommandPrints(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(examples, filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) < 3 {
		t.Fatalf("README.md has %d console blocks", len(blocks))
	}
	for _, block := range blocks {
		for _, shown := range strings.Split("\n"+strings.TrimSuffix(block[1], "\n"), "\n$ ")[1:] {
			line, want, some := strings.Cut(shown, "\n")
			if some {
				want += "\n"
			}
			got := console(t, dir, line)
			if !elided(want).MatchString(changing(got)) {
				t.Errorf("README.md shows after %q\n%s\nbut it prints\n%s", line, want, got)
			}
		}
	}
}

// console runs a command line of the shell, in which dbsrestore is this program.
func console(t *testing.T, dir, line string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "dbsrestore")); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + bin + ":" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v", line, err)
	}
	return stderr.String() + stdout.String()
}

// elided returns what matches a text of the README.
func elided(text string) *regexp.Regexp {
	var b strings.Builder
	for _, line := range strings.SplitAfter(changing(text), "\n") {
		if line == "…\n" {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
	}
	return regexp.MustCompile(`\A` + b.String() + `\z`)
}

// changes are what differs from run to run.
var changes = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "DIGEST"},
	{regexp.MustCompile(`\bs1[a-z0-9]{12}\b`), "TASK"},
	{regexp.MustCompile(`\b1ibdemo[a-z0-9]+\b`), "SET"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ms|s|m|h)( \d+(s|m))*\b`), "DURATION"},
	{regexp.MustCompile(` {2,}`), "  "},
	{regexp.MustCompile(` +\n`), "\n"},
}

// changing returns a text with names for what differs from run to run.
func changing(text string) string {
	for _, c := range changes {
		text = c.pattern.ReplaceAllString(text, c.name)
	}
	return text
}
