package view

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/plan"
)

// MinMarkdown is the least that PlanMarkdown can be held to, in bytes.
const MinMarkdown = 1000

// PlanMarkdown returns a plan as a comment for a pull request, in GitHub's or
// GitLab's Markdown, of at most maxBytes. What needs a look stands outside of
// the folds. Where not everything fits, whole parts are left out, from the
// rows of what is in order upwards; a table is never cut. The first line is a
// marker, the same for every plan of a manifest, by which the comment is found
// again and updated in place.
//
// What came from outside stands in code spans, where neither mentions nor
// links nor markup mean anything.
func PlanMarkdown(p *plan.Plan, maxBytes int) []byte {
	for _, level := range []detail{everything, riskyRows, groupsOnly, fewRisks} {
		if out := planMarkdown(p, level); len(out) <= maxBytes {
			return out
		}
	}
	return planMarkdown(p, headOnly)
}

// detail is how much of a plan a comment says, most first.
type detail int

const (
	everything detail = iota
	riskyRows         // rows of items with a reason or a warning only
	groupsOnly        // no rows
	fewRisks          // the first few risks, no groups
	headOnly          // totals and digest
)

const (
	manyRisks    = 20 // texts that need a look
	leastRisks   = 3
	rowDatabases = 6   // named in a row
	maxCode      = 160 // columns of a code span
)

func planMarkdown(p *plan.Plan, level detail) []byte {
	m := markdown{}
	m.printf("<!-- dbsrestore:plan:%s -->\n", marker(p.Manifest.Name))
	m.printf("### Restore plan %s, run %s: %s\n\n", Code(p.Manifest.Name), Code(p.Run), strings.Join(totals(p), ", "))
	if p.Offline {
		m.printf("Made offline: the service was not asked, and what depends on it stays open.\n\n")
	}
	if level < headOnly {
		most := manyRisks
		if level == fewRisks {
			most = leastRisks
		}
		m.risks(p.Items, most)
	}
	if level < fewRisks {
		m.groups(p.Items)
	}
	switch level {
	case everything:
		m.rows("All items", p.Items)
	case riskyRows:
		m.rows("Items that need a look", slices.DeleteFunc(slices.Clone(p.Items), func(it plan.Item) bool { return !risky(it) }))
	}
	if words := forecastWords(p.Forecast(nil), p.Limits, Code); words != "" {
		m.printf("%s\n\n", words)
	}
	m.printf("%s\n\n", failureWords(p))
	if p.Count()[plan.Blocked] > 0 {
		m.printf("Apply refuses this plan as long as items are blocked, unless `--skip-blocked`.\n\n")
	}
	m.printf("Apply exactly this plan: %s\n", Code("dbsrestore apply PLAN.json --digest "+string(p.Digest)))
	if level > everything {
		m.printf("\n<sub>Shortened: `dbsrestore show PLAN.json -v` has every row.</sub>\n")
	}
	return m.Bytes()
}

// risky reports whether a reviewer should look at an item.
func risky(it plan.Item) bool {
	return it.Action == plan.Blocked || it.Action == plan.Failed || len(it.Warnings) > 0
}

type markdown struct{ bytes.Buffer }

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

// risks writes what needs a look, each text once with the items that it is
// about.
func (m *markdown) risks(items []plan.Item, most int) {
	notes := riskNotes(items)
	if len(notes) == 0 {
		return
	}
	m.printf("**Needs a look**\n\n")
	for _, n := range notes[:min(len(notes), most)] {
		keys := make([]string, 0, samples)
		for _, k := range n.keys[:min(len(n.keys), samples)] {
			keys = append(keys, Code(string(k)))
		}
		if more := len(n.keys) - len(keys); more > 0 {
			keys = append(keys, fmt.Sprintf("%d more", more))
		}
		m.printf("- %s **%s** %s: %s\n", n.symbol, n.label, strings.Join(keys, ", "), Code(n.text))
	}
	if more := len(notes) - most; more > 0 {
		m.printf("- … and %s\n", Plural(more, "more note"))
	}
	m.printf("\n")
}

// samples is how many items of a note are named.
const samples = 3

// riskNote is why a reviewer should look at some items.
type riskNote struct {
	symbol, label string
	itemNote
}

// riskNotes gathers why items are blocked or failed, and warnings, in this
// order.
func riskNotes(items []plan.Item) []riskNote {
	var notes []riskNote
	add := func(symbol, label string, of func(plan.Item) []string) {
		for _, n := range gather(items, of) {
			notes = append(notes, riskNote{symbol, label, n})
		}
	}
	reason := func(a plan.Action) func(plan.Item) []string {
		return func(it plan.Item) []string {
			if it.Action != a {
				return nil
			}
			return []string{it.Reason}
		}
	}
	add("❌", "blocked", reason(plan.Blocked))
	add("❌", "failed", reason(plan.Failed))
	add("⚠️", "warning", func(it plan.Item) []string { return it.Warnings })
	return notes
}

// manyRows is how many groups a reader of a comment takes in at once.
const manyRows = 20

// groups writes a table of the items by tier, region and destination.
func (m *markdown) groups(items []plan.Item) {
	groups := groupItems(items, manyRows)
	if len(groups) == 0 {
		return
	}
	m.printf("| tier | region | destination | items | databases | objective | |\n|---|---|---|--:|--:|---|---|\n")
	for _, g := range groups {
		m.printf("| %s | %s | %s | %d | %d | %s | %s |\n", CodeCell(g.tier), CodeCell(g.region), CodeCell(g.destination),
			g.count(), g.databases, cmp.Or(g.objective(), "–"), g.others())
	}
	m.printf("\n")
}

// rows writes a folded table of items.
func (m *markdown) rows(title string, items []plan.Item) {
	if len(items) == 0 {
		return
	}
	m.printf("<details><summary>%s (%d)</summary>\n\n", title, len(items))
	m.printf("| | item | databases | destination | restore point |\n|---|---|---|---|---|\n")
	for _, it := range items {
		m.printf("| %s %s | %s | %s | %s | %s |\n", it.Action.Symbol(), CodeCell(string(it.Action)), CodeCell(string(it.Key)),
			CodeCell(databases(it, rowDatabases)), CodeCell(it.Destination), CodeCell(restorePoint(it)))
	}
	m.printf("\n</details>\n\n")
}

// maxMarker bounds a marker, in bytes; the name of a manifest has at most 40.
const maxMarker = 64

// marker returns a name that can stand in an HTML comment. The names of
// manifests can, but for those of plan files that somebody made by hand.
func marker(name string) string {
	name = strings.ReplaceAll(name[:min(len(name), maxMarker)], "--", "__")
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, name)
}

// Code returns a text as a code span that holds exactly its inert form, cut to
// maxCode columns. Inside of one, nothing is a mention, a link, an image or HTML.
func Code(s string) string {
	s = truncate(Inert(s), maxCode)
	if s = strings.TrimSpace(s); s == "" {
		return "–"
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if s[0] == '`' || s[len(s)-1] == '`' {
		s = " " + s + " " // of which a reader strips one on each side
	}
	return fence + s + fence
}

// CodeCell is Code for the cell of a table, where a bar would end the cell even
// in a code span.
func CodeCell(s string) string { return strings.ReplaceAll(Code(s), "|", `\|`) }
