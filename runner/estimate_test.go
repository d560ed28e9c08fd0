package runner

import (
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// running is an item whose task was started at start.
func running(start time.Time) *item {
	spec := restore.Spec{Item: &plan.Item{Key: "a"}, Attempts: 1}
	it := &item{Item: spec.Item, state: restore.New(spec), backupPlan: &backupPlan{}}
	it.state.Phase, it.state.StartedAt = restore.Running, start
	return it
}

func TestWhenATaskIsAskedAbout(t *testing.T) {
	const interval = 8 * time.Second
	start := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for name, c := range map[string]struct {
		took  []time.Duration // other restores
		call  time.Duration   // an answer
		heard time.Duration   // when it was last said to run; negative after a failure to ask
		due   time.Duration   // a poll without an estimate
		want  time.Duration
	}{
		"nothing is known":                       {nil, 0, 0, interval, interval},
		"as soon as it could have ended":         {[]time.Duration{time.Minute}, 0, 10 * time.Second, 18 * time.Second, time.Minute},
		"an answer is made half a call later":    {[]time.Duration{time.Minute}, time.Second, 10 * time.Second, 18 * time.Second, time.Minute - time.Second/2},
		"before a poll interval is over":         {[]time.Duration{3 * time.Second}, 0, 0, interval, 3 * time.Second},
		"soon again, when it had not":            {[]time.Duration{time.Minute}, 0, time.Minute, 68 * time.Second, time.Minute + interval/16},
		"at pauses that double":                  {[]time.Duration{time.Minute}, 0, 62 * time.Second, 70 * time.Second, 64 * time.Second},
		"not later than without an estimate":     {[]time.Duration{time.Minute}, 0, 10 * time.Minute, 10*time.Minute + 2*interval, 10*time.Minute + 2*interval},
		"after a failure, not before it is due":  {[]time.Duration{3 * time.Second}, 0, -1, 30 * time.Second, 30 * time.Second},
		"after a failure, not before the end":    {[]time.Duration{time.Minute}, 0, -1, 30 * time.Second, time.Minute},
		"now and then, when the end is far away": {[]time.Duration{20 * time.Hour}, 0, time.Hour, time.Hour + interval, time.Hour + patience*interval},
		"and no later for one that runs long":    {[]time.Duration{20 * time.Hour}, 0, 10 * time.Hour, 10*time.Hour + patience*interval, 10*time.Hour + patience*interval},
		"by the shortest of those that differ":   {[]time.Duration{time.Minute, 9 * time.Hour, time.Minute, 9 * time.Hour}, 0, 10 * time.Second, 18 * time.Second, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			it, other := running(start), running(start)
			other.backupPlan = it.backupPlan
			var e estimates
			for _, took := range c.took {
				other.state.Phase, other.state.EndedAt = restore.Succeeded, start.Add(took)
				e.note(other)
			}
			if c.call > 0 {
				e.polled(c.call)
			}
			if c.heard >= 0 {
				it.heard = at(c.heard)
			}
			if got := e.poll(it, at(c.due), interval); !got.Equal(at(c.want)) {
				t.Errorf("got %v after the start, want %v", got.Sub(start), c.want)
			}
		})
	}
}

// Of restores that take about as long, hardly one has ended when it is asked about
// for the first time, and none is asked about much later.
func TestWhatTakesAboutAsLongIsExpectedSoon(t *testing.T) {
	var e estimate
	for i := range 1000 {
		e.note(time.Minute + time.Duration(i*7919%2000-1000)*time.Millisecond) // a second more or less
		if i < 20 {
			continue
		}
		if got := e.soonest(); got < 59*time.Second || got > time.Minute {
			t.Fatalf("got %v after %d restores, want 59s to 60s", got, i)
		}
	}
}

