package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

func TestAPlanIsComparedWithTheManifestAsItIsNow(t *testing.T) {
	const planned = `
version: 1
name: drill
run: slot:24h
vars: {suffix: x}
defaults: {region: cn-hangzhou, at: latest, backupPlanId: dbs1a, databases: [orders], rename: "{{ .db }}_{{ .name }}_{{ .vars.suffix }}", destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-drill, userName: u, password: {env: P}}}
restores:
  - {name: a}
  - {name: b, needs: [a], labels: {tier: gold}}
`
	draft := func(manifest, run string) *plan.Draft {
		m, problems := schema.Parse("m.yaml", []byte(manifest))
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		d, problems := plan.Expand(plan.Input{Manifest: m, Run: run, Now: moment(t, "2026-11-23T12:00:00Z")})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		return d
	}
	p, _ := draft(planned, "").Resolve(plan.Facts{Offline: true})
	for _, c := range []struct {
		name, old, now string
		want           plan.Difference
	}{
		{name: "nothing"},
		{"a comment", "version: 1", "# note\nversion: 1", plan.Difference{}},
		{"a restore more", "  - {name: a}\n", "  - {name: a}\n  - {name: c}\n", plan.Difference{Added: []plan.Key{"c"}}},
		{"a restore less", "  - {name: b, needs: [a], labels: {tier: gold}}\n", "", plan.Difference{Removed: []plan.Key{"b"}}},
		{"another name of a restore", "{name: b,", "{name: z,", plan.Difference{Added: []plan.Key{"z"}, Removed: []plan.Key{"b"}}},
		{"another moment", "{name: a}", "{name: a, at: latest-full}", plan.Difference{Changed: []plan.Key{"a"}}},
		{"a variable that is used", "suffix: x", "suffix: y", plan.Difference{Changed: []plan.Key{"a", "b"}}},
		{"a variable that is not", "suffix: x", "suffix: x, other: y", plan.Difference{}},
		{"needs", "needs: [a], ", "", plan.Difference{Changed: []plan.Key{"b"}}},
		{"a label", "tier: gold", "tier: silver", plan.Difference{Changed: []plan.Key{"b"}}},
		{"where the password is", "env: P", "env: Q", plan.Difference{Changed: []plan.Key{"a", "b"}}},
		{"that it may be in place", "{name: a}", "{name: a, allowInPlace: true}", plan.Difference{Changed: []plan.Key{"a"}}},
		{"an objective", "{name: a}", "{name: a, objective: {rto: 1h}}", plan.Difference{Changed: []plan.Key{"a"}}},
		{"the limits", "vars:", "limits: {inFlight: 3}\nvars:", plan.Difference{Rules: true}},
		{"the failure policy", "vars:", "failure: {max: 3}\nvars:", plan.Difference{Rules: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			manifest := replaceOnce(t, planned, c.old, c.now)
			if diff := cmp.Diff(c.want, p.Compare(draft(manifest, p.Run))); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func replaceOnce(t *testing.T, s, old, by string) string {
	t.Helper()
	if old == "" {
		return s
	}
	if strings.Count(s, old) != 1 {
		t.Fatalf("%q is there %d times, want once", old, strings.Count(s, old))
	}
	return strings.Replace(s, old, by, 1)
}
