package cli

import (
	"errors"
	"fmt"
	"strings"
)

// Exit statuses: the one table of what the command returns.
const (
	exitOK          = 0
	exitUnexpected  = 1
	exitWork        = 2
	exitFailures    = 3
	exitHalted      = 4
	exitMissed      = 6
	exitPlanRefused = 7
	exitLocked      = 8
	exitRunning     = 9
	exitUsage       = 64
	exitManifest    = 65
	exitUnavailable = 69
	exitCredentials = 77
	exitInterrupted = 130
	exitTerminated  = 143
)

var exitTable = []struct {
	status  int
	meaning string
}{
	{exitOK, "done, or nothing to do"},
	{exitUnexpected, "unexpected error"},
	{exitWork, "plan --detailed-exitcode: there is work (only that)"},
	{exitFailures, "finished, some items did not end well, within the failure budget, or the service has tasks that are one too many"},
	{exitHalted, "halted: the failure budget was exceeded"},
	{exitMissed, "--fail-on objectives: everything is back, but an objective was missed"},
	{exitPlanRefused, "plan file refused: missing, cut, altered, offline, stale, or not the one that was approved"},
	{exitLocked, "locked by another run, or an earlier run is unfinished"},
	{exitRunning, "apply --wait=false, watch: restores go on at the service"},
	{exitUsage, "wrong usage"},
	{exitManifest, "manifest or plan invalid: problems to mend, or blocked items"},
	{exitUnavailable, "service or state directory unavailable"},
	{exitCredentials, "credentials, permissions or a password missing"},
	{exitInterrupted, "interrupted (SIGINT): state saved, resume command printed"},
	{exitTerminated, "terminated (SIGTERM): state saved, resume command printed"},
}

// exitText renders the table for people.
func exitText() string {
	var b strings.Builder
	b.WriteString("Exit statuses of dbsrestore:\n\n")
	for _, row := range exitTable {
		fmt.Fprintf(&b, "  %3d  %s\n", row.status, row.meaning)
	}
	return b.String()
}

// failure is an error with the exit status that it leads to and what the
// person can do about it.
type failure struct {
	status int
	err    error
	hint   string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail returns an error that ends the command with a status. The hint, which
// says how to go on, may be empty.
func fail(status int, err error, hint string) error { return &failure{status, err, hint} }

func usageError(hint, format string, args ...any) error {
	return fail(exitUsage, fmt.Errorf(format, args...), hint)
}

// errReported is wrapped by failures whose text has been printed already.
var errReported = errors.New("reported")

// statusOnly ends the command with a status and prints nothing.
func statusOnly(status int) error {
	if status == exitOK {
		return nil
	}
	return fail(status, errReported, "")
}
