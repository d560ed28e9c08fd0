package bugtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// The ways in which a bug is not caught.
var (
	errBuild   = errors.New("it does not compile with the bug: mend the bug")
	errMissing = errors.New("there is no such test")
	errEscaped = errors.New("nobody notices the bug: the test passes with it")
	errHangs   = errors.New("the test hangs with the bug, which tells nobody what is wrong")
	errOther   = errors.New("with the bug it fails for another reason than the bank says")
)

// catch plants a bug, by files in the empty directory dir, and returns nil if
// its test fails for the bug's reason within limit.
func (m module) catch(ctx context.Context, b bug, dir string, limit time.Duration) error {
	overlay, err := m.overlay(b, dir)
	if err != nil {
		return err
	}
	binary := filepath.Join(dir, "planted.test")
	if out, err := m.command(ctx, "go", "test", "-c", "-ldflags=-s -w", "-overlay", overlay, "-o", binary, "./"+b.in); err != nil {
		return fmt.Errorf("%w: %w\n%s", errBuild, err, out)
	}
	run := module{filepath.Join(m.root, b.in)}
	out, err := run.command(ctx, binary, "-test.run", pattern(b.test), "-test.v", "-test.timeout", limit.String())
	return judge(b, out, err)
}

// overlay writes the file with the bug, and the file by which the go command
// takes it in place of the original.
func (m module) overlay(b bug, dir string) (string, error) {
	text, err := m.planted(b)
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(filepath.Join(m.root, b.file))
	if err != nil {
		return "", err
	}
	planted, overlay := filepath.Join(dir, "planted.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: planted}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(planted, text, 0o600), os.WriteFile(overlay, list, 0o600))
}

// command runs a program in the module and returns all that it printed.
func (m module) command(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = m.root
	cmd.WaitDelay = 10 * time.Second // for children of a test that was killed
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// pattern returns what -run takes for one test or subtest.
func pattern(test string) string {
	var parts []string
	for part := range strings.SplitSeq(test, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	return strings.Join(parts, "/")
}

// judge says by the output of the test with the bug why it is not caught, nil
// if it is.
func judge(b bug, out string, err error) error {
	switch {
	case !ran("=== RUN  ", b.test, out):
		err = errMissing
	case err == nil, ran("--- PASS:", b.test, out):
		err = errEscaped
	case strings.Contains(out, "panic: test timed out after"):
		err = errHangs
	case !ran("--- FAIL:", b.test, out), !strings.Contains(plain(out), b.says):
		err = errOther
	default:
		return nil
	}
	return fmt.Errorf("%w: %s in %s, want %q\n%s", err, b.test, b.in, b.says, out)
}

// ran reports whether a test has a line of its own with a mark in the output.
func ran(mark, test, out string) bool {
	return regexp.MustCompile(`(?m)^ *` + mark + ` ` + regexp.QuoteMeta(test) + `( |$)`).MatchString(out)
}

// plain undoes what go-cmp does to keep programs from reading its differences.
func plain(out string) string { return strings.ReplaceAll(out, "\u00a0", " ") }
