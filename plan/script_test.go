package plan_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

var update = flag.Bool("update", false, "rewrite what the tests want; commit only differences that are understood and desired")

// TestScripts plans the manifests of testdata and compares the whole outcome.
// An archive holds m.yaml, the CSV files it names, "facts" as newWorld reads
// them, "flags" as words, and "want"; "then" are the facts when the plan is to be
// carried out.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := readArchive(string(text))
			got := newScript(t, a).run(t)
			if *update {
				a.files["want"] = got
				if err := os.WriteFile(file, []byte(a.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(a.files["want"], got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

type script struct {
	in       plan.Input
	problems diag.List // of the manifest itself
	world    world
	then     *world // nil when nobody asks whether the plan is stale
}

func newScript(t *testing.T, a archive) script {
	t.Helper()
	s := script{in: plan.Input{Files: map[string][]byte{}, Vars: map[string]string{}, Selector: map[string]string{}}}
	for name, text := range a.files {
		s.in.Files[name] = []byte(text)
	}
	s.world = newWorld(t, a.files["facts"])
	if text, ok := a.files["then"]; ok {
		w := newWorld(t, text)
		s.then = &w
	}
	s.in.Now = s.world.facts.Now
	s.in.Manifest, s.problems = schema.Parse("m.yaml", s.in.Files["m.yaml"])
	for _, word := range strings.Fields(a.files["flags"]) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "run":
			s.in.Run = value
		case "only":
			s.in.Only = append(s.in.Only, plan.Key(value))
		case "var":
			k, v, _ := strings.Cut(value, "=")
			s.in.Vars[k] = v
		case "selector":
			k, v, _ := strings.Cut(value, "=")
			s.in.Selector[k] = v
		case "offline":
			s.world.facts.Offline = true
		default:
			t.Fatalf("no flag %q", name)
		}
	}
	return s
}

// run plans twice, as the same input must give the same plan, and prints the
// outcome.
func (s script) run(t *testing.T) string {
	t.Helper()
	if s.problems.HasErrors() {
		return "manifest refused\n" + printProblems(s.problems)
	}
	draft, problems := plan.Expand(s.in)
	if draft == nil {
		return "expand refused\n" + printProblems(problems)
	}
	facts := s.world.answer(draft)
	first, found := draft.Resolve(facts)
	second, _ := draft.Resolve(facts)
	if first == nil {
		return "resolve refused\n" + printProblems(append(problems, found...))
	}
	data, err := first.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := second.Encode(); err != nil || string(again) != string(data) {
		t.Errorf("the second plan of the same facts differs (%v)", err)
	}
	decoded, err := plan.Decode(data)
	if err != nil {
		t.Fatalf("the plan cannot be read back: %v", err)
	}
	return printQuestions(draft, facts.History) + printProblems(append(problems, found...)) + printPlan(decoded) + s.stale(draft, decoded)
}

// stale prints what of a plan is stale by then.
func (s script) stale(d *plan.Draft, p *plan.Plan) string {
	if s.then == nil {
		return ""
	}
	facts := s.then.answer(d)
	for _, it := range p.Items { // what was sent is what was planned, unless it is said otherwise
		if k, ok := facts.History[it.Key]; ok && k.Parameters.BackupSetId == "" {
			k.Parameters, k.Databases = it.Parameters, it.Databases
			facts.History[it.Key] = k
		}
	}
	var b strings.Builder
	b.WriteString("then\n" + printQuestions(p, facts.History))
	for _, stale := range p.Stale(facts) {
		fmt.Fprintf(&b, "stale %s: %s\n", stale.Key, stale.Why)
	}
	return b.String()
}

func printProblems(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s\n", d.Error())
		if d.Hint != "" {
			fmt.Fprintf(&b, "    %s\n", d.Hint)
		}
	}
	return b.String()
}

// asker is a draft or a plan.
type asker interface {
	Questions(known map[plan.Key]plan.Known) []plan.Question
	GatewaySites(known map[plan.Key]plan.Known) []plan.Site
}

func printQuestions(d asker, history map[plan.Key]plan.Known) string {
	var b strings.Builder
	for _, q := range d.Questions(history) {
		fmt.Fprintf(&b, "? %s/%s", q.Site.Region, q.BackupPlanID)
		if q.Latest {
			b.WriteString(" latest")
		}
		if q.Ranges {
			b.WriteString(" ranges")
		}
		if q.BackupSets {
			b.WriteString(" sets")
		}
		b.WriteString("\n")
	}
	for _, s := range d.GatewaySites(history) {
		fmt.Fprintf(&b, "? %s gateways\n", s.Region)
	}
	return b.String()
}

func printPlan(p *plan.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s\n", p.Run)
	for _, i := range p.Items {
		fmt.Fprintf(&b, "%s %s -> %s", i.Action.Symbol(), i.Key, i.Destination)
		if ms := i.Parameters.RestoreTime; ms != 0 {
			fmt.Fprintf(&b, " at %s", time.UnixMilli(ms).UTC().Format(time.RFC3339))
		}
		if id := i.Parameters.BackupSetId; id != "" {
			fmt.Fprintf(&b, " at backup set %s", id)
		}
		if len(i.Needs) > 0 {
			fmt.Fprintf(&b, " needs %v", i.Needs)
		}
		b.WriteString("\n")
		for _, db := range i.Databases {
			fmt.Fprintf(&b, "    %s as %s\n", db.Source, db.Target)
		}
		for _, line := range []struct{ name, text string }{{"because", i.Reason}, {"objects", i.Parameters.RestoreObjects}} {
			if line.text != "" {
				fmt.Fprintf(&b, "    %s: %s\n", line.name, line.text)
			}
		}
		for _, w := range i.Warnings {
			fmt.Fprintf(&b, "    warning: %s\n", w)
		}
		for _, o := range i.Open {
			fmt.Fprintf(&b, "    open: %s\n", o)
		}
	}
	return b.String()
}
