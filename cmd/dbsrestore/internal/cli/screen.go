package cli

import (
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/live"
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
)

// screen shows a run at the bottom of the terminal. It is an observer.
var utf8Locale = regexp.MustCompile(`(?i)utf-?8`)

type screen struct {
	app  *app
	live *live.Screen

	mu       sync.Mutex // of what the frame is drawn from
	run      *view.Live
	stopping bool
	calls    rate
}

// isScreen reports whether a run can be drawn where problems and progress go.
func (a *app) isScreen() bool {
	return a.env.Screen && a.env.Getenv("TERM") != "" && a.env.Getenv("TERM") != "dumb"
}

func (a *app) newScreen(p *plan.Plan) *screen {
	s := &screen{app: a, run: view.NewLive(p, a.env.Now())}
	s.live = live.Start(a.env.Stderr, a.env.Environ, s.frame)
	a.screen.Store(s)
	return s
}

func (s *screen) frame(width, height int) string {
	o := s.app.viewOptions()
	o.Width, o.Height, o.ASCII = width, height, !s.app.isUTF8()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.app.env.Now()
	n := view.LiveNotes{Stopping: s.stopping, CallsPerSecond: -1}
	if s.app.calls != nil {
		n.CallsPerSecond = s.calls.at(now, s.app.calls())
	}
	return s.run.Frame(now, n, o)
}

// isUTF8 reports whether the terminal shows more than ASCII, by what decides it
// for other programs.
func (a *app) isUTF8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := a.env.Getenv(name); value != "" {
			return utf8Locale.MatchString(value)
		}
	}
	return false
}

// Observe implements observer.
func (s *screen) Observe(c runner.Change) {
	s.mu.Lock()
	told := s.run.Observe(c)
	s.mu.Unlock()
	s.live.Print(told)
}

// Heartbeat implements observer: the frame shows that the run lives.
func (s *screen) Heartbeat(time.Time, runner.Counts) {}

// stop takes the frame away; a nil screen has none.
func (s *screen) stop() {
	if s == nil {
		return
	}
	s.app.screen.Store(nil)
	s.live.Stop()
}

// say writes a text where progress goes, above the frame if there is one.
func (a *app) say(text string, stopping bool) {
	s := a.screen.Load()
	if s == nil {
		fmt.Fprint(a.env.Stderr, text)
		return
	}
	s.mu.Lock()
	s.stopping = s.stopping || stopping
	s.mu.Unlock()
	s.live.Print(text)
}

// rateOver is over how long calls are counted.
const rateOver = 5 * time.Second

// rate is how fast a number has grown of late.
type rate struct {
	seen []sample // the oldest first
}

type sample struct {
	at time.Time
	n  int
}

// at returns the growth a second up to now.
func (r *rate) at(now time.Time, n int) float64 {
	r.seen = append(r.seen, sample{now, n})
	for len(r.seen) > 2 && now.Sub(r.seen[0].at) > rateOver {
		r.seen = r.seen[1:]
	}
	first := r.seen[0]
	if took := now.Sub(first.at).Seconds(); took > 0 {
		return float64(n-first.n) / took
	}
	return 0
}
