package report

import (
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
)

// px is a length in a drawing. It is written with one digit after the point,
// so that the same drawing has the same bytes everywhere.
type px float64

func (p px) String() string { return fmt.Sprintf("%.1f", float64(p)) }

// axis maps the time of a run onto a width.
type axis struct {
	left, width px
	span        time.Duration
}

func (a axis) at(d time.Duration) px {
	if a.span <= 0 {
		return a.left
	}
	return a.left + px(float64(a.width)*float64(min(max(d, 0), a.span))/float64(a.span))
}

// tick is a mark on an axis.
type tick struct {
	At    px
	Label string
}

// steps are the distances of ticks, of which the first is taken that gives no
// more than maxTicks.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

const maxTicks = 10

func (a axis) ticks() []tick {
	step := steps[len(steps)-1]
	for _, s := range steps {
		if a.span/s <= maxTicks {
			step = s
			break
		}
	}
	ticks := []tick{{a.at(0), "0"}}
	for d := step; d <= a.span && len(ticks) <= 3*maxTicks; d += step {
		ticks = append(ticks, tick{a.at(d), view.Duration(d)})
	}
	return ticks
}
