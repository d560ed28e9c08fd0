package restore_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txt from what the code does; commit only what you understand")

// TestLives plays the lives in testdata: commands, and under each what the
// state is then and what it asks for. The commands are documented in player.do.
func TestLives(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lives in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("life differs first at %s (-want +got):\n%s", firstDifference(string(want), got), diff)
			}
		})
	}
}

// firstDifference names the first line in which two texts differ: what follows
// may only come of it.
func firstDifference(want, got string) string {
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	n := 0
	for n < min(len(wants), len(gots))-1 && wants[n] == gots[n] {
		n++
	}
	return fmt.Sprintf("line %d: got %s, want %s", n+1, strings.TrimSpace(gots[n]), strings.TrimSpace(wants[n]))
}

var epoch = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// spec returns what the restores of these tests are to be.
func spec(attempts int) restore.Spec {
	return restore.Spec{
		Item: &plan.Item{Key: "orders", Parameters: plan.Parameters{
			BackupPlanId: "dbs1plan", DestinationEndpointInstanceType: "RDS", DestinationEndpointInstanceID: "rm-1",
			RestoreObjects: `[{"DBName":"a","NewDBName":"b"}]`, RestoreTime: 1700000000000}},
		Attempts: attempts,
		Foreseen: 5,
		Identity: func(n int) plan.Attempt {
			return plan.Attempt{ClientToken: plan.Token(fmt.Sprintf("token%d", n)), RestoreTaskName: fmt.Sprintf("name%d", n)}
		},
		Policy: restore.Policy{PollInterval: 5 * time.Second, Timeout: time.Hour},
	}
}

func play(t *testing.T, script string) string {
	var out bytes.Buffer
	p := &player{t: t, now: epoch}
	for line := range strings.Lines(script) {
		if strings.HasPrefix(line, "    ") {
			continue // an output of an earlier playing
		}
		out.WriteString(line)
		if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(line, "#") {
			fmt.Fprintf(&out, "    %s\n", p.do(words))
		}
	}
	return out.String()
}

type player struct {
	t     *testing.T
	now   time.Time
	state restore.State
	saved restore.Snapshot // the last that was kept
}

// do carries out a command.
//
//	new [xx…|patient]           a restore of which nothing is known, an x per attempt; one that may take 12h
//	+DURATION                   time passes
//	intend                      the effect that Next asks for is about to be sent
//	created ID                  the create was answered
//	create-failed CLASS [WORD]  it was not, or the service said no; WORD is fatal, wait, spent or taken, or anew where no other call failed before
//	listed [ID[!][@NAME] STATUS]…  the list was read, oldest first; ! has another destination, NAME is ours unless given
//	look-failed CLASS
//	started / start-failed CLASS
//	polled [STATUS] / poll-failed CLASS
//	prechecked init|running|finish|failed
//	skip
//	look-again                  the task was seen too long ago to be started
//	resume                      a later process goes on
//	retry                       a later process goes on, and tries anew what failed
func (p *player) do(words []string) string {
	name, args := words[0], words[1:]
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	failure := &restore.Failure{Class: restore.Class(arg(0)), Code: "Code", Message: "why", Fatal: arg(1) == "fatal", Wait: arg(1) == "wait"}
	if fate := restore.Fate(arg(1)); fate == restore.Spent || fate == restore.Taken {
		failure.Token = fate
	}
	switch {
	case strings.HasPrefix(name, "+"):
		d, err := time.ParseDuration(name[1:])
		if err != nil {
			p.t.Fatal(err)
		}
		p.now = p.now.Add(d)
		return p.describe()
	case name == "new":
		s := spec(max(1, strings.Count(arg(0), "x")))
		if arg(0) == "patient" {
			s.Policy.Timeout = 12 * time.Hour
		}
		p.state = restore.New(s)
		p.saved = p.state.Snapshot
		return p.describe()
	case name == "resume", name == "retry": // by another process, which knows what was kept
		attempts := max(p.state.Spec().Attempts, p.saved.Attempt)
		if p.saved.Retries() {
			attempts = max(attempts, p.saved.Attempt+1)
		}
		loaded, err := restore.Load(spec(attempts), p.saved)
		if err != nil {
			p.t.Fatal(err)
		}
		if name == "retry" {
			loaded = loaded.Retry()
		}
		p.state = loaded.Resume()
		return p.describe()
	case name == "look-again":
		p.state = p.state.LookAgain(p.now)
		return p.describe()
	case name == "intend":
		return p.apply(p.state.Intend(p.state.Next(), p.now))
	case name == "created":
		return p.apply(restore.Event{Kind: restore.Answered, TaskID: arg(0)})
	case name == "listed":
		return p.apply(p.state.Looked(restore.NewListing(p.tasks(args))))
	case name == "polled":
		e := restore.Event{Kind: restore.Polled}
		if len(args) > 0 {
			e.Tasks = []restore.Task{{ID: p.state.TaskID, Status: restore.Status(arg(0)), RawStatus: arg(0)}}
		}
		return p.apply(e)
	case name == "prechecked":
		return p.apply(restore.Event{Kind: restore.Prechecked, Precheck: &restore.Precheck{Status: arg(0), Failed: arg(0) == "failed", Reasons: []string{"CHECK_X: no"}}})
	case name == "skip":
		return p.apply(restore.Event{Kind: restore.Skip, Failure: &restore.Failure{Code: "NeedNotMet"}})
	}
	e := restore.Event{Kind: restore.EventKind(name), Failure: failure}
	if arg(1) == "anew" {
		e.Since = p.now
	}
	return p.apply(e)
}

