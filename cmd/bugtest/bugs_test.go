package bugtest

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	long = flag.Bool("long", false, "plant every bug, not a sample, and print a table")
	turn = flag.Int("turn", int(time.Now().Unix()/(24*60*60)), "which sample of the bugs to plant; another each day by default")
)

const (
	sampleSize = 8
	limit      = time.Minute // for one test with a bug in
	atOnce     = 2           // builds are under way; each takes a core
)

// TestEveryTestPassesWithoutItsBug runs the tests that the bank names as the
// code is: else a failure with the bug in would say nothing.
func TestEveryTestPassesWithoutItsBug(t *testing.T) {
	byPackage := make(map[string][]bug)
	for _, b := range bank(t) {
		byPackage[b.in] = append(byPackage[b.in], b)
	}
	for _, pkg := range slices.Sorted(maps.Keys(byPackage)) {
		var names []string
		for _, b := range byPackage[pkg] {
			name, _, _ := strings.Cut(b.test, "/")
			names = append(names, name)
		}
		slices.Sort(names)
		out, err := this.command(t.Context(), "go", "test", "-v", "-run", "^("+strings.Join(slices.Compact(names), "|")+")$", "./"+pkg)
		if err != nil {
			t.Errorf("%s: %v\n%s", pkg, err, out)
			continue
		}
		for _, b := range byPackage[pkg] {
			if !ran("--- PASS:", b.test, out) {
				t.Errorf("%s: %v: %s in %s", b.name, errMissing, b.test, pkg)
			}
		}
	}
}

// TestEveryBugIsCaught plants the bugs one by one, a sample of them without
// -long.
func TestEveryBugIsCaught(t *testing.T) {
	bugs := bank(t)
	if !*long {
		bugs = sample(bugs, *turn)
		t.Logf("%d bugs by -turn=%d; all of them: make bugs", len(bugs), *turn)
	}
	slots := make(chan struct{}, atOnce)
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			began := time.Now()
			if err := this.catch(t.Context(), b, t.TempDir(), limit); err != nil {
				t.Errorf("%s: %v", b.why, err)
				return
			}
			if *long {
				fmt.Fprintf(os.Stdout, "%-45s  %-75s %5.1f\n", b.name, b.in+"."+b.test, time.Since(began).Seconds())
			}
		})
	}
}

// sample returns some of the bugs; as many turns as it takes have them all.
func sample(bugs []bug, turn int) []bug {
	first := turn * sampleSize % len(bugs)
	return slices.Concat(bugs[first:], bugs[:first])[:min(sampleSize, len(bugs))]
}
