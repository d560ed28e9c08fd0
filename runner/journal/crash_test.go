package journal_test

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	for round := range 10 {
		cmd := child(t, "append until killed", dir)
		out := start(t, cmd)
		acknowledged := 0
		for range 1 + 5*round {
			if !out.Scan() {
				t.Fatalf("round %d: the child stopped by itself after %d entries", round, acknowledged)
			}
			if _, err := fmt.Sscan(out.Text(), &acknowledged); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what it said before it died counts too
			if _, err := fmt.Sscan(out.Text(), &acknowledged); err != nil {
				t.Fatal(err)
			}
		}
		_ = cmd.Wait() // killed

		reader, err := journal.OpenReadOnly(dir) // before a writer has recovered anything
		if err != nil {
			t.Fatal(err)
		}
		got, err := reader.Entries(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < acknowledged || len(got) > acknowledged+batch || len(got)%batch != 0 {
			t.Fatalf("round %d: got %d entries, want the %d acknowledged and at most one batch more", round, len(got), acknowledged)
		}
		if diff := cmp.Diff(numbered(0, len(got)), got); diff != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProcessesShareANewJournal(t *testing.T) {
	dir := t.TempDir()
	var writers []*exec.Cmd
	for range 4 {
		cmd := child(t, "append 300 to a run of its own", dir)
		cmd.Stderr = t.Output()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		writers = append(writers, cmd)
	}
	for _, cmd := range writers {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	j := open(t, dir)
	runs, err := j.Runs(t.Context())
	if err != nil || len(runs) != len(writers) {
		t.Fatalf("got %d runs, %v, want %d", len(runs), err, len(writers))
	}
	for _, run := range runs {
		got, err := j.Entries(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(numbered(0, 300), got); diff != "" {
			t.Errorf("run %s (-want +got):\n%s", run.Key, diff)
		}
	}
}

func TestFailedWriteLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t, "append while files are limited to 200 KiB", dir).CombinedOutput()
	if err == nil {
		t.Fatal("the child ended well, want it to run out of space")
	}
	var acknowledged int
	var message string
	for line := range strings.Lines(string(out)) {
		if n, err := fmt.Sscan(line, &acknowledged); n == 0 || err != nil {
			message += line
		}
	}
	if acknowledged == 0 || !strings.Contains(message, "append to run 1 in journal "+dir) {
		t.Fatalf("got %d entries and %q, want some entries, and the act that failed", acknowledged, message)
	}
	j := open(t, dir)
	got, err := j.Entries(t.Context(), begin(t, j).ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbered(0, acknowledged), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A process that dies while it makes the journal leaves a rollback journal,
// which a reader may not play back. It must not keep the next process out.
func TestAReaderRecoversWhatADeadWriterLeft(t *testing.T) {
	dir := t.TempDir()
	j, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	leaveHotJournal(t, dir)
	r, err := journal.OpenReadOnly(dir)
	if err != nil {
		t.Fatalf("open what a dead writer left: %v", err)
	}
	defer r.Close()
	if _, err := r.Runs(t.Context()); err != nil {
		t.Error(err)
	}
}

// leaveHotJournal puts the database into rollback mode and leaves a transaction
// half written, as a kill does: the files are copied while it is open.
func leaveHotJournal(t *testing.T, dir string) {
	path := filepath.Join(dir, "journal.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	copies := map[string][]byte{}
	for _, statement := range []string{"PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", "BEGIN IMMEDIATE",
		"INSERT INTO run (target, manifest, key, plan_digest, plan, started, outcome) VALUES ('t', 'm', 'k', '', zeroblob(200000), '', '')"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{path, path + "-journal"} {
		if copies[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range copies {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
