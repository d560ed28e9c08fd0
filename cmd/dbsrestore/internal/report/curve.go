package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
)

// change is what happens to a number at a moment.
type change struct {
	at    time.Duration
	delta int
}

// level is a number from a moment on.
type level struct {
	at time.Duration
	n  int
}

// levelsOf sums changes up. Of those at one moment only the outcome counts.
func levelsOf(changes []change) []level {
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var levels []level
	n := 0
	for _, c := range changes {
		n += c.delta
		if k := len(levels); k > 0 && levels[k-1].at == c.at {
			levels[k-1].n = n
			continue
		}
		levels = append(levels, level{c.at, n})
	}
	return levels
}

// curves is one or several numbers over time, as steps.
type curves struct {
	Title         string // what a reader who does not see it is told
	Width, Height px
	Ticks, Rows   []tick // of time, and of the number
	Lines         []line
	Marks         []mark
}

type line struct {
	Name  string
	Class string // tier0 to tier5
	Path  string // of an SVG
}

// mark is an objective or a limit.
type mark struct {
	X1, Y1, X2, Y2 px
	Class          string
	Label          string
	Left           bool // the label stands to the left of X1
}

const (
	curveWidth  = 540
	curveHeight = 240
	curveLeft   = 44
	curveTop    = 12
	curveBottom = 214
	tierClasses = 6
)

func tierClass(i int) string { return fmt.Sprintf("tier%d", i%tierClasses) }

func tierName(name string) string {
	if name == "" {
		return "no tier"
	}
	return view.Inert(name)
}

// steps draws levels as the path of an SVG; full is the number at the top.
func (a axis) steps(levels []level, full int) string {
	y := func(n int) px { return px(curveBottom - float64(curveBottom-curveTop)*float64(n)/float64(full)) }
	var b strings.Builder
	fmt.Fprintf(&b, "M%v,%v", a.at(0), y(0))
	last := [2]string{a.at(0).String(), y(0).String()}
	for _, l := range levels {
		next := [2]string{a.at(l.at).String(), y(l.n).String()}
		if next[0] != last[0] {
			b.WriteString("H" + next[0])
		}
		if next[1] != last[1] {
			b.WriteString("V" + next[1])
		}
		last = next
	}
	fmt.Fprintf(&b, "H%v", a.at(a.span))
	return b.String()
}

// back is the share of the databases of each tier that are back, over time.
func (r *Report) back() curves {
	span := r.Took()
	for _, t := range r.Tiers {
		span = max(span, min(t.RTO.Objective, 2*r.Took())) // so that the margin is seen
	}
	a := axis{curveLeft, curveWidth - curveLeft - 10, span}
	c := curves{Title: "Share of databases back over time, by tier", Width: curveWidth, Height: curveHeight, Ticks: a.ticks()}
	for _, share := range []int{0, 25, 50, 75, 100} {
		c.Rows = append(c.Rows, tick{px(curveBottom - float64(curveBottom-curveTop)*float64(share)/100), fmt.Sprintf("%d%%", share)})
	}
	for i, t := range r.Tiers {
		var changes []change
		all := 0
		for _, it := range r.Items {
			if it.Tier != t.Name {
				continue
			}
			n := max(1, len(it.Databases))
			all += n
			if it.Back() {
				changes = append(changes, change{it.Ended, n})
			}
		}
		c.Lines = append(c.Lines, line{tierName(t.Name), tierClass(i), a.steps(levelsOf(changes), all)})
		if o := t.RTO.Objective; o > 0 && o <= span {
			c.Marks = append(c.Marks, mark{a.at(o), curveTop, a.at(o), curveBottom, tierClass(i) + " objective", "RTO " + view.Duration(o), a.at(o) > curveWidth*3/4})
		}
	}
	return c
}

// inFlight is how many restore tasks were at the service, over time, against
// the limit.
func (r *Report) inFlight() curves {
	a := axis{curveLeft, curveWidth - curveLeft - 10, r.Took()}
	c := curves{Title: "Restores in flight over time, against the limit", Width: curveWidth, Height: curveHeight, Ticks: a.ticks()}
	var changes []change
	_, of := r.stretches()
	for _, stretches := range of {
		for _, s := range stretches {
			changes = append(changes, change{s.begin, 1}, change{s.end, -1})
		}
	}
	levels := levelsOf(changes)
	limit := r.Run.Plan.Limits.InFlight
	full := max(limit, 1)
	for _, l := range levels {
		full = max(full, l.n)
	}
	y := func(n int) px { return px(curveBottom - float64(curveBottom-curveTop)*float64(n)/float64(full)) }
	for _, n := range slices.Compact([]int{0, full / 2, full}) {
		c.Rows = append(c.Rows, tick{y(n), fmt.Sprint(n)})
	}
	c.Lines = []line{{"in flight", tierClass(0), a.steps(levels, full)}}
	c.Marks = []mark{{curveLeft, y(limit), curveWidth - 10, y(limit), "objective", fmt.Sprintf("limit %d", limit), false}}
	return c
}
