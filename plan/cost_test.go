package plan_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

var cost = flag.Bool("cost", false, "measure what planning costs at 1,000 to 100,000 items, and print it")

// The same restores in two forms. Entries are as in examples/rehearsal.yaml,
// with what differs from one to the next in each and the rest under defaults.
const (
	costHead = `version: 1
name: rehearsal
run: first
defaults:
  region: cn-hangzhou
  destination:
    instanceType: RDS
    region: cn-hangzhou
    userName: restore
    password: {env: STAGING_PASSWORD}
restores:
`
	costRow = `  - name: tenant-%06[1]d
    backupPlanId: dbs1plan%06[1]d
    at: "2026-11-20T03:00:00+08:00"
    databases: [orders_%06[1]d, archive_%06[1]d]
    rename: "{{ .db }}_{{ .name | replace \"-\" \"_\" }}"
    destination:
      instanceId: rm-staging%04[2]d
    labels:
      tier: gold
      team: team-%02[3]d
`
	costForEach = `  - name: tenants
    backupPlanId: "{{ .each.plan }}"
    at: "2026-11-20T03:00:00+08:00"
    databases: ["orders_{{ .each.tenant }}", "archive_{{ .each.tenant }}"]
    rename: "{{ .db }}_tenant_{{ .each.tenant }}"
    destination:
      instanceId: "{{ .each.instance }}"
    labels:
      tier: gold
      team: "{{ .each.team }}"
    forEach: {csv: tenants.csv, key: tenant}
`
)

var costNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// writtenOut is a manifest of n restores.
func writtenOut(n int) []byte {
	var b bytes.Buffer
	b.WriteString(costHead)
	for i := range n {
		fmt.Fprintf(&b, costRow, i, i%1000, i%20)
	}
	return b.Bytes()
}

// fromCSV is the same as one restore over a CSV file.
func fromCSV(n int) (manifest, rows []byte) {
	var b bytes.Buffer
	b.WriteString("tenant,plan,instance,team\n")
	for i := range n {
		fmt.Fprintf(&b, "%06[1]d,dbs1plan%06[1]d,rm-staging%04[2]d,team-%02[3]d\n", i, i%1000, i%20)
	}
	return []byte(costHead + costForEach), b.Bytes()
}

// planOffline goes the whole way, from the bytes of a manifest to those of a plan
// file, which go nowhere.
func planOffline(tb testing.TB, manifest, rows []byte) *plan.Plan {
	tb.Helper()
	m, problems := schema.Parse("m.yaml", manifest)
	if m == nil {
		tb.Fatal(problems)
	}
	draft, problems := plan.Expand(plan.Input{Manifest: m, Files: map[string][]byte{"tenants.csv": rows}, Now: costNow})
	if draft == nil {
		tb.Fatal(problems)
	}
	p, problems := draft.Resolve(plan.Facts{Now: costNow, Offline: true})
	if p == nil {
		tb.Fatal(problems)
	}
	if err := p.Write(io.Discard); err != nil {
		tb.Fatal(err)
	}
	return p
}

// yamlNodes is what planning is measured against: the same bytes into nodes.
func yamlNodes(tb testing.TB, src []byte) *yaml.Node {
	tb.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		tb.Fatal(err)
	}
	return &doc
}

// Allocations are counted, not timed, so that the bounds hold on a busy machine:
// a third above what is measured. Who passes them should run make bench-plan.
func TestPlanningAnItemAllocatesLittleAndTheSameAtAnySize(t *testing.T) {
	for _, c := range []struct {
		name  string
		most  uint64 // allocations of an item
		input func(n int) (manifest, rows []byte)
	}{
		{"written out", 185, func(n int) ([]byte, []byte) { return writtenOut(n), nil }},
		{"CSV", 58, fromCSV},
	} {
		t.Run(c.name, func(t *testing.T) {
			of := func(n int) float64 {
				manifest, rows := c.input(n)
				planOffline(t, manifest, rows) // compiles the schema
				return float64(allocations(func() { planOffline(t, manifest, rows) })) / float64(n)
			}
			few, many := of(500), of(5000)
			if many > float64(c.most) {
				t.Errorf("got %.0f allocations of an item, want at most %d", many, c.most)
			}
			if many > 1.1*few {
				t.Errorf("got %.0f allocations of an item of 5,000, want at most a tenth more than the %.0f of an item of 500", many, few)
			}
		})
	}
}

