package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

const (
	maxDatabases = 2 // named in a row
	maxKeys      = 8 // named where many items share a reason
)

// Plan writes a plan for review: the totals, what needs a look, a row for each
// item, and the rules that a run of it will follow.
func Plan(w io.Writer, p *plan.Plan, o Options) {
	pg := page{o: o}
	pg.planHead(p)
	pg.planReasons(p)
	if len(p.Items) > 0 {
		pg.blank()
		pg.planItems(p.Items)
	}
	pg.blank()
	pg.planRules(p)
	pg.writeTo(w)
}

func (p *page) planHead(pl *plan.Plan) {
	m := pl.Manifest
	head := []cell{{"Plan", bold}, {Inert(m.Name), bold}, {text: "run " + Inert(pl.Run)},
		{text: Inert(m.File)}, {"@" + short(string(m.Digest)), dim}}
	if pl.Target != "" {
		head = append(head, cell{text: "at " + Inert(pl.Target)})
	}
	p.flow(head...)
	n := make(map[plan.Action]int)
	for _, it := range pl.Items {
		n[it.Action]++
	}
	var totals []cell
	for _, e := range planActions {
		if n[e.action] > 0 {
			totals = append(totals, cell{strconv.Itoa(n[e.action]) + " " + e.words, actionStyle(e.action)})
		}
	}
	p.flow(append(totals, cell{text: "of " + Plural(len(pl.Items), "item")})...)
	if pl.Offline {
		p.paragraph(0, "Made offline: the service was not asked, and what depends on it stays open.")
	}
}

func actionStyle(a plan.Action) style {
	switch a {
	case plan.Restore:
		return green
	case plan.Adopt:
		return cyan
	case plan.Failed, plan.Blocked:
		return red
	case plan.Done:
		return dim
	}
	return ""
}

// planReasons writes why items have their actions, warnings and open questions,
// each text once with the items that it is about.
func (p *page) planReasons(pl *plan.Plan) {
	if slices.ContainsFunc(pl.Items, func(it plan.Item) bool { return it.Reason != "" || len(it.Warnings)+len(it.Open) > 0 }) {
		p.blank()
	}
	for _, a := range []plan.Action{plan.Blocked, plan.Failed, plan.Restore, plan.Adopt, plan.Done} {
		p.reasons(a.Symbol()+" "+string(a), pl.Items, func(it plan.Item) []string {
			if it.Action != a || it.Reason == "" {
				return nil
			}
			return []string{it.Reason}
		})
	}
	p.reasons("! warning", pl.Items, func(it plan.Item) []string { return it.Warnings })
	p.reasons("? open", pl.Items, func(it plan.Item) []string { return it.Open })
}

// reasons writes the texts that a function gives of items, after a label.
func (p *page) reasons(label string, items []plan.Item, of func(plan.Item) []string) {
	var texts []string // in the order of their first items
	keys := make(map[string][]string)
	for _, it := range items {
		for _, t := range of(it) {
			if keys[t] == nil {
				texts = append(texts, t)
			}
			keys[t] = append(keys[t], Inert(string(it.Key)))
		}
	}
	shown := p.o.rows(len(texts))
	for _, t := range texts[:shown] {
		if k := keys[t]; len(k) == 1 {
			p.paragraph(0, fmt.Sprintf("%s %s: %s", label, k[0], Inert(t)))
		} else {
			p.paragraph(0, fmt.Sprintf("%s (%d): %s", label, len(k), Inert(t)))
			p.paragraph(4, some(k, p.o.limit(maxKeys)))
		}
	}
	p.more(len(texts) - shown)
}

