package view

import (
	"cmp"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// RunInfo says which run is looked at.
type RunInfo struct {
	Manifest string    // its name
	Key      string    // the run key
	Target   string    // endpoint and account
	Started  time.Time // zero when unknown
	Ended    time.Time // zero while unfinished
	Outcome  string    // "" while unfinished
}

// Name is by what people call the run.
func (r RunInfo) Name() string { return r.Manifest + "/" + r.Key }

// Blocked is the phase shown of an item that was never to be begun.
const Blocked restore.Phase = "blocked"

// PhaseOf returns where an item stands.
func PhaseOf(o runner.Outcome) restore.Phase {
	if o.State.Phase == "" {
		return Blocked
	}
	return o.State.Phase
}

// Status writes how a run stands at now: totals, then a row for each item.
func Status(w io.Writer, run RunInfo, items []runner.Outcome, now time.Time, o Options) {
	p := page{o: o}
	head := []cell{{Inert(run.Manifest), bold}, {text: "run " + Inert(run.Key)}}
	if run.Target != "" {
		head = append(head, cell{text: "at " + Inert(run.Target)})
	}
	p.flow(head...)
	p.flow(runState(run, now)...)
	p.flow(countCells(runner.CountsOf(items))...)
	p.blank()
	shown := o.rows(len(items))
	rows := [][]cell{texts("KEY", "PHASE", "TASK", "STATUS", "PROGRESS", "TIME", "MESSAGE")}
	for _, it := range items[:shown] {
		rows = append(rows, statusRow(it, now))
	}
	p.table(0, rows)
	p.more(len(items) - shown)
	p.writeTo(w)
}

func runState(run RunInfo, now time.Time) []cell {
	switch {
	case run.Started.IsZero():
		return texts("not started")
	case run.Ended.IsZero():
		return texts("unfinished", "started "+utc(run.Started), Duration(now.Sub(run.Started))+" ago")
	}
	return texts(cmp.Or(Inert(run.Outcome), "ended"), "started "+utc(run.Started), "took "+Duration(run.Ended.Sub(run.Started)))
}

func statusRow(o runner.Outcome, now time.Time) []cell {
	s := *o.State
	row := texts(
		Inert(string(o.Item.Key)),
		string(PhaseOf(o)),
		cmp.Or(Inert(s.TaskID), "-"),
		cmp.Or(Inert(s.Last.RawStatus), "-"),
		"-",
		cmp.Or(elapsed(took(s, now)), "-"),
		Message(o),
	)
	row[1].style = phaseStyle(PhaseOf(o))
	if p := percent(s.Last); p != "" {
		row[4].text = stage(s.Last) + " " + p
	}
	return row
}

// Message returns why an item stands where it does, "" when all is well.
func Message(o runner.Outcome) string {
	switch {
	case PhaseOf(o) == Blocked:
		return Inert(o.Item.Reason)
	case o.State.Failure != nil && o.State.Phase != restore.Succeeded:
		return Inert(o.State.Failure.Error())
	}
	return ""
}

func phaseStyle(p restore.Phase) style {
	switch p {
	case restore.Succeeded:
		return green
	case restore.Failed, restore.TimedOut, restore.Unknown, Blocked:
		return red
	case restore.Skipped:
		return yellow
	}
	return ""
}

// more says that rows are not shown.
func (p *page) more(n int) {
	if n > 0 {
		p.line(0, cell{text: "... " + strconv.Itoa(n) + " more (-v shows all)"})
	}
}

// countCells says how many items stand where, the empty places left out.
func countCells(c runner.Counts) []cell {
	var cells []cell
	for _, e := range []struct {
		n     int
		word  string
		style style
	}{
		{c.Succeeded, "succeeded", green},
		{c.Failed, "failed", red},
		{c.TimedOut, "timed out", red},
		{c.Unknown, "unknown", red},
		{c.Skipped, "skipped", yellow},
		{c.Blocked, "blocked", red},
		{c.Active, "active", ""},
		{c.Waiting, "waiting", ""},
	} {
		if e.n > 0 {
			cells = append(cells, cell{strconv.Itoa(e.n) + " " + e.word, e.style})
		}
	}
	if len(cells) != 1 {
		cells = append(cells, cell{text: "of " + strconv.Itoa(c.Total)})
	}
	return cells
}

// StatusJSON writes how a run stands as one JSON document.
func StatusJSON(w io.Writer, run RunInfo, items []runner.Outcome) error {
	doc := statusDocument{
		FormatVersion: jsonFormat,
		Run:           newRunDocument(run),
		Counts:        counts(runner.CountsOf(items)),
		Items:         make([]itemDocument, 0, len(items)),
	}
	for _, o := range items {
		doc.Items = append(doc.Items, newItemDocument(o))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

type statusDocument struct {
	FormatVersion int            `json:"formatVersion"`
	Run           runDocument    `json:"run"`
	Counts        counts         `json:"counts"`
	Items         []itemDocument `json:"items"`
}

type runDocument struct {
	Manifest string    `json:"manifest"`
	Key      string    `json:"key"`
	Target   string    `json:"target"`
	Started  time.Time `json:"started,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Outcome  string    `json:"outcome,omitempty"`
}

func newRunDocument(r RunInfo) runDocument {
	return runDocument{Inert(r.Manifest), Inert(r.Key), Inert(r.Target), r.Started.UTC(), r.Ended.UTC(), Inert(r.Outcome)}
}

type itemDocument struct {
	Key         string        `json:"key"`
	Phase       restore.Phase `json:"phase"`
	Action      plan.Action   `json:"action"`
	Reason      string        `json:"reason,omitempty"`
	Destination string        `json:"destination"`
	Attempt     int           `json:"attempt,omitempty"`
	TaskID      string        `json:"taskId,omitempty"`
	TaskName    string        `json:"restoreTaskName,omitempty"`
	Adopted     bool          `json:"adopted,omitempty"`
	Status      string        `json:"status,omitempty"` // as the service wrote it
	Progress    *progress     `json:"progress,omitempty"`
	Surplus     []string      `json:"surplusTaskIds,omitempty"`
	Created     time.Time     `json:"created,omitzero"`
	Started     time.Time     `json:"started,omitzero"`
	Ended       time.Time     `json:"ended,omitzero"`
	Failure     *failure      `json:"failure,omitempty"`
}

func newItemDocument(o runner.Outcome) itemDocument {
	s := *o.State
	return itemDocument{
		Key: Inert(string(o.Item.Key)), Phase: PhaseOf(o),
		Action: plan.Action(Inert(string(o.Item.Action))), Reason: Inert(o.Item.Reason), Destination: Inert(o.Item.Destination),
		Attempt: s.Attempt, TaskID: Inert(s.TaskID), TaskName: taskName(o), Adopted: s.Adopted,
		Status: Inert(s.Last.RawStatus), Progress: newProgress(s), Surplus: inertAll(s.Surplus),
		Created: s.CreatedAt.UTC(), Started: s.StartedAt.UTC(), Ended: s.EndedAt.UTC(),
		Failure: newFailure(s.Failure),
	}
}

// taskName returns the name under which the service shows the current attempt
// of an item.
func taskName(o runner.Outcome) string {
	if o.State.Spec() == nil {
		return Inert(o.Item.RestoreTaskName)
	}
	return Inert(o.State.Identity().RestoreTaskName)
}
