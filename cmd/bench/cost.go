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
// nor restores take time, a thousand in flight: CPU time, and how much more memory it
// has at its peak than with the smallest number. Of each there are two runs, as the
// second knows of the first.
func cost(ctx context.Context, dir string, out io.Writer) error {
	if err := build(ctx, dir); err != nil {
		return err
	}
	fmt.Fprintf(out, "%9s %7s %9s %9s %9s %12s\n", "restores", "run", "seconds", "CPU ms", "peak MiB", "KiB an item")
	least := map[string]float64{}
	for _, n := range sizes {
		sum, err := serving(ctx, job{dir: dir, n: n, inFlight: 1000, instant: true, alone: true}, func(j job) error {
			for set, key := range []string{"first", "second"} {
				j.key = key
				c := contender{name: ourName, run: ours}
				if set == 0 {
					c.set = writeManifest
				}
				f, took, err := perform(ctx, c, j)
				if err != nil {
					return err
				}
				each := "-"
				if n == sizes[0] {
					least[key] = f.memory
				} else {
					each = fmt.Sprintf("%.1f", (f.memory-least[key])*1024/float64(n-sizes[0]))
				}
				fmt.Fprintf(out, "%9d %7s %9.1f %9.2f %9.0f %12s\n", n, key, took.Seconds(), float64(f.cpu)/float64(time.Millisecond), f.memory, each)
			}
			return nil
		})
		if err == nil {
			err = check(sum, 2*n)
		}
		if err != nil {
			return fmt.Errorf("%d restores: %w", n, err)
		}
	}
	return nil
}
