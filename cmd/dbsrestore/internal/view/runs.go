package view

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Runs writes a row for each run, as they stand at now.
func Runs(w io.Writer, runs []RunInfo, now time.Time, o Options) {
	p := page{o: o}
	rows := [][]cell{texts("RUN", "OUTCOME", "STARTED", "TOOK", "TARGET")}
	shown := o.rows(len(runs))
	for _, r := range runs[:shown] {
		outcome, end := cell{text: "unfinished", style: yellow}, now
		if !r.Ended.IsZero() {
			outcome, end = cell{text: Inert(r.Outcome), style: outcomeStyle(r.Outcome)}, r.Ended
		}
		row := texts(Inert(r.Name()), "", utc(r.Started), Duration(end.Sub(r.Started)), Inert(r.Target))
		row[1] = outcome
		rows = append(rows, row)
	}
	p.table(0, rows)
	p.more(len(runs) - shown)
	p.writeTo(w)
}

func outcomeStyle(outcome string) style {
	if outcome == "succeeded" {
		return green
	}
	return red
}

// RunNames writes MANIFEST/KEY of each run, one a line.
func RunNames(w io.Writer, runs []RunInfo) {
	for _, r := range runs {
		fmt.Fprintln(w, Inert(r.Name()))
	}
}

// RunsJSON writes the runs as one JSON document.
func RunsJSON(w io.Writer, runs []RunInfo) error {
	doc := struct {
		FormatVersion int           `json:"formatVersion"`
		Runs          []runDocument `json:"runs"`
	}{jsonFormat, make([]runDocument, 0, len(runs))}
	for _, r := range runs {
		doc.Runs = append(doc.Runs, newRunDocument(r))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