// TestPlanningCost prints what planning costs: make bench-plan. Times are the
// medians of five rounds, and in each round yaml.v3 and the planner take turns:
// cold, with all memory still to be had from the system, as a command plans once;
// warm, when the same was done just before. "beyond" is the most that is live at any time, less what is live before
// (the input) and what the finished plan holds. "file" is the size of the plan
// file, which is written and not held.
func TestPlanningCost(t *testing.T) {
	if !*cost {
		t.Skip("it takes minutes, and wants the machine to itself: make bench-plan")
	}
	out := tabwriter.NewWriter(t.Output(), 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "per item:\titems\tof yaml.v3's time\tµs\tyaml.v3 µs\twarm: of its time\tµs\tyaml.v3 µs\tallocations\tbytes beyond\tbytes of the plan\tof the file\t")
	for _, n := range []int{1_000, 10_000, 20_000, 100_000} {
		src := writtenOut(n)
		measure(t, src, src, nil).print(out, "written out", n)
		manifest, rows := fromCSV(n)
		measure(t, src, manifest, rows).print(out, "CSV", n)
	}
	out.Flush()
}

// use is what planning took.
type use struct {
	cold, warm         times
	allocs             uint64
	plan, beyond, file uint64 // bytes
}

// times are medians, in nanoseconds.
type times struct{ ratio, planning, reading float64 }

func (t times) print(w io.Writer, n int) {
	fmt.Fprintf(w, "%.2f\t%.1f\t%.1f\t", t.ratio, t.planning/float64(n)/1e3, t.reading/float64(n)/1e3)
}

func (u use) print(w io.Writer, name string, n int) {
	each := func(v uint64) uint64 { return v / uint64(n) }
	fmt.Fprintf(w, "%s\t%d\t", name, n)
	u.cold.print(w, n)
	u.warm.print(w, n)
	fmt.Fprintf(w, "%d\t%d\t%d\t%d\t\n", each(u.allocs), each(u.beyond), each(u.plan), each(u.file))
}

// measure plans a manifest and reads the one that is written out.
func measure(t *testing.T, written, manifest, rows []byte) (u use) {
	read, planned := func() { yamlNodes(t, written) }, func() { planOffline(t, manifest, rows) }
	u.cold, u.warm = turns(cold, read, planned), turns(warm, read, planned)
	u.allocs = allocations(func() { planOffline(t, manifest, rows) })

	input := live()
	var p *plan.Plan
	peak := peakLive(func() { p = planOffline(t, manifest, rows) })
	u.plan = live() - input
	u.beyond = peak - input - u.plan
	file, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	u.file = uint64(len(file))
	runtime.KeepAlive([][]byte{written, manifest, rows})
	return u
}

// turns times the two in turns, each from the same state.
func turns(from func(work func()), read, plan func()) times {
	var ratios, plannings, readings []float64
	for range 6 {
		from(read)
		reading := timeOf(read)
		from(plan)
		planning := timeOf(plan)
		ratios, plannings, readings = append(ratios, planning/reading), append(plannings, planning), append(readings, reading)
	}
	return times{median(ratios[1:]), median(plannings[1:]), median(readings[1:])} // the first warms up what is made once
}

func cold(func()) { debug.FreeOSMemory() }

func warm(work func()) {
	work()
	runtime.GC()
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

func timeOf(work func()) float64 {
	start := time.Now()
	work()
	return float64(time.Since(start))
}

func allocations(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

// live returns the bytes of the heap that are in use.
func live() uint64 {
	runtime.GC()
	return marked()
}

// marked returns the bytes that the last garbage collection found in use.
func marked() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peakLive returns the most bytes that any garbage collection found in use
// during the work. One runs whenever the heap has grown by a twentieth.
func peakLive(work func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(time.Millisecond):
				most = max(most, marked())
			}
		}
	}()
	work()
	close(stop)
	return <-peak
}