// What an item took in the run of yesterday tells more of it than what others take
// today, and these tell how much less it may take today.
func TestEarlierRunsTellWhenAnItemIsAskedAbout(t *testing.T) {
	const interval = 2 * time.Minute
	start := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		others map[plan.Key]time.Duration // that have ended: how long they took today
		want   time.Duration              // of one that took 16 minutes yesterday
	}{
		"nothing has ended":                 {nil, 14 * time.Minute},
		"others take as long":               {map[plan.Key]time.Duration{"x": time.Minute, "y": 8 * time.Minute}, 16 * time.Minute},
		"others take half of it":            {map[plan.Key]time.Duration{"x": 30 * time.Second, "y": 4 * time.Minute}, 8 * time.Minute},
		"others take twice as long":         {map[plan.Key]time.Duration{"x": 2 * time.Minute, "y": 16 * time.Minute}, 16 * time.Minute},
		"others, of which nothing is known": {map[plan.Key]time.Duration{"z": time.Minute}, 14 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			e := estimates{before: map[plan.Key]time.Duration{"a": 16 * time.Minute, "x": time.Minute, "y": 8 * time.Minute}}
			it := running(start)
			for range 30 {
				for key, took := range c.others {
					other := running(start)
					other.Item, other.backupPlan = &plan.Item{Key: key}, it.backupPlan
					other.state.Phase, other.state.EndedAt = restore.Succeeded, start.Add(took)
					e.note(other)
				}
			}
			it.heard = start.Add(time.Minute)
			if got := e.poll(it, it.heard.Add(interval), interval).Sub(start); got < c.want-time.Second || got > c.want+time.Second {
				t.Errorf("got %v, want about %v", got, c.want)
			}
			it.state.Adopted, it.state.Last.Created = true, start.Add(-c.want) // it could have ended by now
			if got := e.poll(it, it.heard.Add(interval), interval).Sub(it.heard); got > interval {
				t.Errorf("adopted: got %v later, want the next poll", got)
			}
		})
	}
}

// A poll interval that is no multiple of the grid would be longer than asked for.
func TestThePollIntervalIsAMultipleOfTheGrid(t *testing.T) {
	for _, interval := range []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second, 7 * time.Second, time.Minute} {
		for _, rate := range []float64{0.1, 1, 5, 7, 50, 1000} {
			l := schema.Limits{PollInterval: schema.Duration(interval), RequestsPerSecond: rate}
			grid := gridOf(l)
			if least := min(turns(l, 12), interval/2); grid < least || grid < interval/16 || grid > interval/2+1 {
				t.Errorf("at %v a second and %v: got a grid of %v, want at least %v and %v, at most %v", rate, interval, grid, least, interval/16, interval/2)
			}
			if over := (interval/grid + 1) * grid % interval; over > 16 && interval%grid != 0 {
				t.Errorf("at %v a second and %v: the grid of %v is over the interval by %v", rate, interval, grid, over)
			}
		}
	}
}

func TestFromWhenAPauseCounts(t *testing.T) {
	const interval = 8 * time.Second
	l := schema.Limits{PollInterval: schema.Duration(interval), RequestsPerSecond: 1000}
	e := &engine{plan: &plan.Plan{Limits: l}, grid: gridOf(l), options: Options{MaxCalls: 1}, polled: map[plan.Site]time.Time{}}
	start := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		asked, heard time.Duration // after the start; negative for not
		want         time.Duration // of a poll that is due an interval after it was heard
	}{
		"from the question":                       {8 * time.Second, 9 * time.Second, 16 * time.Second},
		"from the answer, where it was slow":      {8 * time.Second, 11 * time.Second, 19 * time.Second},
		"from the start, which nobody asked for":  {-1, 9 * time.Second, 17 * time.Second},
		"from the failure, when it was asked for": {8 * time.Second, -1, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			it := running(start)
			if c.asked >= 0 {
				it.asked = start.Add(c.asked)
			}
			if c.heard >= 0 {
				it.heard = start.Add(c.heard)
			}
			if got := e.pollAt(it, start.Add(c.heard+interval).Truncate(time.Second)).Sub(start); got != c.want {
				t.Errorf("got %v after the start, want %v", got, c.want)
			}
		})
	}
}

// A poll counts from the grid, so that it goes on to share it, but not from so long ago
// that the next would come too soon.
func TestFromWhenAPollThatWasHeldUpCounts(t *testing.T) {
	const interval = 8 * time.Second
	start := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		rate         float64
		behind, want time.Duration // the hour
	}{
		"on the grid":                  {1000, 0, 0},
		"by a little":                  {1000, 100 * time.Millisecond, 0},
		"by a little, on a wide grid":  {1, 500 * time.Millisecond, 0},
		"by much, on a wide grid":      {1, 3 * time.Second, 3 * time.Second},
		"by more than the grid's step": {1000, 700 * time.Millisecond, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			l := schema.Limits{PollInterval: schema.Duration(interval), RequestsPerSecond: c.rate}
			e := &engine{plan: &plan.Plan{Limits: l}, grid: gridOf(l), options: Options{MaxCalls: 1}, polled: map[plan.Site]time.Time{}}
			it, hour := running(start), start.Add(time.Hour) // since before this process
			e.firePolls(&choice{now: hour.Add(c.behind)}, &batch{kind: restore.Poll, items: []*item{it}})
			if got := it.asked.Sub(hour); got != c.want {
				t.Errorf("got a poll noted for %v behind the hour, want %v", got, c.want)
			}
		})
	}
}
