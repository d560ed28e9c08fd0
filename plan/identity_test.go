package plan_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// declared is a manifest of one restore that uses every field.
func declared() schema.Manifest {
	return schema.Manifest{
		Name: "quarterly-drill", Run: "2026-q4", Vars: map[string]any{"suffix": "drill", "other": int64(1)},
		Restores: []schema.Restore{{
			Name: "orders", Region: "cn-hangzhou", Profile: "prod-reader", BackupPlanID: "dbs1orders",
			At: schema.At{Text: "latest"}, Databases: []string{"orders"}, Exclude: []string{"test_*"},
			Rename: schema.Rename{Template: "{{ .db }}_{{ .vars.suffix }}"},
			Destination: schema.Destination{
				InstanceType: "dg", Region: "cn-beijing", InstanceID: "dg-1", IP: "10.0.0.1", Port: "3306",
				DatabaseName: "postgres", UserName: "drill", Password: &schema.SecretRef{Env: "DRILL_PASSWORD"},
				OracleSID: "ORCL", BackupGatewayID: "23210001", RestoreDir: "/data", RestoreHome: "/usr",
			},
			DuplicateConflict: "renamenew", CrossAccount: &schema.CrossAccount{AliyunID: "100", RoleName: "dbs"}, OwnerID: "7",
			Labels: map[string]string{"tier": "gold"}, Objective: &schema.Objective{RTO: 2 * 3600e9},
		}},
	}
}

func firstItem(t *testing.T, m schema.Manifest) (*plan.Plan, plan.Item) {
	t.Helper()
	p := offline(t, plan.Input{Manifest: &m})
	return p, p.Items[0]
}

// offline plans without asking.
func offline(t testing.TB, in plan.Input) *plan.Plan {
	t.Helper()
	draft, problems := plan.Expand(in)
	if draft == nil {
		t.Fatal(problems)
	}
	p, problems := draft.Resolve(plan.Facts{Offline: true})
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

// Another value here means that runs which have begun cannot be resumed by
// this version without making their restore tasks again.
func TestIdentityNeverChanges(t *testing.T) {
	p, item := firstItem(t, declared())
	for _, want := range []struct {
		attempt     int
		token, name string
	}{
		{1, "ulahbectdxnm5plqjwedslhf4wdfkkdt22omqld6p3mum4qdenzq", "quarterly-drill-2026-q4-orders-ulahbectdxnm5plq"},
		{2, "np4jzam7vqi33afx3r3zjusmtjpvpyitkvjtoqpxbz7dit7qf62q", "quarterly-drill-2026-q4-orders-np4jzam7vqi33afx"},
	} {
		got := item.Attempt(p, want.attempt)
		if string(got.ClientToken) != want.token || got.RestoreTaskName != want.name {
			t.Errorf("attempt %d: got {%d, %q, %q}", want.attempt, want.attempt, got.ClientToken, got.RestoreTaskName)
		}
	}
	if first := item.Attempt(p, 1); first.ClientToken != item.ClientToken || first.RestoreTaskName != item.RestoreTaskName {
		t.Errorf("got first attempt %v, want that of the item: %s %s", first, item.ClientToken, item.RestoreTaskName)
	}
}

func TestIdentityRestsOnWhatIsDeclared(t *testing.T) {
	_, item := firstItem(t, declared())
	r := func(change func(*schema.Restore)) func(*schema.Manifest) {
		return func(m *schema.Manifest) { change(&m.Restores[0]) }
	}
	for _, tt := range []struct {
		name    string
		changes bool
		change  func(*schema.Manifest)
	}{
		{"manifest name", true, func(m *schema.Manifest) { m.Name = "other" }},
		{"run key", true, func(m *schema.Manifest) { m.Run = "2027-q1" }},
		{"a var that the rename uses", true, func(m *schema.Manifest) { m.Vars["suffix"] = "test" }},
		{"a var that nothing uses", false, func(m *schema.Manifest) { m.Vars["other"] = int64(2) }},
		{"limits", false, func(m *schema.Manifest) { m.Limits.InFlight = 99 }},
		{"failure", false, func(m *schema.Manifest) { m.Failure.Attempts = 9 }},
		{"another restore", false, func(m *schema.Manifest) {
			extra := m.Restores[0]
			extra.Name, extra.Databases = "zebra", []string{"zebra"}
			m.Restores = append(m.Restores, extra)
		}},
		{"restore name", true, r(func(r *schema.Restore) { r.Name = "orders2" })},
		{"region", true, r(func(r *schema.Restore) { r.Region = "cn-beijing" })},
		{"profile", false, r(func(r *schema.Restore) { r.Profile = "other" })},
		{"backupPlanId", true, r(func(r *schema.Restore) { r.BackupPlanID = "dbs1other" })},
		{"at", true, r(func(r *schema.Restore) { r.At.Text = "latest-full" })},
		{"at as restoreTime", true, r(func(r *schema.Restore) { r.At = schema.At{RestoreTime: "1795000000000"} })},
		{"at as backupSetId", true, r(func(r *schema.Restore) { r.At = schema.At{BackupSetID: "1ib01"} })},
		{"databases", true, r(func(r *schema.Restore) { r.Databases = []string{"orders", "more"} })},
		{"exclude", true, r(func(r *schema.Restore) { r.Exclude = nil })},
		{"rename", true, r(func(r *schema.Restore) { r.Rename.Template = "{{ .db }}" })},
		{"rename by rules", true, r(func(r *schema.Restore) { r.Rename = schema.Rename{Rules: []schema.RenameRule{{Match: "x", To: "y"}}} })},
		{"labels", false, r(func(r *schema.Restore) { r.Labels = nil })},
		{"objective", false, r(func(r *schema.Restore) { r.Objective = nil })},
		{"allowInPlace", false, r(func(r *schema.Restore) { r.AllowInPlace = true })},
		{"duplicateConflict", true, r(func(r *schema.Restore) { r.DuplicateConflict = "" })},
		{"crossAccount", true, r(func(r *schema.Restore) { r.CrossAccount = nil })},
		{"ownerId", true, r(func(r *schema.Restore) { r.OwnerID = "" })},
		{"where the password is", false, r(func(r *schema.Restore) { r.Destination.Password = &schema.SecretRef{File: "/run/secrets/x"} })},
		{"instanceType", true, r(func(r *schema.Restore) {
			r.Destination = schema.Destination{InstanceType: "Other", IP: "10.0.0.1", Port: "3306"}
		})},
		{"destination region", true, r(func(r *schema.Restore) { r.Destination.Region = "" })},
		{"instanceId", true, r(func(r *schema.Restore) { r.Destination.InstanceID = "dg-2" })},
		{"ip", true, r(func(r *schema.Restore) { r.Destination.IP = "10.0.0.2" })},
		{"port", true, r(func(r *schema.Restore) { r.Destination.Port = "3307" })},
		{"databaseName", true, r(func(r *schema.Restore) { r.Destination.DatabaseName = "x" })},
		{"userName", true, r(func(r *schema.Restore) { r.Destination.UserName = "x" })},
		{"oracleSid", true, r(func(r *schema.Restore) { r.Destination.OracleSID = "x" })},
		{"backupGatewayId", true, r(func(r *schema.Restore) { r.Destination.BackupGatewayID = "1" })},
		{"restoreDir", true, r(func(r *schema.Restore) { r.Destination.RestoreDir = "x" })},
		{"restoreHome", true, r(func(r *schema.Restore) { r.Destination.RestoreHome = "x" })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := declared()
			tt.change(&m)
			if _, got := firstItem(t, m); (got.ClientToken != item.ClientToken) != tt.changes {
				t.Errorf("got token %s, was %s; want a change: %v", got.ClientToken, item.ClientToken, tt.changes)
			}
		})
	}
}

