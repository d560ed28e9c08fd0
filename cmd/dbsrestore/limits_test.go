package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	maxTime   = time.Second
	noise     = 5   // how many times longer a machine with other work may take
	maxMemory = 256 // MiB, whatever else the machine does
)

// TestBadInputsAreCheap runs the real command on every bad input, and on the
// worst that fits into a megabyte or into the limits of a CSV file.
func TestBadInputsAreCheap(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the peak of a process's memory is read from /proc")
	}
	command := filepath.Join(t.TempDir(), "dbsrestore")
	if out, err := exec.Command("go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob("../../schema/testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad manifests: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { cheap(t, 65, command, "validate", file) })
	}
	plans, err := filepath.Glob("../../plan/testdata/badplans/*.json")
	if err != nil || len(plans) == 0 {
		t.Fatalf("no bad plans: %v", err)
	}
	for _, file := range plans {
		t.Run(filepath.Base(file), func(t *testing.T) { cheap(t, 7, command, "show", file) })
	}
	for name, text := range worstPlans() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "plan.json")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			cheap(t, 7, command, "show", file)
		})
	}
	for _, c := range worstCases() {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"m.yaml": c.manifest, "rows.csv": c.csv} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			manifest := filepath.Join(dir, "m.yaml")
			cheap(t, c.status, command, "validate", manifest)
			cheap(t, c.status, command, "plan", "--offline", "-f", manifest, "-o", "json")
		})
	}
}

// worstPlans are plan files of a few megabytes that are much to look at.
func worstPlans() map[string]string {
	field := func(value string) string { return `{"formatVersion": 1, "items": ` + value + "}" }
	var names strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&names, `"n%d": 1, `, i)
	}
	return map[string]string{
		"a plan of a megabyte of open brackets": strings.Repeat("[", 1<<20),
		"a plan of a megabyte of open braces":   strings.Repeat(`{"a":`, 1<<18),
		"a plan of 100,001 empty items":         field("[" + strings.Repeat("{}, ", 100_000) + "{}]"),
		"a plan of 100,001 lists":               field("[" + strings.Repeat("[], ", 100_000) + "[]]"),
		"a plan of 100,000 fields":              field("{" + names.String() + `"n": 1}`),
		"a plan of a megabyte of digits":        field(strings.Repeat("9", 1<<20)),
		"a plan of a megabyte of text":          field(`"` + strings.Repeat("x", 1<<20) + `"`),
	}
}

// cheap runs a command, and fails if it ends with another status or takes more
// than it may.
func cheap(t *testing.T, status int, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	var out outline
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := make(chan int)
	go func() { peak <- watch(cmd.Process.Pid) }()
	err := cmd.Wait()
	// On a busy machine the clock goes on while a process waits for its turn.
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	took, memory := min(time.Since(start), used), <-peak
	exit, _ := errors.AsType[*exec.ExitError](err)
	if got := cmd.ProcessState.ExitCode(); got != status || exit != nil && !exit.Exited() {
		t.Errorf("%s: got status %d, want %d:\n%s", args[0], got, status, out.head)
	}
	if strings.Contains(string(out.head), "goroutine ") {
		t.Errorf("%s: a panic:\n%s", args[0], out.head)
	}
	t.Logf("%s: %s, %d MiB, %d bytes written", args[0], took.Round(time.Millisecond), memory, out.written)
	if took > noise*maxTime || memory > maxMemory {
		t.Errorf("%s: took %s and %d MiB, want at most %s and %d MiB", args[0], took.Round(time.Millisecond), memory, noise*maxTime, maxMemory)
	}
}

