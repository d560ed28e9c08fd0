package schema_test

import (
	"fmt"

	"github.com/dbsrestore/dbsrestore/schema"
)

func ExampleParse() {
	_, problems := schema.Parse("drill.yaml", []byte(`version: 1
name: drill
defaults:
  region: cn-hangzhou
  at: latest
  destination: {instanceType: RDS, instanceId: rm-bp1drill00001}
restores:
  - name: orders
    backupPlanId: dbs1hvb0wwexample
    databses: [orders]
`))
	for _, d := range problems {
		fmt.Println(d.Error())
		fmt.Println("hint:", d.Hint)
	}
	// Output:
	// drill.yaml:10:5: error[DBSR1020]: unknown key "databses" in restore "orders"
	// hint: did you mean "databases"?
}
