package plan_test

import (
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

func Example() {
	manifest, problems := schema.Parse("drill.yaml", []byte(`
version: 1
name: quarterly-drill
run: 2026-q4
restores:
  - name: orders
    region: cn-hangzhou
    backupPlanId: dbs1orders
    at: latest
    databases: ["orders*"]
    rename: "{{ .db }}_{{ .run }}"
    destination:
      instanceType: RDS
      region: cn-hangzhou
      instanceId: rm-drill
      userName: drill
      password: {env: DRILL_PASSWORD}
`))
	if problems.HasErrors() {
		fmt.Println(problems)
		return
	}

	draft, problems := plan.Expand(plan.Input{Manifest: manifest})
	if problems.HasErrors() {
		fmt.Println(problems)
		return
	}
	for _, q := range draft.Questions(nil) {
		fmt.Println("asks about", q.BackupPlanID, "in", q.Site.Region)
	}

	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p, problems := draft.Resolve(plan.Facts{Now: noon, Answers: []plan.BackupPlan{{
		Site:         plan.Site{Region: "cn-hangzhou"},
		ID:           "dbs1orders",
		DatabaseType: "MySQL",
		Databases:    []string{"customers", "orders", "orders_archive"},
		Ranges:       []plan.Range{{From: noon.AddDate(0, 0, -7), To: noon.Add(-time.Minute)}},
	}}})
	if problems.HasErrors() {
		fmt.Println(problems)
		return
	}
	for _, item := range p.Items {
		fmt.Println(item.Action, item.RestoreTaskName, "onto", item.Destination)
		for _, db := range item.Databases {
			fmt.Println("  ", db.Source, "as", db.Target)
		}
	}
	// Output:
	// asks about dbs1orders in cn-hangzhou
	// restore quarterly-drill-2026-q4-orders-rkqe3inwnpisjaab onto rm-drill
	//    orders as orders_2026-q4
	//    orders_archive as orders_archive_2026-q4
}
