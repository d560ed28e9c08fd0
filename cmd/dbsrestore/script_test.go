package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dbsrestore": main})
}

// TestScript plays the scripts in testdata with the real command. Each script has an
// emulator of its own at $ENDPOINT, which counts what reaches it, and the
// examples at $EXAMPLES. A file time-scale says how fast that is, 20 without.
func TestScript(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			scale := 20.0
			if slower, err := os.ReadFile(filepath.Join(env.WorkDir, "time-scale")); err == nil {
				if scale, err = strconv.ParseFloat(strings.TrimSpace(string(slower)), 64); err != nil {
					return err
				}
			}
			service, err := emulator.New(emulator.Options{TimeScale: scale})
			if err != nil {
				return err
			}
			server := httptest.NewServer(service)
			env.Defer(server.Close)
			env.Values[serviceKey{}] = service
			env.Setenv("ENDPOINT", server.URL)
			env.Setenv("EXAMPLES", examples)
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true") // a test asks nobody outside this machine
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"eventually": eventually,
			"absent":     absent,
			"created":    created,
			"reopen":     reopen,
			"spoil":      spoil,
		},
	})
}

type serviceKey struct{}

// exits runs a command that must end with a status: exits STATUS COMMAND ARG…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if (got == want) == neg {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// eventually runs a command until its output matches: eventually REGEXP COMMAND ARG…
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		_ = ts.Exec(args[1], args[2:]...)
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("the output of %v never matched %s", args[1:], args[0])
}

// absent fails if a text is in the output of the last command or in any file
// below the given paths: absent TEXT PATH…
func absent(ts *testscript.TestScript, _ bool, args []string) {
	secret := []byte(args[0])
	for _, name := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(name), args[0]) {
			ts.Fatalf("%q is in %s", args[0], name)
		}
	}
	for _, root := range args[1:] {
		files := 0
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			data, err := os.ReadFile(path)
			if bytes.Contains(data, secret) {
				err = fmt.Errorf("%q is in %s", args[0], path)
			}
			return err
		}))
		if files == 0 {
			ts.Fatalf("there is no file below %s", root)
		}
	}
}

// reopen takes back the end of the latest run in a state directory, as it is when
// a process was killed behind the end of the last item: reopen STATE
func reopen(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	j, err := journal.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer j.Close()
	runs, err := j.Runs(ctx)
	ts.Check(err)
	text, err := j.Plan(ctx, runs[0].ID)
	ts.Check(err)
	_, err = j.Begin(ctx, runs[0], text)
	ts.Check(err)
}

// spoil changes the journal in a state directory by SQL: spoil STATE STATEMENT
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", filepath.Join(ts.MkAbs(args[0]), "journal.db"))
	ts.Check(err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), args[1])
	ts.Check(err)
}

// created checks how many restore tasks exist at $ENDPOINT: created N
func created(ts *testscript.TestScript, _ bool, args []string) {
	record := ts.Value(serviceKey{}).(*emulator.DBS).Summary()
	if got := fmt.Sprint(record.Created); got != args[0] {
		ts.Fatalf("%s restore tasks were created, want %s", got, args[0])
	}
	for _, t := range record.Tasks {
		if t.Starts > 1 {
			ts.Fatalf("restore task %s was started %d times", t.ID, t.Starts)
		}
	}
}
