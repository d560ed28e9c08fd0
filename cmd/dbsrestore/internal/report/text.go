package report

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
)

// Objectives writes a line for each tier that has an objective: the verdict, and
// the worst that was measured against it. It writes nothing when none has.
func Objectives(w io.Writer, r *Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, tier := range r.Tiers {
		if tier.RTO.Objectives+tier.RPO.Objectives == 0 {
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%d/%d back\t%s\t%s\n", view.Inert(cmp.Or(tier.Name, "no tier")), tier.Verdict(), tier.Back, tier.Items,
			tier.RTO.words("rto"), tier.RPO.words("rpo"))
	}
	_ = t.Flush() // the writer remembers its own error if it matters
}

// words says how a measure stands against its objective, "" without one.
func (m Measure) words(name string) string {
	if m.Objectives == 0 {
		return ""
	}
	worst := "none measured"
	if m.Measured > 0 {
		worst = "worst " + view.Duration(m.Worst.Round(time.Second))
	}
	words := fmt.Sprintf("%s %s: %s", name, view.Duration(m.Objective), worst)
	if m.Missed > 0 {
		words += fmt.Sprintf(", %d missed", m.Missed)
	}
	return words
}

// Missed counts the items that missed an objective: each once for its rto and
// once for its rpo.
func (r *Report) Missed() int { return r.Total.RTO.Missed + r.Total.RPO.Missed }
