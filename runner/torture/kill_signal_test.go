package torture_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fair is a service that keeps every promise.
var fair = weather{seed: 1}

// finish carries the run of a state directory to its end, and has it judged
// together with those of other directories, which are done. Nothing is accepted.
func (s *scene) finish(state string, done map[string]*program) {
	s.t.Helper()
	last := map[string]*program{state: s.apply(state)}
	s.wait(last[state], 0)
	for state, p := range done {
		last[state] = p
	}
	for _, v := range s.judge(last) {
		s.t.Error(v)
	}
	if c, err := summaryOf(last[state]); err != nil || c.Succeeded != drillItems {
		s.t.Errorf("got %+v, %v, want %d succeeded", c, err, drillItems)
	}
}

func TestSignals(t *testing.T) {
	tests := []struct {
		name    string
		signals []syscall.Signal
		status  []int // one of them: a run may have ended by the first signal when the second arrives
	}{
		{"terminated", []syscall.Signal{syscall.SIGTERM}, []int{143}},
		{"interrupted", []syscall.Signal{syscall.SIGINT}, []int{130}},
		{"interrupted twice", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, []int{130}},
		{"terminated after an interruption", []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, []int{130, 143}},
		{"terminated while it is stopped", []syscall.Signal{syscall.SIGSTOP, syscall.SIGTERM, syscall.SIGCONT}, []int{143}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, fair)
			p := s.apply("state", "--in-flight", "2")
			s.prints(p, `"type":"start"`)
			for _, sig := range test.signals {
				s.signal(p, sig)
			}
			s.wait(p, test.status...)
			begun := s.asked()
			if begun == 0 || begun == drillItems {
				t.Errorf("%d creates were asked for, want some but not all: nothing new begins after a signal", begun)
			}
			if c, err := summaryOf(p); err != nil || c.Total != drillItems || c.Succeeded == drillItems {
				t.Errorf("got %+v, %v, want a summary of an unfinished run", c, err)
			}
			quitAtOnce := len(test.signals) == 2 // before the words to the first were out, perhaps
			if want := "no new restores will start"; !quitAtOnce && !strings.Contains(p.stderr(), want) {
				t.Errorf("%q is not on stderr:\n%s", want, p.stderr())
			}
			s.resumeAsTold(p)
			s.finish("state", nil)
		})
	}
}

// resumeAsTold carries out what an apply said at its end.
func (s *scene) resumeAsTold(p *program) {
	s.t.Helper()
	_, line, found := strings.Cut(p.stderr(), "continues where it is with:\n")
	if !found {
		s.t.Fatalf("stderr does not say how to resume:\n%s", p.stderr())
	}
	line, _, _ = strings.Cut(line, "\n") // a late answer to the signal may follow
	again, err := s.launch("told", "sh", "-c", line)
	if err != nil {
		s.t.Fatal(err)
	}
	s.wait(again, 0)
}

// heldBy fails the test unless another apply on the state directory is refused,
// before it asks for anything, in words that name the holder.
func (s *scene) heldBy(holder *program, state string) {
	s.t.Helper()
	host, err := os.Hostname()
	if err != nil {
		s.t.Fatal(err)
	}
	rival := s.apply(state)
	s.wait(rival, 8)
	if want := fmt.Sprintf("locked by process %d on host %q", holder.cmd.Process.Pid, host); !strings.Contains(rival.stderr(), want) {
		s.t.Errorf("%q is not on stderr:\n%s", want, rival.stderr())
	}
}

func TestAStoppedProcessKeepsItsLockAndGoesOn(t *testing.T) {
	t.Parallel()
	s := newScene(t, fair)
	p := s.apply("state")
	s.prints(p, `"type":"create"`)
	s.heldBy(p, "state")
	s.signal(p, syscall.SIGSTOP)
	s.heldBy(p, "state")
	<-time.After(time.Second)
	s.signal(p, syscall.SIGCONT)
	s.wait(p, 0)
	s.finish("state", nil)
}

func TestManyAtOnceOnOneStateDirectory(t *testing.T) {
	t.Parallel()
	s := newScene(t, fair)
	rivals := make([]*program, 6)
	for i := range rivals {
		rivals[i] = s.apply("state")
	}
	done := 0
	for _, p := range rivals {
		status, err := p.wait()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case status == 0:
			done++
		case status != 8 || !strings.Contains(p.stderr(), "locked by"):
			t.Errorf("%s: got exit status %d, want 0, or 8 and who holds the lock\n%s", p.name, status, p.stderr())
		}
	}
	if done == 0 {
		t.Error("none of them did anything")
	}
	s.finish("state", nil)
}

func TestAHostThatIsStoppedWhileAnotherDoesItsWork(t *testing.T) {
	for _, moment := range []string{"run_start", "create", "start", "done"} {
		t.Run("after "+moment, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, fair)
			frozen := s.apply("frozen")
			s.prints(frozen, fmt.Sprintf(`"type":%q`, moment))
			s.signal(frozen, syscall.SIGSTOP)
			other := s.apply("other")
			s.wait(other, 0)
			s.signal(frozen, syscall.SIGCONT)
			s.wait(frozen, 0)
			s.finish("frozen", map[string]*program{"other": other})
		})
	}
}

func TestALockFileRemovedWhileItIsHeld(t *testing.T) {
	t.Parallel()
	s := newScene(t, fair)
	p := s.apply("state", "--in-flight", "2")
	s.prints(p, `"type":"start"`)
	s.signal(p, syscall.SIGSTOP) // so that it cannot get far
	locks, err := filepath.Glob(s.path("state/lock-*"))
	if err != nil || len(locks) != 1 {
		t.Fatalf("got lock files %v, %v, want one", locks, err)
	}
	if err := os.Remove(locks[0]); err != nil {
		t.Fatal(err)
	}
	other := s.apply("state")     // nothing keeps it out
	<-time.After(time.Second / 4) // it may not wait for long: the first may have been stopped over a write
	s.signal(p, syscall.SIGCONT)
	s.wait(p, 69)
	for _, want := range []string{"was removed or replaced: another run may have started", "run the same command again"} {
		if !strings.Contains(p.stderr(), want) {
			t.Errorf("%q is not on stderr:\n%s", want, p.stderr())
		}
	}
	s.wait(other, 0)
	s.finish("state", nil)
}

func TestAStateDirectoryRemovedWhileItIsUsed(t *testing.T) {
	t.Parallel()
	s := newScene(t, fair)
	p := s.apply("state", "--in-flight", "2")
	s.prints(p, `"type":"start"`)
	s.signal(p, syscall.SIGSTOP)
	if err := s.lose("state"); err != nil {
		t.Fatal(err)
	}
	s.signal(p, syscall.SIGCONT)
	s.wait(p, 69)
	s.finish("state", nil)
}
