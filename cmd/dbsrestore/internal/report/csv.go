package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
)

// csvHeader names the columns. Columns are added at the end, never renamed.
// Times are in seconds from the begin of the run; empty is never.
var csvHeader = []string{
	"restore", "tier", "state", "destination", "databases", "restored", "taskId", "attempt",
	"created_s", "started_s", "ended_s", "rto_objective_s", "rpo_s", "rpo_objective_s", "why",
}

// CSV writes the items of a report, one a row. No cell is a formula to a
// spreadsheet.
func CSV(w io.Writer, r *Report) error {
	c := csv.NewWriter(w)
	_ = c.Write(csvHeader) // Error tells
	for _, it := range r.Items {
		rpo := Never
		if !it.Point.IsZero() {
			rpo = max(0, r.Run.Started.Sub(it.Point))
		}
		row := []string{
			it.Key, it.Tier, string(it.Phase), it.Destination, it.allNames(), it.Restored(), it.TaskID, strconv.Itoa(it.Attempt),
			seconds(it.Created), seconds(it.Started), seconds(it.Ended), objective(time.Duration(it.Objective.RTO)),
			seconds(rpo), objective(time.Duration(it.Objective.RPO)), it.Why,
		}
		for i := range row {
			row[i] = cell(row[i])
		}
		_ = c.Write(row)
	}
	c.Flush()
	return c.Error()
}

// allNames says which databases came under which names, each as source=target.
func (it Item) allNames() string {
	names := make([]string, 0, len(it.Databases))
	for _, d := range it.Databases {
		names = append(names, d.Source+"="+d.Target)
	}
	return strings.Join(names, " ")
}

// cell returns inert text that no spreadsheet takes for a formula: such would
// begin with one of =+-@, spaces before it or not.
func cell(s string) string {
	s = view.Inert(s)
	if t := strings.TrimLeft(s, " "); t != "" && strings.Contains("=+-@", t[:1]) {
		return "'" + s
	}
	return s
}

func seconds(d time.Duration) string {
	if d == Never {
		return ""
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64)
}

func objective(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return seconds(d)
}
