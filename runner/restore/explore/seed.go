package explore

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// Seed is a history: what is off, as a number, the fields of the bounds, and
// after another slash in which world it begins and what was chosen each time
// that there was a choice, a digit each from 0-9 and a-z.
type Seed string

const (
	alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	head     = "%d/%d.%d.%d.%d.%d.%d/"
)

// seed returns that of the history so far.
func (x *explorer) seed() Seed {
	b := x.setup.Bounds
	s := fmt.Appendf(nil, head, x.setup.Off, b.Crashes, b.Losses, b.Holds, b.Faults, b.Failures, b.Attempts)
	for _, i := range x.path {
		s = append(s, alphabet[i])
	}
	return Seed(s)
}

// Replay writes the history of a seed, a line for each thing that happens, and
// returns how it is judged. A seed may stop before its history has ended: from
// there on, what is ordinary happens.
func Replay(out io.Writer, seed Seed) (Verdict, error) {
	var s Setup
	b := &s.Bounds
	if _, err := fmt.Sscanf(string(seed), head, &s.Off, &b.Crashes, &b.Losses, &b.Holds, &b.Faults, &b.Failures, &b.Attempts); err != nil {
		return Verdict{}, fmt.Errorf("seed %q: %w: it is OFF/CRASHES.LOSSES.HOLDS.FAULTS.FAILURES.ATTEMPTS/CHOICES", seed, err)
	}
	choices := string(seed)[strings.LastIndex(string(seed), "/")+1:]
	var bad error
	wk := NewWalker(s)
	wk.out = out
	v, _, err := wk.Walk(func(n int) int {
		if choices == "" {
			return 0
		}
		i := strings.IndexByte(alphabet, choices[0])
		if i < 0 || i >= n {
			bad = fmt.Errorf("seed %s: %q is none of %d choices: the machine or its surroundings are not those that the seed was found with", seed, choices[:1], n)
			return 0
		}
		choices = choices[1:]
		return i
	})
	return v, cmp.Or(bad, err)
}
