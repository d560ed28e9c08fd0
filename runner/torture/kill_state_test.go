package torture_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// done carries the drill out once, undisturbed.
func (s *scene) done(state string) {
	s.t.Helper()
	s.wait(s.apply(state), 0)
}

// copied makes a copy of a state directory.
func (s *scene) copied(from, to string) {
	s.t.Helper()
	if err := os.CopyFS(s.path(to), os.DirFS(s.path(from))); err != nil {
		s.t.Fatal(err)
	}
	files, err := os.ReadDir(s.path(to))
	if err != nil {
		s.t.Fatal(err)
	}
	s.chmod(to, 0o700) // whatever the umask
	for _, f := range files {
		s.chmod(to+"/"+f.Name(), 0o600)
	}
}

// change writes over a file.
func (s *scene) change(name string, with func([]byte) []byte) {
	s.t.Helper()
	data, err := os.ReadFile(s.path(name))
	if err == nil {
		err = os.WriteFile(s.path(name), with(data), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// flip returns a function that flips a bit of one byte.
func flip(random *rand.Rand) func([]byte) []byte {
	return func(data []byte) []byte {
		data[random.IntN(len(data))] ^= 1 << random.IntN(8)
		return data
	}
}

// spoiled are state directories made of that of a run that is over, so that
// whoever took one for that of a new run would restore everything again.
var spoiled = []struct {
	name   string
	spoil  func(s *scene, state string)
	status int
	says   string // on stderr
}{
	{"a journal of zero bytes is as none: what exists is adopted", func(s *scene, state string) {
		s.change(state+"/journal.db", func([]byte) []byte { return nil })
	}, 0, ""},
	{"a journal cut within its header", func(s *scene, state string) {
		s.change(state+"/journal.db", func(data []byte) []byte { return data[:90] })
	}, 69, "not a journal|damaged"},
	{"a journal cut within a page", func(s *scene, state string) {
		s.change(state+"/journal.db", func(data []byte) []byte { return data[:len(data)/2-7] })
	}, 69, "damaged"},
	{"a journal with another magic", func(s *scene, state string) {
		s.change(state+"/journal.db", func(data []byte) []byte { return append([]byte("s"), data[1:]...) })
	}, 69, "not a journal of dbsrestore"},
	{"a journal of a newer version", func(s *scene, state string) {
		s.change(state+"/journal.db", func(data []byte) []byte { binary.BigEndian.PutUint32(data[60:], 99); return data })
	}, 69, "written by a newer dbsrestore: it has format 99"},
	{"a journal that others can read", func(s *scene, state string) {
		s.chmod(state+"/journal.db", 0o644)
	}, 69, "others may use it"},
	{"a directory that others can write to", func(s *scene, state string) {
		s.chmod(state, 0o777)
	}, 69, "others may write to it"},
	{"a file in place of the directory", func(s *scene, state string) {
		if err := os.RemoveAll(s.path(state)); err != nil {
			s.t.Fatal(err)
		}
		s.write(state, "")
	}, 69, "it is not a directory"},
}

func TestStateThatIsNotTrusted(t *testing.T) {
	t.Parallel()
	s := newScene(t, fair)
	s.done("whole")
	for i, test := range spoiled {
		state := fmt.Sprintf("spoiled-%d", i)
		s.copied("whole", state)
		test.spoil(s, state)
		p := s.nothingNew(state, test.status)
		if !regexp.MustCompile(test.says).MatchString(p.stderr()) {
			t.Errorf("%s: %q is not on stderr:\n%s", test.name, test.says, p.stderr())
		}
	}
}

func TestAStateDirectoryThatNobodyCanWriteTo(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes everywhere")
	}
	t.Parallel()
	s := newScene(t, fair)
	if err := os.Mkdir(s.path("state"), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.chmod("state", 0o700) })
	if p := s.nothingNew("state", 69); !strings.Contains(p.stderr(), "permission denied") {
		t.Errorf("stderr does not say why:\n%s", p.stderr())
	}
}

// nothingNew fails the test unless an apply ends with a status, and asks for no
// create.
func (s *scene) nothingNew(state string, status int) *program {
	s.t.Helper()
	before := s.asked()
	p := s.apply(state)
	s.wait(p, status)
	if n := s.asked() - before; n != 0 {
		s.t.Fatalf("%s: %d creates were asked for, want none", p.name, n)
	}
	return p
}

func (s *scene) chmod(name string, mode os.FileMode) {
	s.t.Helper()
	if err := os.Chmod(s.path(name), mode); err != nil {
		s.t.Fatal(err)
	}
}

var refusal = regexp.MustCompile(`: (damaged|not a journal of dbsrestore|written by a newer dbsrestore): `)

func TestAJournalWithAFlippedBitIsRefusedOrTheSame(t *testing.T) {
	t.Parallel()
	s := newScene(t, fair)
	s.done("whole")
	before := s.asked()
	refused, flips := 0, 12
	if *long {
		flips = 200
	}
	for n := range flips {
		state := fmt.Sprintf("flipped-%d", n)
		s.copied("whole", state)
		s.change(state+"/journal.db", flip(rand.New(rand.NewPCG(uint64(n), 1))))
		p := s.apply(state)
		status, err := p.wait()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case status == 69 && refusal.MatchString(p.stderr()):
			refused++
		case status != 0 || p.stderr() != "":
			t.Errorf("flip %d: got exit status %d, want 0, or 69 and what is wrong\n%s", n, status, p.stderr())
		}
		if s.asked() != before {
			t.Fatalf("flip %d: %d creates were asked for, want none", n, s.asked()-before)
		}
	}
	t.Logf("%d of %d flips were refused, the others made no difference", refused, flips)
}