func TestNamesThatJoinToTheSameHaveTokensOfTheirOwn(t *testing.T) {
	type names struct {
		manifest, run string
		key           plan.Key
		attempt       int
	}
	tokens := make(map[plan.Token]names)
	for _, n := range []names{
		{"ab", "c", "d", 1}, {"a", "bc", "d", 1}, {"a", "b", "cd", 1},
		{"m", "r", "x", 11}, {"m", "r", "x1", 1}, {"m", "rx", "1", 1},
	} {
		p := &plan.Plan{Manifest: plan.ManifestRef{Name: n.manifest}, Run: n.run}
		token := plan.Item{Key: n.key}.Attempt(p, n.attempt).ClientToken
		if other, ok := tokens[token]; ok {
			t.Errorf("%+v and %+v have one token", n, other)
		}
		tokens[token] = n
	}
}

func TestIdentitySeesEveryWayToUseAVar(t *testing.T) {
	for _, rename := range []string{
		"{{ .db }}{{ .vars.suffix }}",
		"{{ .db }}{{ $.vars.suffix }}",
		"{{ .db }}{{ (.vars).suffix }}",
		"{{ .db }}{{ with .vars }}{{ .suffix }}{{ end }}",
		"{{ .db }}{{ $v := .vars }}{{ $v.suffix }}",
		`{{ .db }}{{ index .vars "suffix" }}`,
		"{{ $d := . }}{{ .db }}{{ $d.vars.suffix }}",
		`{{ if eq .db "orders" }}x{{ else }}{{ .vars.suffix }}{{ end }}`,
		`{{ with "x" }}{{ . }}{{ else }}{{ .vars.suffix }}{{ end }}{{ .db }}`,
	} {
		m := declared()
		m.Restores[0].Rename.Template = rename
		_, before := firstItem(t, m)
		m.Vars["suffix"] = "test"
		if _, after := firstItem(t, m); before.Declared == after.Declared {
			t.Errorf("%s: the declaration is the same for another var", rename)
		}
	}
}

func TestTaskNamesAreAsTheServiceTakesThem(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	m := declared()
	m.Run = "夜/night 1"
	m.Restores[0].ForEach = &schema.ForEach{Values: []string{"a", "日本語", strings.Repeat("x", 200)}}
	m.Restores[0].Rename.Template = "{{ .db }}{{ .each | trunc 5 }}"
	p := offline(t, plan.Input{Manifest: &m})
	tokens := map[plan.Token]bool{}
	for _, item := range p.Items {
		for n := range 3 {
			a := item.Attempt(p, n+1)
			if tokens[a.ClientToken] {
				t.Errorf("%s attempt %d: the token is there already", item.Key, n+1)
			}
			tokens[a.ClientToken] = true
			if !form.MatchString(a.RestoreTaskName) || !strings.HasSuffix(a.RestoreTaskName, "-"+string(a.ClientToken[:16])) {
				t.Errorf("%s: got task name %q for token %s", item.Key, a.RestoreTaskName, a.ClientToken)
			}
			if len(a.ClientToken) != 52 {
				t.Errorf("got a token of %d characters, want 52", len(a.ClientToken))
			}
		}
	}
}
