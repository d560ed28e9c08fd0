package view_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
)

func manyItems(n int) *plan.Plan {
	p := newPlan()
	for i := range n {
		it := item(fmt.Sprintf("tenant-%06d", i))
		it.Destination, it.Labels = fmt.Sprintf("rm-bp1drill%05d", i%500), map[string]string{"tier": []string{"gold", "silver"}[i%2]}
		p.Items = append(p.Items, it)
	}
	return p
}

func BenchmarkPlan20k(b *testing.B) {
	p := manyItems(20_000)
	for b.Loop() {
		view.Plan(io.Discard, p, view.PlanNotes{}, view.Options{Width: 100})
	}
}

// BenchmarkFrame draws the live view, which is done four times a second.
func BenchmarkFrame20k(b *testing.B) {
	p := manyItems(20_000)
	live := view.NewLive(p, start)
	for b.Loop() {
		live.Frame(start, view.LiveNotes{}, view.Options{Width: 100, Height: 40})
	}
}
