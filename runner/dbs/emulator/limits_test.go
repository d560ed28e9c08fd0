package emulator_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestTheSlowestRestoreGoesOnAndNoTimeOverflows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.Demo(time.Now())
		w.Speed = world.Speed{Throughput: 1} // byte a second
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		id := c.create()
		c.start(id)
		time.Sleep(365 * 24 * time.Hour)
		if got, want := c.look(id), "running 100/6/0/0; precheck finish 100% finish finish finish"; got != want {
			t.Errorf("got %q after a year, want %q", got, want)
		}
		time.Sleep(9 * 366 * 24 * time.Hour)
		if got := c.look(id); !strings.HasPrefix(got, "finish 100/100/100/100") {
			t.Errorf("got %q after ten years, want it finished: nothing lasts longer", got)
		}
	})
}

func TestTheLogFilesOfAnOldRangeAreThoseOfAYear(t *testing.T) {
	w := world.Demo(time.Now())
	w.BackupPlans[0].Ranges = []world.Range{{From: time.Unix(0, 0)}}
	c := &caller{t: t, to: open(t, emulator.Options{World: w})}
	a := c.call("DescribeIncrementBackupList", map[string]string{"BackupPlanId": "dbs1demomysql01"})
	if a.TotalElements < 365*24 || a.TotalElements > 366*24+1 {
		t.Errorf("got %d files, want those of a year", a.TotalElements)
	}
}

func TestAnAddressCountsOnlyForTypesThatAreReachedByIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{})
		c := &caller{t: t, to: d}
		c.start(c.create())
		time.Sleep(time.Hour)
		again := c.create("DestinationEndpointIP", "10.0.0.8") // the same instance
		c.start(again)
		time.Sleep(time.Hour)
		if got := c.look(again); !strings.Contains(got, "precheck failed") {
			t.Errorf("got %q, want that the database exists", got)
		}
	})
}

// The rule of the help.
func TestSomebodyElseStopsATaskThatWasJustStarted(t *testing.T) {
	for _, tt := range []struct{ operation, where, pattern string }{
		{"StartRestoreTask", "RestoreTaskId", "s1*"},
		{"DescribeRestoreTaskList", "BackupPlanId", "dbs1*"},
	} {
		t.Run(tt.operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := slow()
				w.Faults.Rules = []world.Fault{{
					Kind: "taskChanged", Word: "stop", Operation: tt.operation, Where: map[string]string{tt.where: tt.pattern}, Count: 1,
				}}
				c := &caller{t: t, to: open(t, emulator.Options{World: w})}
				id := c.create()
				c.start(id)
				c.call("DescribeRestoreTaskList", map[string]string{"BackupPlanId": "dbs1demomysql01"})
				if got := c.task(id); got["RestoreStatus"] != "stop" || got["RestoreTaskFinishTime"] == nil {
					t.Errorf("got %v, want it stopped", got)
				}
			})
		})
	}
}
