package journal_test

import (
	"fmt"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 32} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			j, err := journal.Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			run, err := j.Begin(b.Context(), journal.Run{Started: t0})
			if err != nil {
				b.Fatal(err)
			}
			entries := numbered(0, n)
			for b.Loop() {
				if err := j.Append(b.Context(), run.ID, entries); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/entry")
		})
	}
}