// What a killed process left beside the journal is not a part of it until the
// next one has taken it over.
func TestAKilledRunWithDamageInWhatItHadNotMergedYet(t *testing.T) {
	rounds := 3
	if *long {
		rounds = 20
	}
	for n := range rounds {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, fair)
			p := s.apply("state")
			s.prints(p, []string{`"type":"create"`, `"type":"start"`, `"type":"done"`}[n%3])
			s.signal(p, syscall.SIGKILL)
			s.wait(p, -int(syscall.SIGKILL))
			s.copied("state", "evidence") // reading it may merge it
			if err := s.keep("evidence"); err != nil {
				t.Fatal(err)
			}
			s.change("state/journal.db-wal", flip(rand.New(rand.NewPCG(uint64(n), 2))))
			s.finish("state", nil)
		})
	}
}

// notRecorded is how a task is told of that the journal could not take.
const notRecorded = "restore task %s of %s exists and is not recorded"

func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	s := newScene(t, fair)
	printed := 0
	step := 80
	if *long {
		step = 20
	}
	for blocks := 0; blocks <= 320; blocks += step { // of 512 bytes, for each file
		before := s.asked()
		line := s.applyLine("state")
		p, err := s.launch(fmt.Sprintf("limited-%d", blocks), append([]string{"sh", "-c", `ulimit -f "$0"; exec "$@"`, fmt.Sprint(blocks)}, line...)...)
		if err != nil {
			t.Fatal(err)
		}
		s.wait(p, 69)
		if !strings.Contains(p.stdout(), `"type":"run_start"`) && s.asked() != before {
			t.Errorf("with %d blocks: refused, but %d creates were asked for", blocks, s.asked()-before)
		}
		printed += s.recordedOrPrinted(p)
	}
	t.Logf("%d tasks were printed as not recorded", printed)
	s.finish("state", nil)
}

// recordedOrPrinted fails the test unless every task that an apply said it made
// is in its journal, or was printed at its end. It returns how many were.
func (s *scene) recordedOrPrinted(p *program) (printed int) {
	s.t.Helper()
	made := regexp.MustCompile(`"type":"create".*"key":"([^"]*)".*"taskId":"([^"]*)"`).FindAllStringSubmatch(p.stdout(), -1)
	if len(made) == 0 {
		return 0
	}
	e, err := torture.Collect(s.path("record"), s.path("state"))
	if err != nil {
		s.t.Fatal(err)
	}
	var kept strings.Builder
	for _, j := range e.Journals {
		for _, entry := range j.Entries {
			kept.Write(entry.Body)
		}
	}
	for _, m := range made {
		switch key, id := m[1], m[2]; {
		case strings.Contains(p.stderr(), fmt.Sprintf(notRecorded, id, key)):
			printed++
		case !strings.Contains(kept.String(), `"`+id+`"`):
			s.t.Errorf("%s: task %s of %s is not in the journal and was not printed\n%s", p.name, id, key, p.stderr())
		}
	}
	return printed
}
