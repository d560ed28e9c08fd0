package runner_test

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner"
)

var cost = flag.Bool("cost", false, "measure what a run costs with up to 100,000 restores")

// TestRunningCost prints what a run costs an item in CPU time, client, emulator
// and journal included, and the heap that is in use at its end.
func TestRunningCost(t *testing.T) {
	if !*cost {
		t.Skip("takes minutes: -args -cost")
	}
	for _, shape := range []struct {
		name  string
		plans func(n int) int
	}{
		{"over 10 backup plans", func(int) int { return 10 }},
		{"each of a backup plan of its own", func(n int) int { return n }},
	} {
		for _, n := range []int{1000, 10_000, 100_000} {
			t.Run(fmt.Sprintf("%d %s", n, shape.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := plans(shape.plans(n), 2*time.Second)
					w.Speed.MinDuration = 0
					manifest := strings.Replace(restores(n, shape.plans(n)), "inFlight: 32", "inFlight: 1000", 1)
					b := newBench(t, w, manifest)
					b.client = b.newClient(1e6)
					p := b.plan()
					before := cpu(t)
					report, err := b.run(t.Context(), p, runner.Options{})
					if err != nil || report.Counts.Succeeded != n {
						t.Fatalf("got %+v, %v", report.Counts, err)
					}
					took := cpu(t) - before
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					t.Logf("%v CPU an item, %.2f calls, %d MiB in use", (took / time.Duration(n)).Round(time.Microsecond),
						float64(b.calls())/float64(n), m.HeapInuse>>20)
				})
			})
		}
	}
}

// cpu returns the time that this process has had of the processors.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
