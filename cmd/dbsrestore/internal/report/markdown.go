package report

import (
	"bytes"
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
)

// Markdown returns a report for the summary of a job or a comment, in GitHub's or
// GitLab's Markdown, of at most maxBytes. The verdicts and what did not come back
// stand outside of the fold. Where not everything fits, rows of what is well are
// left out first, then those of what is not; a table is never cut. What came from
// outside stands in code spans.
func Markdown(r *Report, maxBytes int) []byte {
	bad := r.Bad()
	all := len(r.Items)
	for _, most := range []struct{ rows, bad int }{{all, all}, {0, all}, {0, 50}, {0, 10}, {0, 0}} {
		if out := markdown(r, bad, most.rows, most.bad); len(out) <= maxBytes {
			return out
		}
	}
	return markdown(r, bad, 0, noTiers)
}

// noTiers leaves out the tiers too, of which somebody may have thousands.
const noTiers = -1

func markdown(r *Report, bad []Item, mostRows, mostBad int) []byte {
	var b bytes.Buffer
	printf := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	printf("### Restore report %s, run %s: %s, %d of %s back\n\n", view.Code(r.Run.Manifest), view.Code(r.Run.Key),
		r.Total.Verdict(), r.Total.Back, view.Plural(r.Total.Items, "item"))
	if mostBad != noTiers {
		r.markdownTiers(&b)
	}
	if len(bad) > 0 && mostBad > 0 {
		shown := bad[:min(len(bad), mostBad)]
		printf("**Did not come back**\n\n| item | state | destination | why | next |\n|---|---|---|---|---|\n")
		for _, it := range shown {
			printf("| %s | %s | %s | %s | %s |\n", view.CodeCell(it.Key), it.Phase, view.CodeCell(it.Destination), view.CodeCell(it.Why), it.Next())
		}
		if more := len(bad) - len(shown); more > 0 {
			printf("\n… and %d more\n", more)
		}
		printf("\n")
	}
	if mostRows > 0 && len(r.Items) > 0 {
		printf("<details><summary>All items (%d)</summary>\n\n| item | state | destination | restored | took |\n|---|---|---|---|--:|\n", len(r.Items))
		for _, it := range r.Items {
			printf("| %s | %s | %s | %s | %s |\n", view.CodeCell(it.Key), it.Phase, view.CodeCell(it.Destination), view.CodeCell(it.Restored()), duration(it.Took()))
		}
		printf("\n</details>\n\n")
	}
	printf("Took %s. Plan %s, journal %s.\n", view.Duration(r.Took().Round(time.Second)), view.Code(string(r.Run.Plan.Digest)), view.Code(r.Run.Journal))
	return b.Bytes()
}

func (r *Report) markdownTiers(b *bytes.Buffer) {
	fmt.Fprintf(b, "| tier | verdict | back | databases | rto p50 / worst / objective | rpo worst / objective | missed |\n|---|---|--:|--:|---|---|--:|\n")
	for _, t := range r.Tiers {
		fmt.Fprintf(b, "| %s | %s %s | %d/%d | %d | %s | %s | %d |\n", view.CodeCell(t.Name), t.Verdict().symbol(), t.Verdict(), t.Back, t.Items, t.Databases,
			markdownMeasure(t.RTO, true), markdownMeasure(t.RPO, false), t.RTO.Missed+t.RPO.Missed)
	}
	b.WriteByte('\n')
}

func markdownMeasure(m Measure, p50 bool) string {
	objective, worst := "–", "–"
	if m.Objective > 0 {
		objective = view.Duration(m.Objective)
	}
	if m.Measured > 0 {
		worst = view.Duration(m.Worst.Round(time.Second))
		if p50 {
			worst = view.Duration(m.P50.Round(time.Second)) + " / " + worst
		}
	}
	return worst + " / " + objective
}

// symbol stands for the verdict beside its word.
func (v Verdict) symbol() string {
	switch v {
	case Pass:
		return "✅"
	case Fail:
		return "❌"
	}
	return "⏳"
}
