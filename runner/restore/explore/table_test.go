//go:build !race

// Nothing here is concurrent, and the race detector makes it ten times slower:
// make test runs this package without it.

package explore_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/restore/explore"
)

var (
	update = flag.Bool("update", false, "rewrite BARRIERS.md from what the code does, the second table with -long only; commit only what you understand")
	long   = flag.Bool("long", false, "explore within the wide bounds too, and follow more histories at random; minutes")
	random = flag.Uint64("random", 1, "what the histories at random are drawn from")
)

const document = "BARRIERS.md"

// TestBarriers holds every row to its bar, and the figures to those that are
// written down.
func TestBarriers(t *testing.T) {
	written, err := os.ReadFile(document)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := string(written)
	quick := rows(t, "quick", explore.Row.Quick)
	wide := make([]explore.Result, len(quick))
	if *long {
		wide = rows(t, "wide", explore.Row.Wide)
	}
	got := explore.Document(quick, wide)
	if !*long { // the second table is taken for right
		first, _ := cutWide(got)
		_, second := cutWide(want)
		got = first + second
	}
	if *update {
		if err := os.WriteFile(document, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs; make barriers rewrites it (-want +got):\n%s", document, diff)
	}
}

// cutWide cuts the document before its last heading.
func cutWide(text string) (before, from string) {
	i := max(0, strings.LastIndex(text, "\n## "))
	return text[:i], text[i:]
}

func rows(t *testing.T, name string, within func(explore.Row) explore.Setup) []explore.Result {
	found := make([]explore.Result, len(explore.Rows()))
	t.Run(name, func(t *testing.T) {
		for i, row := range explore.Rows() {
			t.Run(row.Off.String(), func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				r, err := explore.Explore(within(row))
				if err != nil {
					t.Fatal(err)
				}
				if err := row.Check(r); err != nil {
					t.Error(err)
				}
				t.Logf("%d histories, %d worlds in %s", r.Histories, r.Worlds, time.Since(began).Round(time.Millisecond))
				found[i] = r
			})
		}
	})
	return found
}

// TestWalks follows histories at random, with more faults and with a second
// attempt.
func TestWalks(t *testing.T) {
	n := 200
	if *long {
		n = 20_000
	}
	for _, row := range explore.Rows() {
		if row.Bad {
			continue
		}
		t.Run(row.Off.String(), func(t *testing.T) {
			t.Parallel()
			pick := explore.Mostly(rand.New(rand.NewPCG(*random, uint64(row.Off))).IntN)
			r, err := explore.NewWalker(row.Walks()).Sample(n, pick)
			if err != nil {
				t.Fatal(err)
			}
			if err := row.Check(r); err != nil {
				t.Error(err)
			}
			t.Logf("%d histories show %d", r.Histories, r.Shown)
		})
	}
}
