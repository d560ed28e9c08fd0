package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const trialManifest = `version: 1
name: drill
vars: {suffix: drill}
defaults:
  region: cn-hangzhou
  at: latest
  backupPlanId: dbs1a
  destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-drill, userName: drill, password: {env: P}}
restores:
  - {name: plain, databases: [orders], exclude: ["*_test"]}
  - {name: template, rename: "{{ .db }}_{{ .vars.suffix }}"}
  - name: rules
    rename:
      - {match: "^(.*)_prod$", to: "${1}_{{ .vars.suffix }}"}
      - {match: "^mysql", to: "my.sql"}
  - {name: rows, forEach: [a, b, c], rename: "{{ .each }}_{{ .db | substr 0 3 }}"}
  - {name: fails, rename: "{{ index (splitList \"_\" .db) 1 }}"}
`

func TestNamesAreTried(t *testing.T) {
	m, problems := schema.Parse("m.yaml", []byte(trialManifest))
	if m == nil {
		t.Fatal(problems)
	}
	for _, tt := range []struct {
		only, name, databaseType string
		left                     int
		want                     []plan.Trial
	}{
		{"plain", "orders", "", 0, []plan.Trial{{Item: "plain", Name: "orders", Target: "orders"}}},
		{"plain", "billing", "", 0, []plan.Trial{{Item: "plain", Name: "billing", Target: "billing", Skipped: "databases does not name it"}}},
		{"template", "orders", "", 0, []plan.Trial{{Item: "template", Name: "orders", Target: "orders_drill", By: "{{ .db }}_{{ .vars.suffix }}", Pos: pos(11, 30)}}},
		{"template", "sys", "MySQL", 0, []plan.Trial{{Item: "template", Name: "sys", Target: "sys_drill", By: "{{ .db }}_{{ .vars.suffix }}", Pos: pos(11, 30), Skipped: "sys is a system database"}}},
		{"rules", "orders_prod", "", 0, []plan.Trial{{Item: "rules", Name: "orders_prod", Target: "orders_drill", By: "^(.*)_prod$", Rule: 1, Pos: pos(14, 9)}}},
		{"rules", "mysql2", "", 0, []plan.Trial{{Item: "rules", Name: "mysql2", Target: "my.sql", By: "^mysql", Rule: 2, Pos: pos(15, 9)}}},
		{"rules", "mysql2", "MySQL", 0, []plan.Trial{{Item: "rules", Name: "mysql2", Target: "my.sql", By: "^mysql", Rule: 2, Pos: pos(15, 9), Code: plan.CodeName, Refused: "it holds '.'"}}},
		{"rules", "x", "", 0, []plan.Trial{{Item: "rules", Name: "x", Target: "x"}}},
		{"rows", "orders", "", 1, []plan.Trial{
			{Item: "rows[a]", Name: "orders", Target: "a_ord", By: "{{ .each }}_{{ .db | substr 0 3 }}", Pos: pos(16, 46)},
			{Item: "rows[b]", Name: "orders", Target: "b_ord", By: "{{ .each }}_{{ .db | substr 0 3 }}", Pos: pos(16, 46)},
		}},
	} {
		d, problems := plan.Expand(plan.Input{Manifest: m, Only: []plan.Key{plan.Key(tt.only)}})
		if d == nil {
			t.Fatal(problems)
		}
		got, left := d.Try([]string{tt.name}, tt.databaseType, 2)
		if diff := cmp.Diff(tt.want, got); diff != "" || left != tt.left {
			t.Errorf("%s in %s: left %d, -want +got:\n%s", tt.name, tt.only, left, diff)
		}
	}
	d, _ := plan.Expand(plan.Input{Manifest: m, Only: []plan.Key{"fails"}})
	if got, _ := d.Try([]string{"x"}, "", 1); got[0].Code != plan.CodeExecute || got[0].Target != "" {
		t.Errorf("got %+v, want that the template fails", got)
	}
}

func pos(line, col int) diag.Pos { return diag.Pos{File: "m.yaml", Line: line, Col: col} }
