package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

// Evidence is what is known of the runs of one plan at one emulator, and of
// nothing else.
type Evidence struct {
	Items    []Item
	Calls    []emulator.Entry // the emulator's record, whole
	Tasks    []emulator.Task  // how its tasks stand, asked after the last call; nil if nobody asked
	Journals []Journal        // of every state directory that was used
	Secrets  []string         // that must not be found in a journal or the record; none of them empty
}

// Item is an item of the plan.
type Item struct {
	Key      plan.Key
	Attempts []plan.Attempt // the identities that it may use, of the first attempt on
}

// Journal is what one state directory kept of the run.
type Journal struct {
	Entries  []journal.Entry // in the order in which they were appended
	Outcomes []Outcome       // what the last run reported of each item; nil when it told nobody
	Ended    bool            // the last run came to its end
	Lost     bool            // the directory is gone, with what it said
}

// Outcome is how an item ended, as it was reported.
type Outcome struct {
	Key    plan.Key
	Phase  string // the word of the journal, such as succeeded
	TaskID string
}

// Items returns the items of a plan with so many attempts each, and no fewer
// than the plan allows.
func Items(p *plan.Plan, attempts int) []Item {
	var items []Item
	for _, it := range p.Items {
		item := Item{Key: it.Key}
		for n := range max(1, attempts, p.Failure.Attempts) {
			item.Attempts = append(item.Attempts, it.Attempt(p, n+1))
		}
		items = append(items, item)
	}
	return items
}

// Collect reads the evidence that the command leaves behind: the file that its
// emulator recorded to, and its state directory, which must hold one run. When
// no journal was made there are no items. Nobody is asked how the tasks stand.
func Collect(recordFile, stateDir string) (Evidence, error) {
	calls, err := readRecord(recordFile)
	if err != nil {
		return Evidence{}, fmt.Errorf("collect evidence: %w", err)
	}
	e := Evidence{Calls: calls}
	j, err := journal.OpenReadOnly(stateDir)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return Evidence{}, fmt.Errorf("collect evidence: %w", err)
	}
	err = e.add(j)
	if err := errors.Join(err, j.Close()); err != nil {
		return Evidence{}, fmt.Errorf("collect evidence: %w", err)
	}
	return e, nil
}

// readRecord reads a record. A last line without its end was being written
// when the emulator was killed: nobody was answered.
func readRecord(file string) ([]emulator.Entry, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	var calls []emulator.Entry
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		var call emulator.Entry
		switch err := dec.Decode(&call); {
		case err == io.EOF:
			return calls, nil
		case err != nil:
			return nil, fmt.Errorf("record %s: entry %d: %w", file, len(calls)+1, err)
		}
		calls = append(calls, call)
	}
}

// add takes over the one run of a journal, with the items of its plan.
func (e *Evidence) add(j *journal.Journal) error {
	runs, err := j.Runs(context.Background())
	if err != nil || len(runs) == 0 {
		return err
	}
	if len(runs) > 1 {
		return fmt.Errorf("the journal holds %d runs, want one", len(runs))
	}
	run := runs[0]
	text, err := j.Plan(context.Background(), run.ID)
	if err != nil {
		return err
	}
	p, err := plan.Decode(text)
	if err != nil {
		return err
	}
	kept := Journal{Ended: !run.Ended.IsZero()}
	if kept.Entries, err = j.Entries(context.Background(), run.ID); err != nil {
		return err
	}
	notes, err := read(kept.Entries)
	if err != nil {
		return err
	}
	attempts := 1
	for _, n := range notes {
		attempts = max(attempts, n.State.Attempt)
	}
	e.Items, e.Journals = Items(p, attempts), []Journal{kept}
	return nil
}
