package emulator_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestDemoRestoresEveryPlanInOneToFourSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{})
		c := &caller{t: t, to: d}
		for _, plan := range world.Demo(time.Now()).BackupPlans {
			var objects []map[string]string
			for _, db := range plan.Databases {
				objects = append(objects, map[string]string{"DBName": db.Name})
			}
			list, err := json.Marshal(objects)
			if err != nil {
				t.Fatal(err)
			}
			c.start(c.create("BackupPlanId", plan.ID, "RestoreObjects", string(list), "RestoreTime", "",
				"BackupSetId", plan.Sets(time.Now())[6].ID, "DestinationEndpointDatabaseName", "admin",
				"DestinationEndpointInstanceID", fmt.Sprint("drill-", plan.ID)))
		}
		time.Sleep(4 * time.Second)
		for _, task := range d.Summary().Tasks {
			if took := task.Finished.Sub(task.Started); task.Status != "finish" || took < time.Second {
				t.Errorf("got %s of %s after %v, want finish after one to four seconds", task.Status, task.BackupPlanID, took)
			}
		}
	})
}
