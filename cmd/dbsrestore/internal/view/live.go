package view

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Live is a run for a screen: what runs stands in a frame that is drawn again and
// again, what has ended is told once, above it. It is not safe for concurrent use.
type Live struct {
	plan    *plan.Plan
	started time.Time
	counts  runner.Counts
	items   map[plan.Key]*plan.Item
	running map[plan.Key]restore.State
	seen    map[plan.Key]restore.Phase // of items that have changed
	tiers   []liveTier
	tierOf  map[string]int

	destinations, backupPlans map[string]*occupancy

	throttled int
	log       *Log
	told      bytes.Buffer
}

// liveTier is the items that share a tier.
type liveTier struct {
	name         string
	items, back  int
	lost         int           // that ended otherwise than well
	rto          time.Duration // the strictest objective, 0 for none
	missed       int           // of rto
	lastSucceeds time.Duration
}

// occupancy is how many items of a destination or backup plan run and wait.
type occupancy struct{ active, waiting int }

// NewLive returns a Live of a run of p that began at a moment.
func NewLive(p *plan.Plan, started time.Time) *Live {
	l := &Live{
		plan: p, started: started, items: map[plan.Key]*plan.Item{}, running: map[plan.Key]restore.State{}, seen: map[plan.Key]restore.Phase{},
		tierOf: map[string]int{}, destinations: map[string]*occupancy{}, backupPlans: map[string]*occupancy{},
	}
	l.log = NewLog(&l.told, p)
	l.counts.Total = len(p.Items)
	for i := range p.Items {
		it := &p.Items[i]
		l.items[it.Key] = it
		t := l.tier(it)
		t.items++
		if it.Objective != nil {
			t.rto = strictest(t.rto, time.Duration(it.Objective.RTO))
		}
		if it.Action == plan.Blocked {
			l.counts.Blocked++
			t.lost++
			continue
		}
		l.counts.Waiting++
		l.of(it, func(o *occupancy) { o.waiting++ })
	}
	slices.SortStableFunc(l.tiers, func(a, b liveTier) int { return cmp.Compare(a.name, b.name) })
	for i, t := range l.tiers {
		l.tierOf[t.name] = i
	}
	return l
}

// tier returns the tier of an item; it is good until the next call.
func (l *Live) tier(it *plan.Item) *liveTier {
	name := it.Labels[TierLabel]
	i, ok := l.tierOf[name]
	if !ok {
		i = len(l.tiers)
		l.tierOf[name] = i
		l.tiers = append(l.tiers, liveTier{name: name})
	}
	return &l.tiers[i]
}

// of changes what is counted of an item's destination and backup plan.
func (l *Live) of(it *plan.Item, change func(*occupancy)) {
	for _, at := range []struct {
		m   map[string]*occupancy
		key string
	}{{l.destinations, it.Destination}, {l.backupPlans, it.Parameters.BackupPlanId}} {
		if at.m[at.key] == nil {
			at.m[at.key] = &occupancy{}
		}
		change(at.m[at.key])
	}
}

// Observe takes in a change and returns what is to be told above the frame, lines
// as those of [Log], "" for nothing.
func (l *Live) Observe(c runner.Change) string {
	l.counts = c.Counts
	it := l.items[c.Key]
	if it == nil {
		return ""
	}
	if f := c.Event.Failure; f != nil && f.Class == restore.Throttled {
		l.throttled++
	}
	before, known := l.seen[c.Key]
	if !known {
		before = restore.Waiting
	}
	after := c.To.Phase
	l.seen[c.Key] = after
	if before != after {
		l.move(it, before, after, c)
	}
	if after.Active() {
		l.running[c.Key] = c.To
	} else {
		delete(l.running, c.Key)
	}
	l.told.Reset()
	l.log.observe(c, func(t noteType) bool { return !routine[t] })
	return l.told.String()
}

// routine is what the frame shows.
var routine = map[noteType]bool{noteCreate: true, noteStart: true, noteAdopt: true, notePhase: true, noteProgress: true, noteThrottle: true}