func (p *player) tasks(args []string) []restore.Task {
	var tasks []restore.Task
	for i := 0; i+1 < len(args); i += 2 {
		id, name, named := strings.Cut(args[i], "@")
		if !named {
			name = p.state.Identity().RestoreTaskName
		}
		id, foreign := strings.CutSuffix(id, "!")
		task := restore.Task{ID: id, Name: name, Status: restore.Status(args[i+1]), RawStatus: args[i+1],
			Created: epoch.Add(time.Duration(i) * time.Second), Parameters: &spec(1).Item.Parameters}
		task.Parameters.DestinationEndpointInstanceType = "rds"
		task.Parameters.RestoreObjects = ` [ {"NewDBName" : "b",  "DBName":"a"} ] `
		if foreign {
			task.Parameters.DestinationEndpointInstanceID = "rm-2"
		}
		tasks = append(tasks, task)
	}
	return tasks
}

func (p *player) apply(e restore.Event) string {
	e.At = p.now
	from := p.state
	to, err := from.Apply(e)
	if err != nil {
		return "error: " + err.Error()
	}
	p.state = to
	s := p.describe()
	if restore.Durable(from, to, e) {
		s += " [kept]"
		p.saved = to.Snapshot
	}
	return s
}

func (p *player) describe() string {
	s := p.state
	a := s.Next()
	var b strings.Builder
	fmt.Fprintf(&b, "%s", s.Phase)
	if s.TaskID != "" {
		fmt.Fprintf(&b, " %s", s.TaskID)
	}
	if s.Attempt > 1 {
		fmt.Fprintf(&b, " attempt %d", s.Attempt)
	}
	if len(s.Surplus) > 0 {
		fmt.Fprintf(&b, " surplus %v", s.Surplus)
	}
	fmt.Fprintf(&b, " -> %s", a.Kind)
	if wait := a.Due.Sub(p.now); wait > 0 && !s.Phase.Ended() {
		fmt.Fprintf(&b, " in %s", wait)
	}
	if !a.Since.IsZero() {
		b.WriteString(" (recent)")
	}
	if s.Phase.Ended() && s.Failure != nil {
		fmt.Fprintf(&b, " because %s", s.Failure.Code)
	}
	return b.String()
}
