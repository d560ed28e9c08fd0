package report_test

import (
	"io"
	"testing"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
)

func BenchmarkHTML20k(b *testing.B) {
	r := report.New(drill(20_000))
	for b.Loop() {
		if err := report.HTML(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