// planItems writes a row for each item.
func (p *page) planItems(items []plan.Item) {
	head := texts("", "ACTION", "KEY", "DATABASES", "DESTINATION", "RESTORE POINT")
	anyNeeds := slices.ContainsFunc(items, func(it plan.Item) bool { return len(it.Needs) > 0 })
	if anyNeeds {
		head = append(head, cell{text: "NEEDS"})
	}
	rows := [][]cell{head}
	shown := p.o.rows(len(items))
	for _, it := range items[:shown] {
		s := actionStyle(it.Action)
		row := append([]cell{{it.Action.Symbol(), s}, {Inert(string(it.Action)), s}}, texts(
			Inert(string(it.Key)), databases(it, p.o.limit(maxDatabases)), Inert(it.Destination), restorePoint(it))...)
		if anyNeeds {
			row = append(row, cell{text: some(inertAll(it.Needs), p.o.limit(maxDatabases))})
		}
		rows = append(rows, row)
	}
	p.table(0, rows)
	p.more(len(items) - shown)
}

// databases says which databases of an item come under which names.
func databases(it plan.Item, most int) string {
	if len(it.Databases) == 0 {
		switch {
		case it.Action == plan.Blocked:
			return "-"
		case len(it.Open) > 0:
			return "open"
		}
		return "all"
	}
	var names []string
	for _, d := range it.Databases {
		name := Inert(d.Source)
		if d.Target != d.Source {
			name += " -> " + Inert(d.Target)
		}
		names = append(names, name)
	}
	return some(names, most)
}

// restorePoint says which moment an item restores: as declared, and what that
// came to.
func restorePoint(it plan.Item) string {
	declared, p := Inert(it.At), it.Parameters
	switch {
	case p.BackupSetId != "" && (it.At == "" || strings.Contains(it.At, p.BackupSetId)):
		return "backup set " + Inert(p.BackupSetId)
	case p.BackupSetId != "":
		return declared + " -> backup set " + Inert(p.BackupSetId)
	case p.RestoreTime == 0:
		return cmp.Or(declared, "-")
	}
	pinned := time.UnixMilli(p.RestoreTime).UTC()
	at := pinned.Format("2006-01-02T15:04:05.999Z07:00")
	written, err := time.Parse(time.RFC3339, it.At)
	if it.At == "" || it.At == strconv.FormatInt(p.RestoreTime, 10) || err == nil && written.Equal(pinned) {
		return at
	}
	return declared + " -> " + at
}

// planRules writes the failure policy, the limits and the digest.
func (p *page) planRules(pl *plan.Plan) {
	l := pl.Limits
	p.paragraph(0, failureWords(pl))
	p.paragraph(0, fmt.Sprintf("Limits: %d in flight, %d per destination, %d per backup plan, %g requests per second, polls at least %s apart.",
		l.InFlight, l.PerDestination, l.PerBackupPlan, l.RequestsPerSecond, Duration(time.Duration(l.PollInterval))))
	if slices.ContainsFunc(pl.Items, func(it plan.Item) bool { return it.Action == plan.Blocked }) {
		p.paragraph(0, "Blocked: apply refuses this plan as long as items are blocked, unless --skip-blocked.")
	}
	if pl.Digest != "" {
		p.paragraph(0, "Digest: "+Inert(string(pl.Digest)))
	}
}

// failureWords says in words what a run does about failures.
func failureWords(pl *plan.Plan) string {
	f := pl.Failure
	words := "Failures: " + budget(f.Max, len(pl.Items)) + "."
	if f.Attempts > 1 {
		words += fmt.Sprintf(" Each item is tried %d times.", f.Attempts)
	}
	if f.Timeout > 0 {
		words += " A task counts as timed out after " + Duration(time.Duration(f.Timeout)) + "."
	}
	return words
}

// budget says in words what failure.max means for so many items.
func budget(limit string, items int) string {
	if limit == "" {
		return "the run never stops for them"
	}
	digits, share := strings.CutSuffix(limit, "%")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return "at most " + Inert(limit)
	}
	of := ""
	if share {
		of = fmt.Sprintf(" (%d%% of %s)", n, Plural(items, "item"))
		n = n * items / 100
	}
	return fmt.Sprintf("the run stops at the %s failure%s; those in flight finish", ordinal(n+1), of)
}
