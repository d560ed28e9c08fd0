package plan_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// tenants is a manifest of one restore with n rows in a CSV file.
func tenants(n int) plan.Input {
	var csv strings.Builder
	csv.WriteString("tenant,plan,instance\n")
	for i := range n {
		fmt.Fprintf(&csv, "t%06d,dbs1%06d,rm-%04d\n", i, i, i%1000)
	}
	return plan.Input{
		Manifest: &schema.Manifest{Name: "drill", Run: "slot:24h", Vars: map[string]any{"suffix": "drill"}, Restores: []schema.Restore{{
			Name: "tenants", Region: "cn-hangzhou", BackupPlanID: "{{ .each.plan }}", At: schema.At{Text: "latest"},
			Databases: []string{"tenant_*"},
			Rename:    schema.Rename{Template: "{{ .db }}_{{ .each.tenant }}_{{ .vars.suffix }}"},
			ForEach:   &schema.ForEach{CSV: "tenants.csv", Key: "tenant"},
			Destination: schema.Destination{
				InstanceType: "RDS", Region: "cn-hangzhou", InstanceID: "{{ .each.instance }}",
				UserName: "drill", Password: &schema.SecretRef{Env: "DRILL_PASSWORD"},
			},
			Labels: map[string]string{"tier": "gold"},
		}}},
		Files: map[string][]byte{"tenants.csv": []byte(csv.String())},
		Now:   time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	}
}

func BenchmarkExpand100k(b *testing.B) {
	in := tenants(100_000)
	for b.Loop() {
		if _, problems := plan.Expand(in); problems != nil {
			b.Fatal(problems)
		}
	}
}

func BenchmarkResolve100k(b *testing.B) {
	draft, problems := plan.Expand(tenants(100_000))
	if problems != nil {
		b.Fatal(problems)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	facts := plan.Facts{Now: now}
	for _, q := range draft.Questions(nil) {
		facts.Answers = append(facts.Answers, plan.BackupPlan{
			Site: q.Site, ID: q.BackupPlanID, DatabaseType: "MySQL", Databases: []string{"tenant_a", "tenant_b", "mysql"},
			Ranges: []plan.Range{{From: now.Add(-time.Hour), To: now}},
		})
	}
	for b.Loop() {
		if _, problems := draft.Resolve(facts); problems != nil {
			b.Fatal(problems)
		}
	}
}

func BenchmarkWrite100k(b *testing.B) {
	manifest, rows := fromCSV(100_000)
	p := planOffline(b, manifest, rows)
	for b.Loop() {
		if err := p.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
