package torture_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/torture"
)

var (
	long     = flag.Bool("long", false, "try every crash point and hundreds of pairs in every mode, instead of every fifth and a few")
	seed     = flag.Uint64("seed", 1, "of the faults that come and go, of the pauses between processes, and of the pairs that are tried")
	onlyMode = flag.String("mode", "", "try this mode alone")
	onlyAt   = flag.String("at", "", "live the one history in which the processes die at these points, such as 17 or 17,4")
)

// TestCrashPoints ends a run at every point at which it writes its journal or
// calls the service: before and after, in turn. Then it ends the run that goes
// on from there, too, at some of its points. Each history is judged. Without
// -long it tries every fifth point; another -seed tries others.
func TestCrashPoints(t *testing.T) {
	stride, pairs := 5, 2
	if *long {
		stride, pairs = 1, 200
	}
	if *onlyMode != "" && !slices.ContainsFunc(modes, func(m mode) bool { return m.name == *onlyMode }) {
		t.Fatalf("there is no mode %q", *onlyMode)
	}
	var table table
	t.Run("modes", func(t *testing.T) {
		for _, m := range modes {
			if *onlyMode != "" && *onlyMode != m.name {
				continue
			}
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				table.add(m, torment(t, m, stride, pairs))
			})
		}
	})
	t.Log(table.text())
}

// torment tries a mode at every stride-th point, and returns the sums of all its histories.
func torment(t *testing.T, m mode, stride, pairs int) sums {
	var all sums
	if *onlyAt != "" {
		var at []int
		for _, text := range strings.Split(*onlyAt, ",") {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatalf("-at %s: %v", *onlyAt, err)
			}
			at = append(at, n)
		}
		all.add(judge(t, m, at))
		return all
	}
	type death struct{ at, next int } // next is how many points the process after it had
	var deaths []death
	for n := 1 + int(*seed)%stride; ; n += stride {
		h := judge(t, m, []int{n})
		if h.crashed == 0 {
			if n < 20 {
				t.Errorf("the first process had less than %d points at which to die: there is little that this test has tried", n)
			}
			break
		}
		all.add(h)
		deaths = append(deaths, death{n, h.points[1]})
	}
	random := rand.New(rand.NewPCG(*seed, uint64(len(m.name))))
	for range pairs {
		d := deaths[random.IntN(len(deaths))]
		all.add(judge(t, m, []int{d.at, 1 + random.IntN(max(1, d.next))}))
	}
	return all
}

// sums are what is counted of histories.
type sums struct {
	crashed, runs, created, duplicates, doubleStarts, untracked, unknown int

	points []int // that each process of the first host passed
}

func (s *sums) add(o sums) {
	s.crashed += o.crashed
	s.runs += o.runs
	s.created += o.created
	s.duplicates += o.duplicates
	s.doubleStarts += o.doubleStarts
	s.untracked += o.untracked
	s.unknown += o.unknown
}

// judge lives a history, and ends the test of its mode when something in it must
// not be. The message has the command that lives it again.
func judge(t *testing.T, m mode, crashes []int) (s sums) {
	synctest.Test(t, func(t *testing.T) {
		h := &history{mode: m, seed: *seed, crashes: crashes, t: t}
		h.live()
		e := h.evidence()
		for _, v := range torture.Check(e) {
			s.count(v.Invariant)
			if !slices.Contains(m.accept, v.Invariant) {
				h.problem("%s", v)
			}
		}
		for _, host := range h.hosts {
			s.take(host)
			if c := host.last.Counts; m.succeeds && c.Succeeded != c.Total {
				h.problem("the last run ended with %+v, everything should have succeeded", c)
			}
		}
		s.created = len(e.Tasks) - m.strangers
		if len(h.problems) > 0 {
			t.Errorf("%s\nto see it again: go test ./runner/torture -run TestCrashPoints -seed=%d -mode='%s' -at=%s\ndied %s",
				strings.Join(h.problems, "\n"), *seed, m.name, strings.Trim(strings.ReplaceAll(fmt.Sprint(crashes), " ", ","), "[]"), h.deaths())
		}
	})
	return s
}

func (s *sums) count(i torture.Invariant) {
	switch i {
	case torture.OneTask:
		s.duplicates++
	case torture.OneStart:
		s.doubleStarts++
	case torture.AllKnown:
		s.untracked++
	}
}

func (s *sums) take(h *host) {
	s.runs += len(h.processes)
	s.unknown += h.last.Counts.Unknown
	for _, p := range h.processes {
		if p.died != "" {
			s.crashed++
		}
		if h == h.hosts[0] {
			s.points = append(s.points, p.passed)
		}
	}
}

// deaths says at what the processes died.
func (h *history) deaths() string {
	var list []string
	for _, p := range h.hosts[0].processes {
		if p.died != "" {
			list = append(list, p.died)
		}
	}
	return strings.Join(list, ", then ")
}

// table is the sums of all modes, in their order.
type table struct {
	mu   sync.Mutex
	rows map[string]sums
}

func (b *table) add(m mode, s sums) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rows == nil {
		b.rows = make(map[string]sums)
	}
	b.rows[m.name] = s
}

func (b *table) text() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\nmode\tcrash points\truns\ttasks created\tduplicates\tdouble starts\tuntracked\tended unknown\t\n")
	row := func(name string, s sums) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", name, s.crashed, s.runs, s.created, s.duplicates, s.doubleStarts, s.untracked, s.unknown)
	}
	var all sums
	for _, m := range modes {
		if s, tried := b.rows[m.name]; tried {
			row(m.name, s)
			all.add(s)
		}
	}
	row("all", all)
	_ = w.Flush() // a strings.Builder takes everything
	return text.String()
}

// A history that fails can be looked at only if it fails again. Where reads
// fail, the client pauses for random times, and a history is only much alike.
func TestAHistoryLivedAgainIsTheSame(t *testing.T) {
	for _, name := range []string{"plain", "answers lost", "token ignored, two hosts"} {
		t.Run(name, func(t *testing.T) {
			m := modes[slices.IndexFunc(modes, func(m mode) bool { return m.name == name })]
			var lived [2]torture.Evidence
			for i := range lived {
				synctest.Test(t, func(t *testing.T) {
					h := &history{mode: m, seed: *seed, crashes: []int{17, 20}, t: t}
					h.live()
					lived[i] = h.evidence()
				})
				for n := range lived[i].Calls {
					lived[i].Calls[n].Nonce = "" // random
				}
			}
			if diff := cmp.Diff(lived[0], lived[1], cmp.AllowUnexported(lived[0].Calls[0])); diff != "" {
				t.Errorf("the second time (-first +second):\n%s", diff)
			}
		})
	}
}
