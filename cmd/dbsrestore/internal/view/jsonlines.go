package view

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
)

// jsonFormat is the number of the JSON that this package writes. Fields and
// types may be added under the same number; a reader ignores those that it
// does not know.
const jsonFormat = 1

// versionLine is the first of all JSON Lines.
var versionLine = struct {
	Type   string `json:"type"`
	Format int    `json:"format"`
}{"version", jsonFormat}

// JSONLines writes a run as JSON Lines: "version", "run_start", then the same
// changes as [Log], and "progress" and "heartbeat", last "run_summary". It is
// safe for concurrent use.
type JSONLines struct {
	mu      sync.Mutex
	enc     *json.Encoder
	changes changes
}

// NewJSONLines returns JSONLines of a run of p and writes the first two lines.
func NewJSONLines(w io.Writer, p *plan.Plan) *JSONLines {
	j := &JSONLines{enc: json.NewEncoder(w)}
	j.write(versionLine)
	j.write(struct {
		Type     string `json:"type"`
		Manifest string `json:"manifest"`
		Run      string `json:"run"`
		Digest   string `json:"digest"`
		Total    int    `json:"total"`
	}{"run_start", Inert(p.Manifest.Name), Inert(p.Run), Inert(string(p.Digest)), len(p.Items)})
	return j
}

// write writes a line. The values encode, so an error is the writer's.
func (j *JSONLines) write(v any) { _ = j.enc.Encode(v) }

// Observe writes what there is to say of a change.
func (j *JSONLines) Observe(c runner.Change) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, n := range j.changes.notes(c) {
		j.write(n)
	}
}

// Heartbeat writes how the run stands.
func (j *JSONLines) Heartbeat(now time.Time, c runner.Counts) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(struct {
		Type   string    `json:"type"`
		At     time.Time `json:"at"`
		Counts counts    `json:"counts"`
	}{"heartbeat", now.UTC(), counts(c)})
}

// Summary writes the last line. Missed is how many objectives were.
func (j *JSONLines) Summary(r runner.Report, missed int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(struct {
		Type        string    `json:"type"`
		At          time.Time `json:"at"`
		Started     time.Time `json:"started"`
		Succeeded   bool      `json:"succeeded"` // every item of the plan has
		Halted      bool      `json:"halted"`
		Interrupted bool      `json:"interrupted"`
		Counts      counts    `json:"counts"`
		Surplus     int       `json:"surplusTasks,omitempty"`     // tasks that exist and were never started
		Missed      int       `json:"objectivesMissed,omitempty"` // an item's rto and rpo count each
	}{"run_summary", r.Ended.UTC(), r.Started.UTC(), allSucceeded(r.Counts), r.Halted, r.Drained, counts(r.Counts), r.Surplus(), missed})
}

// counts is runner.Counts in JSON.
type counts struct {
	Total     int `json:"total"`
	Waiting   int `json:"waiting"`
	Active    int `json:"active"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	TimedOut  int `json:"timedOut"`
	Unknown   int `json:"unknown"`
	Skipped   int `json:"skipped"`
	Blocked   int `json:"blocked"`
}

// BlockedLines writes the blocked items of a plan that is refused for them, as
// JSON Lines of the type "blocked".
func BlockedLines(w io.Writer, p *plan.Plan) error {
	enc := json.NewEncoder(w)
	if err := enc.Encode(versionLine); err != nil {
		return err
	}
	for _, it := range p.Items {
		if it.Action != plan.Blocked {
			continue
		}
		line := struct {
			Type   string `json:"type"`
			Key    string `json:"key"`
			Line   int    `json:"line,omitempty"`
			Reason string `json:"reason"`
		}{"blocked", Inert(string(it.Key)), it.Line, Inert(it.Reason)}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
