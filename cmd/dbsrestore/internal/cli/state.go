package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

// stateDir returns the absolute state directory.
func (a *app) stateDir() (string, error) {
	dir := a.flags.stateDir
	if dir == "" {
		switch {
		case a.env.Getenv("XDG_STATE_HOME") != "":
			dir = filepath.Join(a.env.Getenv("XDG_STATE_HOME"), "dbsrestore")
		case a.env.Getenv("HOME") != "":
			dir = filepath.Join(a.env.Getenv("HOME"), ".local", "state", "dbsrestore")
		default:
			return "", fail(exitUnavailable, fmt.Errorf("no state directory: neither XDG_STATE_HOME nor HOME is set"), "give one with --state-dir DIR")
		}
	}
	if strings.HasPrefix(dir, "~") {
		return "", usageError("write $HOME instead, or ./~ for a folder of that name", "state directory %s: the shell has not replaced the ~", dir)
	}
	abs, err := filepath.Abs(dir)
	switch {
	case err != nil:
		return "", fail(exitUnavailable, fmt.Errorf("state directory: %w", err), "give an absolute --state-dir")
	case abs == filepath.Dir(abs):
		return "", usageError("name a folder of its own", "state directory %s: that is the root of the file system", dir)
	}
	return abs, nil
}

// readJournal opens the journal to be read, nil where nothing was run yet.
func (a *app) readJournal() (*journal.Journal, error) {
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	j, err := journal.OpenReadOnly(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, stateError(err)
	}
	return j, nil
}

// readRuns returns the runs of the journal, the newest first.
func (a *app) readRuns(ctx context.Context) ([]journal.Run, error) {
	j, err := a.readJournal()
	if j == nil {
		return nil, err
	}
	defer j.Close()
	runs, err := j.Runs(ctx)
	return runs, stateError(err)
}

// openRun returns the newest run of a name, "" for the newest of all, with the
// journal, which the caller closes.
func (a *app) openRun(ctx context.Context, name string) (*journal.Journal, journal.Run, error) {
	j, err := a.readJournal()
	if err != nil {
		return nil, journal.Run{}, err
	}
	if j == nil {
		dir, _ := a.stateDir()
		return nil, journal.Run{}, fail(exitUnavailable, fmt.Errorf("no runs in %s", dir), "begin one with 'dbsrestore apply', or name another --state-dir")
	}
	run, err := findRun(ctx, j, name)
	if err != nil {
		j.Close()
		return nil, journal.Run{}, err
	}
	return j, run, nil
}

// findRun returns the newest run of a name.
func findRun(ctx context.Context, j *journal.Journal, name string) (journal.Run, error) {
	runs, err := j.Runs(ctx)
	if err != nil {
		return journal.Run{}, stateError(err)
	}
	var known []string
	for _, r := range runs {
		full := r.Manifest + "/" + r.Key
		if name != "" && name != r.Key && name != full {
			known = append(known, full)
			continue
		}
		return r, nil
	}
	return journal.Run{}, fail(exitUsage, fmt.Errorf("no run %q", name), "known runs: "+view.Inert(strings.Join(known[:min(len(known), 10)], ", ")))
}

// recall reads a run's plan, as it was last carried out, and its events.
func recall(ctx context.Context, j *journal.Journal, run journal.Run) (*plan.Plan, runner.Past, error) {
	p, err := planOf(ctx, j, run)
	if err != nil {
		return nil, nil, err
	}
	past, err := runner.ReadPast(ctx, j, run)
	return p, past, stateError(err)
}

// planOf reads a run's plan, as it was last carried out.
func planOf(ctx context.Context, j *journal.Journal, run journal.Run) (*plan.Plan, error) {
	text, err := j.Plan(ctx, run.ID)
	if err != nil {
		return nil, stateError(err)
	}
	p, err := plan.Decode(text)
	if err != nil {
		return nil, stateError(fmt.Errorf("plan of run %s of %s in the journal: %w", run.Key, run.Manifest, err))
	}
	return p, nil
}

func stateError(err error) error {
	if err == nil {
		return nil
	}
	return fail(exitUnavailable, fmt.Errorf("state directory: %w", err), "")
}