// watch returns the most memory in MiB that a process has had, as far as it is
// seen before its end. The rusage of a child counts its parent's memory too.
func watch(pid int) int {
	peak := 0
	for {
		status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		_, rest, ok := strings.Cut(string(status), "VmHWM:")
		if err != nil || !ok {
			return peak / 1024
		}
		if f := strings.Fields(rest); len(f) > 0 {
			if n, err := strconv.Atoi(f[0]); err == nil {
				peak = max(peak, n)
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// outline keeps the beginning of an output.
type outline struct {
	head    []byte
	written int
}

func (o *outline) Write(p []byte) (int, error) {
	o.written += len(p)
	o.head = append(o.head, p[:min(len(p), 2000-min(2000, len(o.head)))]...)
	return len(p), nil
}

type worstCase struct {
	name          string
	status        int
	manifest, csv string
}

func worstCases() []worstCase {
	const (
		head     = "version: 1\nname: worst\n"
		defaults = "defaults: {region: cn-hangzhou, at: latest, backupPlanId: dbs1x, databases: [a], destination: {instanceType: RDS, region: cn-hangzhou, instanceId: \"rm-{{ .name }}\", userName: u, password: {env: P}}}\n"
		rows     = head + defaults + "restores: [{name: rows, forEach: {csv: rows.csv, key: k}, %s}]\n"
	)
	many := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	repeat := strings.Repeat
	bomb := "vars: {a0: &a0 [x, x, x, x, x, x, x, x, x, x]"
	for i := range 20 {
		bomb += fmt.Sprintf(", a%d: &a%d [*a%d, *a%[3]d, *a%[3]d, *a%[3]d, *a%[3]d, *a%[3]d, *a%[3]d, *a%[3]d, *a%[3]d]", i+1, i+1, i)
	}
	return []worstCase{
		{"33 MiB", 65, head + "# " + repeat("x", 33<<20), ""},
		{"100,000 keys", 65, head + "vars:\n" + many(100_000, "  k%d: 1\n"), ""},
		{"100,000 keys in a list", 65, head + "restores: [" + many(100_000, "{k%d: 1},") + "]\n", ""},
		{"10,000 levels", 65, head + "vars: " + repeat("[", 10_000) + repeat("]", 10_000), ""},
		{"10,000 levels in blocks", 65, head + "vars:\n" + repeat("- ", 10_000) + "x\n", ""},
		{"one value of a megabyte", 65, head + "vars: {a: " + repeat("x", 1<<20) + "}", ""},
		{"one line of 900 KB", 65, head + "vars: [" + repeat("'x', ", 180_000) + "]", ""},
		{"100,000 aliases", 65, head + "vars: {a: &a x, b: [" + repeat("*a, ", 100_000) + "]}", ""},
		{"aliases of aliases", 65, head + bomb + "}\n", ""},
		{"many anchors", 65, head + "vars: [" + many(60_000, "&a%d x,") + "]", ""},
		{"a megabyte of open brackets", 65, repeat("[", 1<<20), ""},
		{"a megabyte of questions", 65, repeat("? ", 1<<19), ""},
		{"a megabyte of quotes", 65, repeat("\"", 1<<20), ""},
		{"40,000 restores, each wrong in three ways", 65, head + "restores:\n" + many(40_000, "- {name: R%d, prot: 1, at: x}\n"), ""},
		{"10,000 restores without what they need", 65, head + "restores:\n" + many(10_000, "- {name: r%d, backupPlanId: dbs1x, destination: {port: 0}}\n"), ""},
		{"10,000 restores of one database", 65, head + defaults + "restores:\n" + many(10_000, "- {name: r%d, destination: {instanceId: rm-1}}\n"), ""},
		{"10,000 restores in a circle", 65, head + defaults + "restores:\n" + many(10_000, "- {name: r%d, needs: [\"{{ trimPrefix \\\"x\\\" \\\"xr0\\\" }}\"]}\n"), ""},
		{"a CSV file of quotes", 65, fmt.Sprintf(rows, "rename: x"), "k\n" + repeat("\"", 1<<20)},
		{"a CSV file of commas", 65, fmt.Sprintf(rows, "rename: x"), "k\n" + repeat(",", 1<<20)},
		{"a CSV file of line ends", 0, fmt.Sprintf(rows, "rename: x"), "k\n" + repeat("\n", 1<<20)},
		{"100,000 rows that are short", 65, fmt.Sprintf(rows, "rename: x"), "k,v\n" + many(100_000, "%d\n")},
		{"100,000 rows of one key", 65, fmt.Sprintf(rows, "rename: x"), "k\n" + repeat("a\n", 100_000)},
		{"100,001 rows", 65, fmt.Sprintf(rows, "rename: x"), "k\n" + many(100_001, "%d\n")},
		{"100,000 rows, each wrong in three ways", 65, fmt.Sprintf(rows, `at: "{{ .each.v }}", destination: {port: "{{ .each.v }}", region: "{{ .each.v }}"}`), "k,v\n" + many(100_000, "%d,?\n")},
		{"templates of 4 KiB for 10,000 rows", 65, fmt.Sprintf(rows, `labels: {a: "`+repeat("{{ .each.k }}", 300)+`x"}`), "k\n" + many(10_000, "%d\n")},
		{"16 templates of 4 KiB", 65, head + defaults + "restores:\n" + many(16, "- {name: r%d, rename: \""+repeat("{{ if .db }}", 340)+"\"}\n"), ""},
		{"1,000 regular expressions", 65, head + defaults + "restores:\n" + many(1000, "- {name: r%d, rename: [{match: \"((a{1,9}){1,9}b?){1,9}$\", to: x}]}\n"), ""},
		{"a regular expression of 4 KiB", 65, head + defaults + "restores: [{name: r, rename: [{match: \"" + repeat("(a|", 1000) + "\", to: x}]}]\n", ""},
	}
}
