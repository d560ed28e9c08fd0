package schema

import (
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkValidate20k asks of 20,000 restores whether they conform to the JSON
// Schema: of a manifest without a mistake, and by the validator that explains one
// that has any.
func BenchmarkValidate20k(b *testing.B) {
	var src bytes.Buffer
	src.WriteString("version: 1\nname: drill\nrun: r1\nrestores:\n")
	for i := range 20_000 {
		fmt.Fprintf(&src, "  - {name: r%d, region: cn-hangzhou, backupPlanId: dbs1plan, at: latest, destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-%d}}\n", i, i)
	}
	root := tree(src.Bytes())
	b.Run("good", func(b *testing.B) {
		for b.Loop() {
			if !theShape().accepts(root) {
				b.Fatal("not accepted")
			}
		}
	})
	b.Run("explained", func(b *testing.B) {
		for b.Loop() {
			if err := theValidator().Validate(root.plainValue()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