// move keeps the counts in step with the phase of an item.
func (l *Live) move(it *plan.Item, before, after restore.Phase, c runner.Change) {
	waits := func(p restore.Phase) bool { return !p.Active() && !p.Ended() }
	l.of(it, func(o *occupancy) {
		o.active += count(after.Active()) - count(before.Active())
		o.waiting += count(waits(after)) - count(waits(before))
	})
	t := l.tier(it)
	switch {
	case after == restore.Succeeded:
		t.back++
		took := c.Event.At.Sub(l.started)
		t.lastSucceeds = max(t.lastSucceeds, took)
		if it.Objective != nil && it.Objective.RTO > 0 && took > time.Duration(it.Objective.RTO) {
			t.missed++
		}
	case after.Ended():
		t.lost++
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// LiveNotes are what a frame shows beyond the run.
type LiveNotes struct {
	CallsPerSecond float64 // to the service, lately; negative when not known
	Stopping       bool    // a signal has come
}

// frameRows are the lines around the rows of a frame, at least.
const frameRows = 5

// Frame draws the run at a moment, in at most o.Height lines of o.Width columns.
func (l *Live) Frame(now time.Time, n LiveNotes, o Options) string {
	pg := page{o: o}
	elapsed := now.Sub(l.started)
	word := cell{text: "elapsed " + Duration(elapsed.Truncate(time.Second))}
	if n.Stopping {
		word = cell{"stopping: nothing new begins", yellow}
	}
	pg.line(0, cell{Inert(l.plan.Manifest.Name), bold}, cell{text: "run " + Inert(l.plan.Run)}, word)
	pg.line(0, l.bar(elapsed, o)...)
	room := max(0, o.Height-1) // the cursor stands below
	for _, t := range l.liveTiers(max(0, room-frameRows)) {
		pg.line(0, l.tierCells(t, elapsed)...)
	}
	pg.line(0, l.limitCells(n)...)
	l.rows(&pg, now, room-pg.lines())
	return o.ascii(lines(pg.buf.String(), room))
}

// lines returns the first so many lines of a text.
func lines(text string, most int) string {
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return strings.Join(all[:min(len(all), most)], "\n")
}

const barColumns = 24

func (l *Live) bar(elapsed time.Duration, o Options) []cell {
	done, c := ended(l.counts), l.counts
	columns := barColumns
	if o.Width > 0 {
		columns = min(columns, o.Width/4)
	}
	full := 0
	if c.Total > 0 {
		full = columns * done / c.Total
	}
	bar := strings.Repeat("█", full) + strings.Repeat("░", columns-full)
	cells := []cell{{bar, green}, {text: fmt.Sprintf("%d/%d", done, c.Total)}}
	if bad := c.Bad() + c.Skipped + c.Blocked; bad > 0 {
		cells = append(cells, cell{strconv.Itoa(bad) + " not well", red})
	}
	inFlight, _ := l.inFlight()
	cells = append(cells, cell{text: strconv.Itoa(inFlight) + " in flight"})
	if left := c.Total - done; left > 0 && done >= leastEnded {
		// As fast as so far: no more is known.
		eta := time.Duration(float64(elapsed) * float64(left) / float64(done))
		cells = append(cells, cell{text: "about " + Duration(eta) + " left"})
	}
	return cells
}

// leastEnded is how many items must have ended before it is told how long the
// others may take.
const leastEnded = 3

// liveTiers returns the tiers that are worth a line, at most so many.
func (l *Live) liveTiers(most int) []liveTier {
	if len(l.tiers) == 1 && l.tiers[0].name == "" && l.tiers[0].rto == 0 {
		return nil
	}
	return l.tiers[:min(len(l.tiers), most, maxTiers)]
}

const maxTiers = 4

func (l *Live) tierCells(t liveTier, elapsed time.Duration) []cell {
	cells := []cell{{text: fmt.Sprintf(" %-10s", Inert(cmp.Or(t.name, "no tier")))}, {text: fmt.Sprintf("%d/%d back", t.back, t.items)}}
	if t.lost > 0 {
		cells = append(cells, cell{strconv.Itoa(t.lost) + " not well", red})
	}
	if t.rto == 0 {
		return cells
	}
	objective := "rto " + Duration(t.rto)
	left, late := t.items-t.back-t.lost, t.missed
	if elapsed > t.rto {
		late += left
	}
	switch {
	case late > 0:
		return append(cells, cell{fmt.Sprintf("%s: %d late", objective, late), red})
	case left > 0:
		return append(cells, cell{text: objective + ": " + Duration(t.rto-elapsed) + " left"})
	case t.back > 0:
		return append(cells, cell{objective + ": met in " + Duration(t.lastSucceeds), green})
	}
	return cells
}

// inFlight returns how many restore tasks are unfinished, and how many more of them
// were created ahead.
func (l *Live) inFlight() (n, ahead int) {
	if limits := l.plan.Limits; limits.CreateAhead > 0 {
		ahead = max(0, l.counts.Active-limits.InFlight)
	}
	return l.counts.Active - ahead, ahead
}

// limitCells says how far the limits are used, and which one holds items back.
func (l *Live) limitCells(n LiveNotes) []cell {
	limits := l.plan.Limits
	inFlight, ahead := l.inFlight()
	cells := []cell{{text: fmt.Sprintf(" limits     in flight %d/%d", inFlight, limits.InFlight)}}
	if ahead > 0 {
		cells = append(cells, cell{text: fmt.Sprintf("created ahead %d/%d", ahead, limits.CreateAhead)})
	}
	if b := l.binding(); b != "" {
		cells = append(cells, cell{"binding: " + b, yellow})
	}
	if n.CallsPerSecond >= 0 {
		cells = append(cells, cell{text: fmt.Sprintf("calls %.1f/%g a second", n.CallsPerSecond, limits.RequestsPerSecond)})
	}
	if l.throttled > 0 {
		cells = append(cells, cell{"throttled " + strconv.Itoa(l.throttled), yellow})
	}
	return cells
}

// binding names the limit that holds back the most items, "" when none does.
func (l *Live) binding() string {
	if l.counts.Waiting == 0 {
		return ""
	}
	limits := l.plan.Limits
	if limits.InFlight > 0 && l.counts.Active >= limits.InFlight {
		return "inFlight"
	}
	held := func(of map[string]*occupancy, limit int) (n int) {
		for o := range maps.Values(of) {
			if limit > 0 && o.active >= limit {
				n += o.waiting
			}
		}
		return n
	}
	toDestination, fromPlan := held(l.destinations, limits.PerDestination), held(l.backupPlans, limits.PerBackupPlan)
	switch {
	case toDestination+fromPlan == 0:
		return ""
	case toDestination >= fromPlan:
		return "perDestination"
	}
	return "perBackupPlan"
}

// rows draws the items that run, the longest first, in so many lines; behind those
// that were started the others.
func (l *Live) rows(pg *page, now time.Time, room int) {
	keys := slices.SortedFunc(maps.Keys(l.running), func(a, b plan.Key) int {
		s, t := l.running[a], l.running[b]
		return cmp.Or(cmp.Compare(count(s.StartedAt.IsZero()), count(t.StartedAt.IsZero())), begun(s).Compare(begun(t)), cmp.Compare(a, b))
	})
	shown := len(keys)
	if shown > room-2 {
		shown = room - 3
	}
	if shown < 1 {
		return
	}
	pg.blank()
	rows := [][]cell{texts("KEY", "DESTINATION", "PHASE", "DONE", "TIME")}
	for _, key := range keys[:shown] {
		s := l.running[key]
		row := texts(Inert(string(key)), Inert(l.items[key].Destination), cmp.Or(stage(s.Last), string(s.Phase)), cmp.Or(percent(s.Last), "-"), "-")
		if at := begun(s); !at.IsZero() {
			row[4].text = Duration(now.Sub(at).Truncate(time.Second))
		}
		rows = append(rows, row)
	}
	pg.table(0, rows)
	if more := len(keys) - shown; more > 0 {
		pg.line(0, cell{text: fmt.Sprintf("… %d more", more)})
	}
}

// begun returns since when an item is at the service, as far as is known.
func begun(s restore.State) time.Time {
	for _, t := range []time.Time{s.StartedAt, s.CreatedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return s.SentAt
}
