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
			run, err := j.Begin(b.Context(), journal.Run{Started: t0}, nil)
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

// BenchmarkReplay reads a run of 100,000 entries.
func BenchmarkReplay(b *testing.B) {
	const n = 100_000
	j, err := journal.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	run, err := j.Begin(b.Context(), journal.Run{Started: t0}, nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := j.Append(b.Context(), run.ID, numbered(0, n)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		entries, err := j.Entries(b.Context(), run.ID)
		if err != nil || len(entries) != n {
			b.Fatal(len(entries), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
}
