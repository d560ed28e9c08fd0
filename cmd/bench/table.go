package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

func machine() string {
	return fmt.Sprintf("%s/%s, %d CPUs, %s; a call takes %s, a restore %s, polls every %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(),
		latency, restoreTime, pollInterval)
}

// row is a contender's part of a table.
type row struct {
	name string
	figures
}

// medians returns the median of each figure.
func medians(of []figures) figures {
	return figures{
		makespan: median(of, func(f figures) float64 { return f.makespan }),
		effects:  median(of, func(f figures) float64 { return f.effects }),
		polls:    median(of, func(f figures) float64 { return f.polls }),
		others:   median(of, func(f figures) float64 { return f.others }),
		cpu:      median(of, func(f figures) time.Duration { return f.cpu }),
		memory:   median(of, func(f figures) float64 { return f.memory }),
		p50:      median(of, func(f figures) time.Duration { return f.p50 }),
		p99:      median(of, func(f figures) time.Duration { return f.p99 }),
		idle:     median(of, func(f figures) float64 { return f.idle }),
	}
}

func median[T cmp.Ordered](of []figures, value func(figures) T) T {
	values := make([]T, len(of))
	for i, f := range of {
		values[i] = value(f)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// reference is the contender that the others' CPU time is compared with.
const reference = "sdk"

func table(out io.Writer, j job, rounds int, rows []row) {
	fmt.Fprintf(out, "\n%d restores, %d in flight, ideal %s, medians of %d\n", j.n, j.inFlight, j.ideal(), rounds)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tmakespan/ideal\tcalls\t= effects\t+ polls\t+ others\tCPU ms\t/ sdk\tpeak MiB\tnoticed p50 ms\tp99 ms\tidle %\t")
	base := time.Duration(0)
	for _, r := range rows {
		if r.name == reference {
			base = r.cpu
		}
	}
	for _, r := range rows {
		ratio := "-"
		if base > 0 {
			ratio = fmt.Sprintf("%.2f", float64(r.cpu)/float64(base))
		}
		fmt.Fprintf(w, "%s\t%.3f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%s\t%.0f\t%d\t%d\t%.1f\t\n", r.name, r.makespan, r.effects+r.polls+r.others, r.effects, r.polls, r.others,
			float64(r.cpu)/float64(time.Millisecond), ratio, r.memory, r.p50.Milliseconds(), r.p99.Milliseconds(), 100*r.idle)
	}
	w.Flush()
}
