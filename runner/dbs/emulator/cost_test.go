package emulator_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// finished makes an emulator in which n restores were made, started and
// finished, and returns the ids of the last ones.
func finished(t testing.TB, n int) (c *caller, last []string) {
	w := world.Demo(time.Now())
	w.Speed = world.Speed{}
	c = &caller{t: t, to: open(t, emulator.Options{World: w})}
	moment := orders()["RestoreTime"]
	for i := range n {
		id := c.create("RestoreTaskName", fmt.Sprintf("rehearsal-2026-q4-orders-%06d-k3jd9sk2m4n5b6v7", i), "RestoreTime", moment,
			"ClientToken", fmt.Sprintf("%052d", i),
			"RestoreObjects", fmt.Sprintf(`[{"DBName":"orders","NewDBName":"orders_drill_2026_q4_%06d"}]`, i))
		c.start(id)
		if last = append(last, id); len(last) > 30 {
			last = last[1:]
		}
	}
	return c, last
}

// heap returns the bytes in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one's finalizers gave back
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestTenThousandTasksLiveInLessThanFourKiBEach(t *testing.T) {
	const tasks = 10_000
	synctest.Test(t, func(t *testing.T) {
		before := heap()
		c, _ := finished(t, tasks)
		each := (heap() - before) / tasks
		t.Logf("%d bytes a task, with its requests in the record", each)
		if each >= 4<<10 {
			t.Errorf("got %d bytes a task, want under 4096", each)
		}
		runtime.KeepAlive(c)
	})
}

// questions are those that a client asks again and again while restores go on.
func questions(last []string) map[string]map[string]string {
	return map[string]map[string]string{
		"listing": {"BackupPlanId": "dbs1demomysql01", "PageSize": "100"},
		"polling": {"RestoreTaskId": strings.Join(last, ",")},
	}
}

func TestListingAndPollingCostTheSameWhateverIsFinished(t *testing.T) {
	cost := func(n int) map[string]float64 {
		costs := make(map[string]float64)
		synctest.Test(t, func(t *testing.T) {
			c, last := finished(t, n)
			for name, params := range questions(last) {
				costs[name] = testing.AllocsPerRun(20, func() { c.call("DescribeRestoreTaskList", params) })
			}
		})
		return costs
	}
	few, many := cost(200), cost(10_000)
	for name := range few {
		t.Logf("%s: %.0f allocations with 200 finished tasks, %.0f with 10,000", name, few[name], many[name])
		if many[name] > 1.1*few[name] {
			t.Errorf("%s: got %.0f allocations with 10,000 finished tasks and %.0f with 200, want the same", name, many[name], few[name])
		}
	}
}

func BenchmarkDescribeRestoreTaskList(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		c, last := finished(b, n)
		for name, params := range questions(last) {
			b.Run(fmt.Sprintf("%s/finished=%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.call("DescribeRestoreTaskList", params)
				}
			})
		}
	}
}
