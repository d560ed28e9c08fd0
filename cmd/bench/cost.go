package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// sizes are the numbers of restores whose costs are measured.
var sizes = []int{1000, 10_000, 30_000, 100_000}

// cost prints what an item costs dbsrestore, journal included, when neither calls
// nor restores take time, a thousand in flight: CPU time, and how much more
// memory it has at its peak than with the smallest number.
func cost(ctx context.Context, dir string, out io.Writer) error {
	if err := build(ctx, dir); err != nil {
		return err
	}
	fmt.Fprintf(out, "%9s %9s %9s %9s %12s\n", "restores", "seconds", "CPU ms", "peak MiB", "KiB an item")
	base := 0.0
	for _, n := range sizes {
		j := job{dir: dir, n: n, inFlight: 1000, instant: true}
		cmd, took, _, err := perform(ctx, contender{name: ourName, set: writeManifest, run: ours}, j)
		if err != nil {
			return fmt.Errorf("%d restores: %w", n, err)
		}
		var f figures
		f.spend(cmd, j)
		each := "-"
		if base > 0 {
			each = fmt.Sprintf("%.1f", (f.memory-base)*1024/float64(n-sizes[0]))
		} else {
			base = f.memory
		}
		fmt.Fprintf(out, "%9d %9.1f %9.2f %9.0f %12s\n", n, took.Seconds(), float64(f.cpu)/float64(time.Millisecond), f.memory, each)
	}
	return nil
}
