package torture_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// tally is the counts of a report, a status or a record.
type tally struct {
	Total, Waiting, Active, Succeeded, Failed, TimedOut, Unknown, Skipped, Blocked int
}

// summaryOf returns the counts that an apply said last.
func summaryOf(p *program) (c tally, err error) {
	for line := range strings.Lines(p.stdout()) {
		var said struct {
			Type   string
			Counts tally
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			return c, fmt.Errorf("%s: %q: %w", p.name, line, err)
		}
		if said.Type == "run_summary" {
			return said.Counts, nil
		}
	}
	return c, fmt.Errorf("%s: there is no summary in what it printed\n%s", p.name, p.stderr())
}

// standing is what the command says of a state directory.
type standing struct {
	Counts tally
	Items  []struct {
		Key    plan.Key
		Phase  string
		TaskID string
	}
}

// status asks the command how a run stands.
func (s *scene) status(state string) (st standing, err error) {
	p, err := s.launch("status-"+state, s.command, "status", "--state-dir", s.path(state), "-o", "json")
	if err != nil {
		return st, err
	}
	code, err := p.wait()
	if err != nil {
		return st, err
	}
	if code != 0 {
		return st, fmt.Errorf("%s: exit status %d\n%s", p.name, code, p.stderr())
	}
	return st, json.Unmarshal([]byte(p.stdout()), &st)
}

// judge returns what the checker finds in the record and in what these state
// directories hold. It fails the test when the last apply and the status of a
// directory disagree, or a secret is in what was printed or kept.
func (s *scene) judge(last map[string]*program) []torture.Violation {
	s.t.Helper()
	e := torture.Evidence{Secrets: []string{accessKeySecret, drillPassword}, Journals: s.lost}
	for state, p := range last {
		if err := s.collect(&e, state, p); err != nil {
			s.t.Fatal(err)
		}
	}
	sum, err := s.summary()
	if err != nil {
		s.t.Fatal(err)
	}
	e.Tasks = sum.Tasks
	e.Calls = whole(e.Calls, sum.Tasks)
	s.lookForSecrets()
	return torture.Check(e)
}

// collect adds what a state directory holds to the evidence.
func (s *scene) collect(e *torture.Evidence, state string, last *program) error {
	one, err := torture.Collect(s.path("record"), s.path(state))
	if err != nil {
		return err
	}
	said, err := s.status(state)
	if err != nil {
		return err
	}
	reported, err := summaryOf(last)
	if err != nil {
		return err
	}
	if d := cmp.Diff(reported, said.Counts); d != "" || reported.Total != drillItems || len(said.Items) != drillItems {
		s.t.Errorf("%s: %d items, want %d; counts (-apply +status):\n%s", state, len(said.Items), drillItems, d)
	}
	for i := range one.Journals {
		for _, it := range said.Items {
			one.Journals[i].Outcomes = append(one.Journals[i].Outcomes, torture.Outcome{Key: it.Key, Phase: it.Phase, TaskID: it.TaskID})
		}
	}
	e.Items, e.Calls = one.Items, one.Calls
	e.Journals = append(e.Journals, one.Journals...)
	return nil
}

// whole returns a record with the numbers of one, and with the effects that an
// emulator kept but had not written down when it was killed.
func whole(calls []emulator.Entry, tasks []emulator.Task) []emulator.Entry {
	made, started := make(map[string]bool), make(map[string]int)
	for _, c := range calls {
		for _, e := range c.Effects {
			made[e.Create] = true
			started[e.Start]++
		}
	}
	for _, t := range tasks {
		parameters := map[string]string{"ClientToken": t.ClientToken}
		for name, value := range t.Parameters {
			parameters[name] = value
		}
		if !made[t.ID] {
			calls = append(calls, unwritten(emulator.Entry{At: t.Created, Operation: "CreateRestoreTask", Parameters: parameters}, "create", t.ID))
		}
		for n := started[t.ID]; n < t.Starts; n++ {
			calls = append(calls, unwritten(emulator.Entry{At: t.Started, Operation: "StartRestoreTask",
				Parameters: map[string]string{"RestoreTaskId": t.ID, "ClientToken": t.ClientToken}}, "start", t.ID))
		}
	}
	slices.SortStableFunc(calls, func(a, b emulator.Entry) int { return a.At.Compare(b.At) })
	for i := range calls {
		calls[i].Number = uint64(i + 1)
	}
	return calls
}

// unwritten returns an entry with an effect, as one that was let in.
func unwritten(e emulator.Entry, effect, id string) emulator.Entry {
	e.Account, e.AccessKeyID, e.Nonce = "1000000000000001", accessKeyID, "unwritten-"+effect+"-"+id
	if err := json.Unmarshal(fmt.Appendf(nil, `{"effects": [{%q: %q}]}`, effect, id), &e); err != nil {
		panic(err) // unreachable: it is JSON
	}
	return e
}

// lookForSecrets fails the test when a secret is in what was printed, or in a
// file that is not the world's own.
func (s *scene) lookForSecrets() {
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "world.yaml" || strings.HasPrefix(d.Name(), "emulator-") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, secret := range []string{accessKeySecret, drillPassword} {
			if bytes.Contains(text, []byte(secret)) {
				s.t.Errorf("the secret %q is in %s", secret, path)
			}
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

// showEvidence logs all that is needed to understand a failure.
func (s *scene) showEvidence() {
	for _, p := range s.processes {
		end := "does not end"
		select {
		case <-p.ended:
			end = fmt.Sprintf("ended with status %d", p.status())
		default:
		}
		s.t.Logf("== %s (process %d) %s: %s\n%s%s", p.name, p.cmd.Process.Pid, end, strings.Join(p.cmd.Args, " "), p.stdout(), p.stderr())
	}
	s.t.Logf("== record\n%s", contents(s.path("record")))
	states, err := filepath.Glob(s.path("*/journal.db"))
	if err != nil {
		panic(err) // unreachable: the pattern is well formed
	}
	for _, path := range states {
		state := filepath.Base(filepath.Dir(path))
		e, err := torture.Collect(s.path("record"), s.path(state))
		s.t.Logf("== journal in %s, %v", state, err)
		for _, j := range e.Journals {
			for i, entry := range j.Entries {
				s.t.Logf("%d %s %s %s %s", i+1, entry.At.Format("15:04:05.000"), entry.Item, entry.Kind, entry.Body)
			}
		}
	}
}
