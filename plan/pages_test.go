package plan_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema/diag"
	"github.com/dbsrestore/dbsrestore/schema/diag/diagtest"
)

// pagesWorld is what the examples meet.
const pagesWorld = `now 2026-11-23T12:00:00Z
plan cn-hangzhou/dbs1a MySQL orders billing
    source rm-source 10.0.0.9:3306
    range 2026-11-20T00:00:00Z 2026-11-23T10:00:00Z
    set set-7 2026-11-23T00:00:00Z
`

// made are the examples that are too large for a page.
var made = map[string]string{
	plan.CodeTooMany: "restores: [{name: orders, databases: [" + strings.Join(numbers(100), "a,") + "a], forEach: [" +
		strings.Join(numbers(10_001), ",") + "]}]\n",
}

func TestEveryCodeHasAPageWhoseExampleProvokesIt(t *testing.T) {
	text, err := os.ReadFile("codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, p := range plan.Pages() {
		explained = append(explained, p.Code)
		got := diagtest.Message(provoke(t, p), p.Code)
		if got == "" {
			t.Errorf("%s: its example does not provoke it: %.500v", p.Code, provoke(t, p))
		}
		if *update {
			text = diagtest.SetMessage(text, p.Code, got)
		} else if d := cmp.Diff(got, p.Block("Message")); d != "" {
			t.Errorf("%s: the message (-got +page):\n%s", p.Code, d)
		}
		if p.Title == "" || !strings.Contains(p.Text, "\nFix: ") {
			t.Errorf("%s: the page has no title, or does not say how to mend it", p.Code)
		}
	}
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(diagtest.Codes(source), explained); d != "" {
		t.Errorf("codes.go against codes.txt:\n%s", d)
	}
	if *update {
		if err := os.WriteFile("codes.txt", text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// provoke plans the example of a page.
func provoke(t *testing.T, p diag.Page) diag.List {
	t.Helper()
	_, flags, _ := strings.Cut(p.Block("Command"), " --")
	flags = strings.Replace(strings.TrimSpace(flags), " ", "=", 1)
	s := newScript(t, archive{files: map[string]string{
		"m.yaml":      whole(p.Block("Example") + made[p.Code]),
		"tenants.csv": p.Block("File tenants.csv"),
		"facts":       pagesWorld,
		"flags":       flags,
	}})
	if s.problems.HasErrors() {
		return s.problems
	}
	draft, problems := plan.Expand(s.in)
	if draft == nil {
		return problems
	}
	_, found := draft.Resolve(s.world.answer(draft))
	return append(problems, found...)
}

// whole adds to an example the keys of a manifest that it lacks.
func whole(example string) string {
	src := "version: 1\nname: drill\n" + example
	if !strings.Contains("\n"+example, "\nrestores:") {
		src += "restores: [{name: orders}]\n"
	}
	defaults := "region: cn-hangzhou, at: latest, backupPlanId: dbs1a"
	if strings.HasPrefix(example, "defaults: {") {
		return strings.Replace(src, "defaults: {", "defaults: {"+defaults+", ", 1)
	}
	if !strings.Contains(example, "databases:") {
		defaults += ", databases: [orders]"
	}
	return src + "defaults: {" + defaults + ", destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-drill, userName: drill, password: {env: P}}}\n"
}
