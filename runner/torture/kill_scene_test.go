package torture_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// scene is an emulator in a process of its own, and the runs against it.
type scene struct {
	t        *testing.T
	command  string
	dir      string // everything is in it; -artifacts keeps it
	endpoint string // where the emulator serves
	front    string // where the command is told that it does

	mu        sync.Mutex
	processes []*program
	emulator  *program
	starts    int // of the emulator
	lost      []torture.Journal
}

// newScene starts an emulator of a weather.
func newScene(t *testing.T, w weather) *scene {
	t.Helper()
	path, err := builtCommand()
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, command: path, dir: t.ArtifactDir()}
	s.write("world.yaml", string(w.file()))
	s.write("manifest.yaml", drill)
	t.Cleanup(func() {
		if t.Failed() {
			s.showEvidence()
		}
	})
	if err := s.serve("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.front = s.endpoint
	return s
}

func (s *scene) path(name string) string { return filepath.Join(s.dir, name) }

func (s *scene) write(name, text string) {
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

var endpointLine = regexp.MustCompile(`DBSRESTORE_ENDPOINT=(\S+)`)

// serve starts the emulator, with the tasks and the record that it had.
func (s *scene) serve(listen string) error {
	s.starts++
	p, err := s.launch(fmt.Sprintf("emulator-%d", s.starts), s.command, "emulator", "-q", "--listen", listen, "--time-scale", "2",
		"--world", s.path("world.yaml"), "--record", s.path("record"), "--data", s.path("data"))
	if err != nil {
		return err
	}
	if err := p.prints("/_emulator/"); err != nil {
		return err
	}
	s.emulator, s.endpoint = p, endpointLine.FindStringSubmatch(p.stdout())[1]
	return nil
}

// restart kills the emulator, and starts it again after a while at its place.
func (s *scene) restart(after time.Duration) error {
	if err := s.emulator.signal(syscall.SIGKILL); err != nil {
		return err
	}
	if _, err := s.emulator.wait(); err != nil {
		return err
	}
	<-time.After(after)
	return s.serve(strings.TrimPrefix(s.endpoint, "http://"))
}

// launch starts a command line in the environment of the tests.
func (s *scene) launch(name string, line ...string) (*program, error) {
	p, err := launch(s.t.Context(), s.path(name), []string{
		"PATH=" + filepath.Dir(s.command) + ":" + os.Getenv("PATH"), "HOME=" + s.dir, "DRILL_PASSWORD=" + drillPassword,
		"ALIBABA_CLOUD_ACCESS_KEY_ID=" + accessKeyID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + accessKeySecret,
		"ALIBABA_CLOUD_ECS_METADATA_DISABLED=true", // a test asks nobody outside this machine
	}, line...)
	if err == nil {
		s.mu.Lock()
		s.processes = append(s.processes, p)
		s.mu.Unlock()
	}
	return p, err
}

// applyLine is the command line of an apply with a state directory.
func (s *scene) applyLine(state string, more ...string) []string {
	return append([]string{s.command, "apply", "-f", s.path("manifest.yaml"), "--yes", "--endpoint", s.front,
		"--state-dir", s.path(state), "-o", "json"}, more...)
}

// apply starts an apply with a state directory.
func (s *scene) apply(state string, more ...string) *program {
	s.t.Helper()
	s.mu.Lock()
	name := fmt.Sprintf("apply-%02d", len(s.processes))
	s.mu.Unlock()
	p, err := s.launch(name, s.applyLine(state, more...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// wait fails the test unless the process ends with one of the statuses.
func (s *scene) wait(p *program, want ...int) {
	s.t.Helper()
	got, err := p.wait()
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.Contains(want, got) {
		s.t.Fatalf("%s: got exit status %d, want %v\n%s", p.name, got, want, p.stderr())
	}
}

// prints fails the test unless the process prints a text.
func (s *scene) prints(p *program, text string) {
	s.t.Helper()
	if err := p.prints(text); err != nil {
		s.t.Fatal(err)
	}
}

// signal fails the test when the signal cannot be sent.
func (s *scene) signal(p *program, sig syscall.Signal) {
	s.t.Helper()
	if err := p.signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// summary asks the emulator what it has.
func (s *scene) summary() (sum emulator.Summary, err error) {
	q, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.endpoint+emulator.AdminPath+"tasks", nil)
	if err != nil {
		return sum, err
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return sum, err
	}
	defer answer.Body.Close()
	return sum, json.NewDecoder(answer.Body).Decode(&sum)
}

// asked returns how many creates have reached the emulator since it started.
func (s *scene) asked() int {
	s.t.Helper()
	sum, err := s.summary()
	if err != nil {
		s.t.Fatal(err)
	}
	return sum.Calls["CreateRestoreTask"]
}

// keep takes what a state directory holds as evidence of what was sent, before
// it is lost.
func (s *scene) keep(state string) error {
	e, err := torture.Collect(s.path("record"), s.path(state))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range e.Journals {
		j.Lost = true
		s.lost = append(s.lost, j)
	}
	return nil
}

// lose removes a state directory.
func (s *scene) lose(state string) error {
	if err := s.keep(state); err != nil {
		return err
	}
	return os.RemoveAll(s.path(state))
}
