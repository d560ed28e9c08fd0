package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Bounds of what a reader can tell apart in one drawing.
const (
	maxBars  = 400 // beyond it lanes show how busy they were, not who was
	maxLanes = 60  // beyond it destinations share lanes
	maxMarks = 600 // of what did not end well, in busy lanes
	bins     = 150 // of a busy lane
)

// gantt is what ran when, by destination.
type gantt struct {
	Width, Height px
	Lanes         []lane
	Bars          []bar
	Ticks         []tick
	Dense         bool // bars are shares of time, not items
	Shared        int  // destinations of a lane, 1 when each has its own

	marks int // of what did not end well
}

type lane struct {
	Name  string
	Y, H  px
	Label px // where the name stands
}

// bar is a stretch of time of an item, or of all items of a dense lane.
type bar struct {
	X, Y, W, H px
	Class      string // queued prepared restoring, ok bad open, or busy
	Opacity    px     // of a busy one, in tenths
	Title      string

	n, until int // of a busy one: how many, and the share of the time after its last
}

const (
	rowHeight = 12
	labelSide = 150
	chartSide = 1100
)

// stretch is when an item was at the service.
type stretch struct {
	item       *Item
	begin, end time.Duration
}

// stretches returns when the items of each destination were at the service,
// the destinations that were busy first first.
func (r *Report) stretches() (names []string, of map[string][]stretch) {
	of = map[string][]stretch{}
	first := map[string]time.Duration{}
	for i := range r.Items {
		it := &r.Items[i]
		if it.Begun == Never {
			continue
		}
		s := stretch{it, it.Begun, it.Ended}
		if s.end == Never {
			s.end = r.Took()
		}
		if begin, ok := first[it.Destination]; !ok || s.begin < begin {
			first[it.Destination] = s.begin
		}
		of[it.Destination] = append(of[it.Destination], s)
	}
	for name := range of {
		names = append(names, name)
		slices.SortFunc(of[name], func(a, b stretch) int {
			return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.item.Key, b.item.Key))
		})
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(a, b)) })
	return names, of
}

func (r *Report) gantt() gantt {
	names, of := r.stretches()
	a := axis{labelSide, chartSide - labelSide - 20, r.Took()}
	total := 0
	for _, name := range names {
		total += len(of[name])
	}
	g := gantt{Width: chartSide, Shared: max(1, (len(names)+maxLanes-1)/maxLanes)}
	g.Dense = total > maxBars || g.Shared > 1
	y := px(8)
	for some := range slices.Chunk(names, g.Shared) {
		label, rows := view.Inert(some[0]), 1
		if g.Dense {
			var together []stretch
			for _, name := range some {
				together = append(together, of[name]...)
			}
			g.busy(a, together, y)
		} else {
			rows = g.items(a, of[some[0]], y)
		}
		if more := len(some) - 1; more > 0 {
			label += fmt.Sprintf(" +%d", more)
		}
		h := px(rows * rowHeight)
		g.Lanes = append(g.Lanes, lane{Name: label, Y: y, H: h, Label: y + h/2 + 4})
		y += h + 5
	}
	g.Height, g.Ticks = y+18, a.ticks()
	return g
}

// items draws the items of a lane, those that overlap on rows of their own, and
// returns the number of rows.
func (g *gantt) items(a axis, of []stretch, y px) int {
	var free []time.Duration // when each row is free again
	for _, s := range of {
		row := slices.IndexFunc(free, func(until time.Duration) bool { return until <= s.begin })
		if row < 0 {
			row = len(free)
			free = append(free, 0)
		}
		free[row] = s.end
		top := y + px(row*rowHeight)
		title := s.title()
		begin := s.begin
		if s.item.Started > s.begin {
			g.Bars = append(g.Bars, bar{X: a.at(s.begin), Y: top, W: a.at(s.item.Started) - a.at(s.begin), H: rowHeight - 2, Class: "prepared", Title: title})
			begin = s.item.Started
		}
		g.Bars = append(g.Bars, bar{X: a.at(begin), Y: top, W: max(1, a.at(s.end)-a.at(begin)), H: rowHeight - 2, Class: outcomeClass(s.item), Title: title})
	}
	return max(1, len(free))
}

func (s stretch) title() string {
	it := s.item
	text := fmt.Sprintf("%s: %s, at %s for %s", view.Inert(it.Key), it.Phase, view.Duration(s.begin), view.Duration(s.end-s.begin))
	if it.Tier != "" {
		text += ", tier " + view.Inert(it.Tier)
	}
	return text
}

func outcomeClass(it *Item) string {
	switch {
	case it.Back():
		return "ok"
	case it.Phase == restore.Skipped || !it.Over():
		return "open"
	}
	return "bad"
}

// busy draws how many items of a lane were under way in each share of the time,
// at most, and marks the ends of those that did not end well.
func (g *gantt) busy(a axis, of []stretch, y px) {
	levels := binned(of, a.span)
	most := slices.Max(levels)
	w := a.width / bins
	for b, n := range levels {
		if n == 0 {
			continue
		}
		if last := len(g.Bars) - 1; last >= 0 && g.Bars[last].n == n && g.Bars[last].Y == y && g.Bars[last].until == b {
			g.Bars[last].W += w
			g.Bars[last].until++
			continue
		}
		g.Bars = append(g.Bars, bar{X: a.left + w*px(b), Y: y, W: w, H: rowHeight - 2, Class: "busy",
			Opacity: px(0.3 + 0.7*float64(n)/float64(most)), Title: fmt.Sprintf("%d under way", n), n: n, until: b + 1})
	}
	for _, s := range of {
		if outcomeClass(s.item) == "bad" && g.marks < maxMarks {
			g.marks++
			g.Bars = append(g.Bars, bar{X: a.at(s.end) - 1, Y: y - 1, W: 2, H: rowHeight, Class: "bad", Title: s.title()})
		}
	}
}

// binned returns for each share of a time the most stretches that were under way
// at one moment of it.
func binned(of []stretch, span time.Duration) []int {
	var changes []change
	for _, s := range of {
		changes = append(changes, change{s.begin, 1}, change{s.end, -1})
	}
	levels := levelsOf(changes)
	most := make([]int, bins)
	for i, l := range levels {
		until := span
		if i+1 < len(levels) {
			until = levels[i+1].at
		}
		for b := binOf(l.at, span); l.n > 0 && b <= binOf(until, span); b++ {
			most[b] = max(most[b], l.n)
		}
	}
	return most
}

func binOf(at, span time.Duration) int {
	if span <= 0 {
		return 0
	}
	return int(min(max(0, at)*bins/span, bins-1))
}
