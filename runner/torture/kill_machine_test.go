package torture_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// play plays the schedule of a seed, with at most so many kills of each machine.
func play(t *testing.T, tr trouble, n uint64, most int) killFigures {
	t.Cleanup(func() {
		if t.Failed() {
			form := map[bool]string{true: " -long"}[*long]
			t.Logf("to play this schedule again: go test ./runner/torture -run '^%s$' -v -seed %d%s", strings.ReplaceAll(t.Name(), "/", "$/^"), n, form)
		}
	})
	s := newScene(t, weather{seed: n, tokens: tr.tokens, lag: tr.lag, faulty: true})
	if tr.late {
		s.front = lateGateway(t, s.endpoint, n)
	}
	machines := make([]*machine, max(1, tr.hosts))
	var all errgroup.Group
	for i := range machines {
		machines[i] = &machine{scene: s, trouble: tr, state: fmt.Sprintf("state-%d", i), random: rand.New(rand.NewPCG(n, uint64(i)))}
		all.Go(func() error { return machines[i].carryOut(most) })
	}
	calm := s.shake(tr.restart, rand.New(rand.NewPCG(n, 1<<32)))
	err := all.Wait()
	if err := calm(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.verdict(tr, machines)
}

// shake kills the emulator now and then and starts it again, until calm. It
// does nothing unless it is to.
func (s *scene) shake(really bool, random *rand.Rand) (calm func() error) {
	var g errgroup.Group
	over := make(chan struct{})
	g.Go(func() error {
		for really {
			select {
			case <-over:
				return nil
			case <-time.After(between(random, 300*time.Millisecond, 2*time.Second)):
			}
			if err := s.restart(between(random, 0, 400*time.Millisecond)); err != nil {
				return err
			}
		}
		return nil
	})
	return func() error {
		close(over)
		return g.Wait()
	}
}

// between draws a duration.
func between(random *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(random.Int64N(int64(to-from)))
}

// machine is where the drill is carried out: a state directory, and random delays
// of its own.
type machine struct {
	*scene
	trouble trouble
	state   string
	random  *rand.Rand
	last    *program // apply
	killFigures
}

// unread is what an apply says that ended before it began, as every try of a
// read was struck: by faults, or since nobody listened.
var unread = regexp.MustCompile(`(?m)^error: (Describe|cannot learn which account)`)

// resumes is how often an apply that ended by itself, but not with everything
// restored, is told to resume.
const resumes = 5

// carryOut applies and kills, until an apply ends by itself with everything
// restored, or as well as it can.
func (m *machine) carryOut(most int) error {
	for again := 0; ; {
		if err := m.once(most); err != nil {
			return err
		}
		if over, err := m.over(again == resumes); over || err != nil {
			return err
		}
		if m.last.status() >= 0 {
			again++
		}
	}
}

// once starts an apply and waits until it ends, or kills it while fewer than
// so many have been.
func (m *machine) once(most int) (err error) {
	m.runs++
	if m.last, err = m.launch(fmt.Sprintf("%s-apply-%02d", m.state, m.runs), m.applyLine(m.state)...); err != nil {
		return err
	}
	if m.kills == most {
		_, err = m.last.wait()
		return err
	}
	select {
	case <-m.last.ended:
		return nil
	case <-time.After(between(m.random, 0, 2500*time.Millisecond)):
		return m.kill()
	}
}

// kill kills the apply, which may just have ended by itself.
func (m *machine) kill() error {
	if err := m.last.signal(syscall.SIGKILL); err != nil {
		return err
	}
	status, err := m.last.wait()
	if err != nil || status >= 0 {
		return err
	}
	m.kills++
	if m.trouble.lose {
		return m.lose(m.state)
	}
	return nil
}

// over reports whether everything is done, by the exit status of the last
// apply. In the end an item may be left of which nobody can tell whether a task
// was made, and those that need it. It is an error when the status is none of
// those that may be.
func (m *machine) over(end bool) (bool, error) {
	switch status := m.last.status(); {
	case status < 0: // killed
		return false, nil
	case status == 0:
		return true, nil
	case status == 3:
		c, err := summaryOf(m.last)
		if err != nil {
			return false, err
		}
		surplus := c.Succeeded == drillItems && strings.Contains(m.last.stdout(), `"surplusTasks":`)
		unproved := c.Unknown > 0 && c.Succeeded+c.Unknown+c.Skipped == drillItems
		if !surplus && !unproved {
			return false, fmt.Errorf("%s: exit status 3, but %+v", m.last.name, c)
		}
		return surplus || end, nil
	case status == 69 && !end && unread.MatchString(m.last.stderr()):
		return false, nil
	default:
		return false, fmt.Errorf("%s: exit status %d\n%s", m.last.name, status, m.last.stderr())
	}
}
