package starter_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/starter"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// expand reads a manifest that must be valid.
func expand(t *testing.T, text []byte) (*schema.Manifest, *plan.Plan) {
	t.Helper()
	m, problems := schema.Parse("m.yaml", text)
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	d, problems := plan.Expand(plan.Input{Manifest: m, Now: now})
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	p, problems := d.Resolve(plan.Facts{Now: now, Offline: true})
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	return m, p
}

func TestTheBlankManifestIsValidAndExplainsItself(t *testing.T) {
	text := starter.Blank()
	if _, p := expand(t, text); len(p.Items) != 3 {
		t.Errorf("got %d items, want 3", len(p.Items))
	}
	for _, want := range []string{"\n# Run key: names one carrying-out", "\n    # Restores, or single items such as tenants[acme]"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	for line := range strings.Lines(string(text)) {
		if len(line) > 101 {
			t.Errorf("a line is too long: %s", line)
		}
	}
}

// forged are names that would be something else in a manifest, were they written
// as they are.
var forged = []string{
	"a\n  - name: evil\n    backupPlanId: dbsevil", "# x\r\nrestores: []", `"'{{ .db }}'"`, "a\u2028- name: evil", "\u202edcba",
	"x: &a *b !!str |", "a\u0085b", "\x1b[2J", "…", "", "9lives", strings.Repeat("n", 300), "\xff\xfe", "..", "<<.Name>>", "订单",
}

func TestNamesFromTheServiceForgeNothing(t *testing.T) {
	var plans []plan.BackupPlan
	for i, name := range forged {
		plans = append(plans, plan.BackupPlan{ID: fmt.Sprintf("dbs%d", i), Site: plan.Site{Region: "cn-hangzhou"}, Name: name, DatabaseType: name, Databases: forged})
	}
	plans = append(plans, plan.BackupPlan{ID: "dbs\n- evil", Site: plan.Site{Region: "cn-hangzhou"}, Name: "bad id"})
	restores := starter.Restores(plans)
	restores[3].Reason = "gone\n- name: evil"
	text := starter.Manifest(restores)
	m, p := expand(t, text)
	if len(m.Restores) != len(forged)-1 || len(p.Items) != len(m.Restores) {
		t.Errorf("got %d restores, want %d:\n%s", len(m.Restores), len(forged)-1, text)
	}
	legal := regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	for i, r := range m.Restores {
		if !legal.MatchString(r.Name) || !strings.HasPrefix(r.BackupPlanID, "dbs") || strings.Contains(r.BackupPlanID, "evil") {
			t.Errorf("restore %d is %+v", i, r)
		}
	}
	for line := range strings.Lines(string(text)) {
		if strings.ContainsAny(line, "\r\x1b\u2028\u202e\u0085") || !utf8.ValidString(line) {
			t.Errorf("a line is not inert: %q", line)
		}
	}
}

func TestEqualNamesAreTold(t *testing.T) {
	long := strings.Repeat("n", 80)
	var plans []plan.BackupPlan
	for _, name := range []string{"Orders", "orders", "orders!", "orders-2", long, long} {
		plans = append(plans, plan.BackupPlan{ID: "dbs1", Name: name})
	}
	var got []string
	for _, r := range starter.Restores(plans) {
		got = append(got, r.Name)
	}
	want := []string{"orders", "orders-2", "orders-3", "orders-2-2", long[:63], long[:61] + "-2"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestScalarsStayText(t *testing.T) {
	restores := starter.Restores([]plan.BackupPlan{
		{ID: "12345", Name: "null", Site: plan.Site{Region: "cn-hangzhou"}},
		{ID: "1e5", Name: "true", Site: plan.Site{Region: "cn-hangzhou"}, DatabaseType: "postgresql"},
		{ID: "0x1F", Name: "y", Site: plan.Site{Region: "cn-hangzhou"}, DatabaseType: "MongoDB"},
		{ID: "dbs1", Name: "legacy", Site: plan.Site{Region: "cn-hangzhou"}, DatabaseType: "oracle"},
	})
	m, _ := expand(t, starter.Manifest(restores))
	for i, want := range []string{"12345", "1e5", "0x1F", "dbs1"} {
		if got := m.Restores[i].BackupPlanID; got != want {
			t.Errorf("got the id %q, want %q", got, want)
		}
	}
}
