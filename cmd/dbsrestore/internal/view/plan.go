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
	"github.com/dbsrestore/dbsrestore/schema"
)

const (
	maxDatabases = 2 // named in a row
	maxKeys      = 8 // named where many items share a reason

	maxLines      = 40 // of a plan
	maxReasons    = 14 // of these, lines of reasons
	maxPlanGroups = 8  // of these, groups
)

// PlanNotes are what a reviewer wants to know beyond the plan.
type PlanNotes struct {
	Forecast plan.Forecast
	Next     string // what to do now, "" for nothing
	Command  string // that does it, "" for none; it is never cut
}

// Plan writes a plan for review, in at most 40 lines unless everything is
// wanted: the totals, what needs a look, the items in groups, a row for each as
// far as there is room, the rules that a run will follow, and what to do next.
func Plan(w io.Writer, p *plan.Plan, n PlanNotes, o Options) {
	head, reasons, groups, items, tail := page{o: o}, page{o: o}, page{o: o}, page{o: o}, page{o: o}
	head.planHead(p)
	tail.planRules(p, n)

	room := maxLines - head.lines() - tail.lines()
	reasons.planReasons(p, o.limit(min(maxReasons, room)))
	room -= reasons.lines()
	if o.Verbose || room > maxPlanGroups {
		groups.planGroups(p.Items)
	}
	room -= groups.lines()
	items.planItems(p.Items, o.limit(room))
	for _, part := range []*page{&head, &reasons, &groups, &items, &tail} {
		part.writeTo(w)
	}
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
	databases := 0
	for _, it := range pl.Items {
		databases += len(it.Databases)
	}
	of := "of " + Plural(len(pl.Items), "item")
	if databases > 0 {
		of += ", " + Plural(databases, "database")
	}
	p.flow(append(totals, cell{text: of})...)
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
// each text once with the items that it is about, in so many lines at most.
func (p *page) planReasons(pl *plan.Plan, room int) {
	var texts []page
	add := func(label string, of func(plan.Item) []string) {
		for _, n := range gather(pl.Items, of) {
			text := page{o: p.o}
			text.reason(label, n)
			texts = append(texts, text)
		}
	}
	for _, a := range []plan.Action{plan.Blocked, plan.Failed, plan.Restore, plan.Adopt, plan.Done} {
		add(a.Symbol()+" "+string(a), func(it plan.Item) []string {
			if it.Action != a || it.Reason == "" {
				return nil
			}
			return []string{it.Reason}
		})
	}
	add("! warning", func(it plan.Item) []string { return it.Warnings })
	add("? open", func(it plan.Item) []string { return it.Open })
	if len(texts) > 0 {
		p.blank()
	}
	for i, text := range texts {
		if p.lines()+text.lines() > room-1 && (i < len(texts)-1 || p.lines()+text.lines() > room) {
			p.more(len(texts) - i)
			return
		}
		text.writeTo(&p.buf)
	}
}

// reason writes a text and the items that it is about, after a label.
func (p *page) reason(label string, n itemNote) {
	keys := inertAll(n.keys)
	if len(keys) == 1 {
		p.paragraph(0, fmt.Sprintf("%s %s: %s", label, keys[0], Inert(n.text)))
		return
	}
	p.paragraph(0, fmt.Sprintf("%s (%d): %s", label, len(keys), Inert(n.text)))
	p.paragraph(4, some(keys, p.o.limit(maxKeys)))
}

// planGroups writes a row for each group of items, when there is more than one.
func (p *page) planGroups(items []plan.Item) {
	groups := groupItems(items, p.o.limit(maxPlanGroups))
	if len(groups) < 2 {
		return
	}
	tiers := slices.ContainsFunc(groups, func(g group) bool { return g.tier+g.objective() != "" })
	row := func(tier, objective string, others ...string) []cell {
		if tiers {
			others = append([]string{tier, objective}, others...)
		}
		return texts(others...)
	}
	rows := [][]cell{row("TIER", "OBJECTIVE", "REGION", "DESTINATION", "ITEMS", "DATABASES", "")}
	shown := min(len(groups), p.o.limit(maxPlanGroups))
	for _, g := range groups[:shown] {
		rows = append(rows, row(cmp.Or(g.tier, "-"), cmp.Or(g.objective(), "-"), g.region, cmp.Or(g.destination, "-"),
			strconv.Itoa(g.count()), strconv.Itoa(g.databases), g.others()))
	}
	p.blank()
	p.table(0, rows)
	p.more(len(groups) - shown)
}

// planItems writes a row for each item, in so many lines at most.
func (p *page) planItems(items []plan.Item, room int) {
	if len(items) == 0 {
		return
	}
	const around = 3 // a blank line, the head, and how many more there are
	shown := len(items)
	if shown > room-around+1 {
		shown = max(0, room-around)
	}
	p.blank()
	if shown > 0 {
		p.itemRows(items[:shown])
	}
	p.more(len(items) - shown)
}

func (p *page) itemRows(items []plan.Item) {
	head := texts("", "ACTION", "KEY", "DATABASES", "DESTINATION", "RESTORE POINT")
	anyNeeds := slices.ContainsFunc(items, func(it plan.Item) bool { return len(it.Needs) > 0 })
	if anyNeeds {
		head = append(head, cell{text: "NEEDS"})
	}
	rows := [][]cell{head}
	for _, it := range items {
		s := actionStyle(it.Action)
		row := append([]cell{{it.Action.Symbol(), s}, {Inert(string(it.Action)), s}}, texts(
			Inert(string(it.Key)), databases(it, p.o.limit(maxDatabases)), Inert(it.Destination), restorePoint(it))...)
		if anyNeeds {
			row = append(row, cell{text: some(inertAll(it.Needs), p.o.limit(maxDatabases))})
		}
		rows = append(rows, row)
	}
	p.table(0, rows)
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
	if p.BackupSetId != "" {
		set := "backup set " + Inert(p.BackupSetId)
		if it.BackupSetTime > 0 {
			set += " of " + millis(it.BackupSetTime)
		}
		if it.At == "" || strings.Contains(it.At, p.BackupSetId) {
			return set
		}
		return declared + " -> " + set
	}
	if p.RestoreTime == 0 {
		return cmp.Or(declared, "-")
	}
	written, err := time.Parse(time.RFC3339, it.At)
	if it.At == "" || it.At == strconv.FormatInt(p.RestoreTime, 10) || err == nil && written.UnixMilli() == p.RestoreTime {
		return millis(p.RestoreTime)
	}
	return declared + " -> " + millis(p.RestoreTime)
}

// millis writes Unix milliseconds as a time.
func millis(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// planRules writes how long it takes, the failure policy, the limits, the digest
// and what to do next.
func (p *page) planRules(pl *plan.Plan, n PlanNotes) {
	p.blank()
	if words := forecastWords(n.Forecast, pl.Limits, Inert); words != "" {
		p.paragraph(0, words)
	}
	if late := n.Forecast.Late; len(late) > 0 {
		p.paragraph(0, fmt.Sprintf("! late: %s cannot meet objective.rto, to go by the last time: %s",
			Plural(len(late), "item"), some(inertAll(late), p.o.limit(maxKeys))))
	}
	p.paragraph(0, failureWords(pl))
	l := pl.Limits
	ahead := ""
	if l.CreateAhead > 0 {
		ahead = fmt.Sprintf(", %d more created ahead", l.CreateAhead)
	}
	p.paragraph(0, fmt.Sprintf("Limits: %d in flight%s, %d per destination, %d per backup plan, %g requests per second, polls at least %s apart.",
		l.InFlight, ahead, l.PerDestination, l.PerBackupPlan, l.RequestsPerSecond, Duration(time.Duration(l.PollInterval))))
	if slices.ContainsFunc(pl.Items, func(it plan.Item) bool { return it.Action == plan.Blocked }) {
		p.paragraph(0, "Blocked: apply refuses this plan as long as items are blocked, unless --skip-blocked.")
	}
	if pl.Digest != "" {
		p.paragraph(0, "Digest: "+Inert(string(pl.Digest)))
	}
	if n.Next != "" {
		p.blank()
		p.paragraph(0, Inert(n.Next))
	}
	if n.Command != "" {
		p.buf.WriteString("    " + Inert(n.Command) + "\n")
	}
}

// forecastWords says how long a run takes at least, and what it waits for. A
// name from outside is written by a function.
func forecastWords(f plan.Forecast, l schema.Limits, name func(string) string) string {
	var words string
	switch {
	case f.Known > 0 || f.AtLeast > 0:
		words = fmt.Sprintf("Forecast: at least %s, to go by the last time of %s", Duration(f.AtLeast.Round(time.Second)), Plural(f.Known, "item"))
	case f.Rounds > 0:
		words = fmt.Sprintf("Forecast: at least %s one after another, of unknown duration", Plural(f.Rounds, "restore"))
	default:
		return ""
	}
	switch f.Binds {
	case "":
		return words + "."
	case "needs":
		return fmt.Sprintf("%s: %s, with what it needs before.", words, name(f.Of))
	}
	words += fmt.Sprintf(". Binding limit: %s %s for %s", f.Binds, limitValue(f.Binds, l), Plural(f.Items, "item"))
	if f.Of != "" {
		words += " of " + name(f.Of)
	}
	return words + "."
}

// limitValue returns the value of a limit.
func limitValue(name string, l schema.Limits) string {
	switch name {
	case "inFlight":
		return strconv.Itoa(l.InFlight)
	case "perDestination":
		return strconv.Itoa(l.PerDestination)
	case "perBackupPlan":
		return strconv.Itoa(l.PerBackupPlan)
	}
	return strconv.FormatFloat(l.RequestsPerSecond, 'g', -1, 64)
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
	return fmt.Sprintf("the run stops at the %s failure%s; those in flight finish, exit status 4", ordinal(n+1), of)
}
