package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// instant returns the demo's world in which nothing takes time.
func instant() world.World {
	w := world.Demo(time.Now())
	w.Speed = world.Speed{}
	return w
}

// finished returns an emulator with n tasks that are over, and their ids.
func finished(t testing.TB, n int) (c *caller, ids []string) {
	t.Helper()
	c = &caller{t: t, to: open(t, emulator.Options{World: instant()})}
	for i := range n {
		id := c.create("ClientToken", fmt.Sprintf("0123456789abcdef0123456789abcdef%08d", i), "RestoreTaskName", fmt.Sprintf("run-20261123-orders-%08d", i),
			"RestoreObjects", fmt.Sprintf(`[{"DBName":"orders","NewDBName":"orders_%08d"}]`, i))
		c.start(id)
		ids = append(ids, id)
	}
	return c, ids
}

// heap returns the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one only made ready to go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestATaskCostsLittleMemory(t *testing.T) {
	const n, limit = 10_000, 4 << 10
	before := heap()
	c, ids := finished(t, n)
	after := heap()
	perTask := (int64(after) - int64(before)) / n
	t.Logf("got %d bytes a task, of which its record takes a part", perTask)
	if perTask > limit {
		t.Errorf("got %d bytes a task, want at most %d", perTask, limit)
	}
	if s := c.to.(*emulator.DBS).Summary(); s.Started != n || len(ids) != n || s.Tasks[n-1].Status != "finish" {
		t.Errorf("got %d starts, want %d that are over", s.Started, n)
	}
}

// nobody is a client that looks at nothing.
type nobody struct {
	header http.Header
	bytes  int
}

func (w *nobody) Header() http.Header         { return w.header }
func (w *nobody) WriteHeader(int)             {}
func (w *nobody) Write(b []byte) (int, error) { w.bytes += len(b); return len(b), nil }

// listing and polling are what clients ask again and again.
func listing() map[string]string {
	return map[string]string{"BackupPlanId": "dbs1demomysql01", "PageSize": "100"}
}

func polling(ids []string) map[string]string {
	some := make([]string, 0, 30)
	for i := range 30 {
		some = append(some, ids[i*len(ids)/30])
	}
	return map[string]string{"RestoreTaskId": strings.Join(some, ",")}
}

// requests returns n signed requests of DescribeRestoreTaskList.
func (c *caller) requests(n int, params map[string]string) []*http.Request {
	params["Action"] = "DescribeRestoreTaskList"
	list := make([]*http.Request, n)
	for i := range list {
		c.calls++
		list[i] = httptest.NewRequest("POST", "/?"+sign("POST", params, "emulator", c.calls, time.Now()).Encode(), nil)
	}
	return list
}

// cost is what the emulator does for one request.
type cost struct{ allocs, bytes, answer uint64 }

// cost measures requests like one another.
func (c *caller) cost(params map[string]string) cost {
	c.t.Helper()
	const n = 50
	w := &nobody{header: make(http.Header)}
	for _, r := range c.requests(n, params) { // warms up
		c.to.ServeHTTP(w, r)
	}
	list := c.requests(n, params)
	w.bytes = 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, r := range list {
		c.to.ServeHTTP(w, r)
	}
	runtime.ReadMemStats(&after)
	return cost{(after.Mallocs - before.Mallocs) / n, (after.TotalAlloc - before.TotalAlloc) / n, uint64(w.bytes) / n}
}

func TestAQuestionCostsNoMoreForTheTasksThatAreOver(t *testing.T) {
	few, fewIDs := finished(t, 1_000)
	many, manyIDs := finished(t, 10_000)
	for _, tt := range []struct {
		name       string
		few, many  map[string]string
		leastBytes uint64 // of an answer with all that was asked for
	}{
		{"a list of 100 tasks", listing(), listing(), 100 * 500},
		{"a question about 30 tasks", polling(fewIDs), polling(manyIDs), 30 * 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			few, many := few.cost(tt.few), many.cost(tt.many)
			t.Logf("got %d allocations and %d bytes with 1,000 tasks, %d and %d with 10,000", few.allocs, few.bytes, many.allocs, many.bytes)
			if many.allocs > 2*few.allocs || many.bytes > 2*few.bytes {
				t.Errorf("got %+v with 10,000 tasks, want at most twice %+v", many, few)
			}
			if few.answer < tt.leastBytes || many.answer < tt.leastBytes {
				t.Errorf("got answers of %d and %d bytes, want at least %d", few.answer, many.answer, tt.leastBytes)
			}
		})
	}
}

func BenchmarkList(b *testing.B) {
	benchmark(b, func([]string) map[string]string { return listing() })
}

func BenchmarkPoll(b *testing.B) { benchmark(b, polling) }

// benchmark asks one question of emulators with more and more tasks.
func benchmark(b *testing.B, params func(ids []string) map[string]string) {
	for _, n := range []int{100, 1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			c, ids := finished(b, n)
			b.ReportAllocs()
			w := &nobody{header: make(http.Header)}
			for b.Loop() {
				b.StopTimer()
				r := c.requests(1, params(ids))[0]
				b.StartTimer()
				c.to.ServeHTTP(w, r)
			}
			if w.bytes == 0 {
				b.Error("got no answer")
			}
		})
	}
}
