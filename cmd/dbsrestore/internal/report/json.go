package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// formatVersion is the number of the JSON. Fields are added under the same
// number, never renamed.
const formatVersion = 1

type (
	jsonReport struct {
		FormatVersion int        `json:"formatVersion"`
		Manifest      string     `json:"manifest"`
		Run           string     `json:"run"`
		Target        string     `json:"target"`
		PlanDigest    string     `json:"planDigest"`
		JournalDigest string     `json:"journalDigest"`
		Started       time.Time  `json:"started"`
		Ended         time.Time  `json:"ended,omitzero"` // absent while unfinished
		Verdict       Verdict    `json:"verdict"`
		Total         jsonTier   `json:"total"`
		Tiers         []jsonTier `json:"tiers"`
		Items         []jsonItem `json:"items"`
	}
	jsonTier struct {
		Name      string       `json:"name,omitempty"`
		Verdict   Verdict      `json:"verdict"`
		Items     int          `json:"items"`
		Back      int          `json:"back"`
		Open      int          `json:"open"`
		Databases int          `json:"databases"`
		RTO       *jsonMeasure `json:"rto,omitempty"` // absent when nothing was measured and there is no objective
		RPO       *jsonMeasure `json:"rpo,omitempty"`
		Took      *jsonMeasure `json:"took,omitempty"`
	}
	jsonMeasure struct { // durations are in seconds
		Objective  float64 `json:"objectiveSeconds,omitempty"`
		P50        float64 `json:"p50Seconds"`
		P95        float64 `json:"p95Seconds"`
		Worst      float64 `json:"worstSeconds"`
		Measured   int     `json:"measured"`
		Objectives int     `json:"objectives"`
		Missed     int     `json:"missed"`
	}
	jsonItem struct { // moments are in seconds from the begin of the run
		Key         string          `json:"key"`
		Tier        string          `json:"tier,omitempty"`
		Phase       restore.Phase   `json:"phase"`
		Destination string          `json:"destination"`
		Databases   []plan.Database `json:"databases"`
		Restored    string          `json:"restored"`
		TaskID      string          `json:"taskId,omitempty"`
		Attempt     int             `json:"attempt,omitempty"`
		Created     *float64        `json:"createdSeconds,omitempty"`
		Started     *float64        `json:"startedSeconds,omitempty"`
		Ended       *float64        `json:"endedSeconds,omitempty"`
		Why         string          `json:"why,omitempty"`
		Next        string          `json:"next,omitempty"`
	}
)

// JSON writes a report as one document.
func JSON(w io.Writer, r *Report) error {
	doc := jsonReport{
		FormatVersion: formatVersion,
		Manifest:      view.Inert(r.Run.Manifest), Run: view.Inert(r.Run.Key), Target: view.Inert(r.Run.Target),
		PlanDigest: view.Inert(string(r.Run.Plan.Digest)), JournalDigest: view.Inert(r.Run.Journal),
		Started: r.Run.Started.UTC(), Ended: r.Run.Ended.UTC(), Verdict: r.Total.Verdict(), Total: newJSONTier(r.Total),
		Tiers: make([]jsonTier, 0, len(r.Tiers)), Items: make([]jsonItem, 0, len(r.Items)),
	}
	for _, t := range r.Tiers {
		doc.Tiers = append(doc.Tiers, newJSONTier(t))
	}
	for _, it := range r.Items {
		doc.Items = append(doc.Items, newJSONItem(it))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func newJSONTier(t Tier) jsonTier {
	return jsonTier{view.Inert(t.Name), t.Verdict(), t.Items, t.Back, t.Open, t.Databases, newJSONMeasure(t.RTO), newJSONMeasure(t.RPO), newJSONMeasure(t.Took)}
}

func newJSONMeasure(m Measure) *jsonMeasure {
	if m.Measured+m.Objectives == 0 {
		return nil
	}
	return &jsonMeasure{m.Objective.Seconds(), m.P50.Seconds(), m.P95.Seconds(), m.Worst.Seconds(), m.Measured, m.Objectives, m.Missed}
}

func newJSONItem(it Item) jsonItem {
	databases := make([]plan.Database, 0, len(it.Databases))
	for _, d := range it.Databases {
		databases = append(databases, plan.Database{Source: view.Inert(d.Source), Target: view.Inert(d.Target)})
	}
	return jsonItem{
		Key: view.Inert(it.Key), Tier: view.Inert(it.Tier), Phase: it.Phase, Destination: view.Inert(it.Destination), Databases: databases,
		Restored: it.Restored(), TaskID: view.Inert(it.TaskID), Attempt: it.Attempt,
		Created: moment(it.Created), Started: moment(it.Started), Ended: moment(it.Ended), Why: view.Inert(it.Why), Next: it.Next(),
	}
}

func moment(d time.Duration) *float64 {
	if d == Never {
		return nil
	}
	s := d.Seconds()
	return &s
}
