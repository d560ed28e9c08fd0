package schema_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/schema"
)

// manyRestores writes out a manifest as a generator would.
func manyRestores(n int) []byte {
	var b bytes.Buffer
	b.WriteString(head + "restores:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - name: restore-%d
    backupPlanId: dbs1plan%d
    at: "2026-11-20T03:00:00+08:00"
    databases: [orders_%d, archive_%d]
    rename: "{{ .db }}_{{ .run }}"
    destination:
      instanceId: rm-%d
      port: 3306
      password: {env: DRILL_PASSWORD}
    labels: {tier: gold}
    objective: {rto: 2h}
`, i, i%500, i, i, i%100)
	}
	return b.Bytes()
}

// BenchmarkParse20k reports as "x-yaml" how many times as long Parse takes as
// yaml.v3 does to read the same source into nodes, which Parse does too.
func BenchmarkParse20k(b *testing.B) {
	src := manyRestores(20_000)
	const reads = 3
	start := time.Now()
	for range reads {
		var doc yaml.Node
		if err := yaml.Unmarshal(src, &doc); err != nil {
			b.Fatal(err)
		}
	}
	yamlTime := time.Since(start) / reads
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if m, problems := schema.Parse("m.yaml", src); m == nil {
			b.Fatal(problems)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(yamlTime), "x-yaml")
}
