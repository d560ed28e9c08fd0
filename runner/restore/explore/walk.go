package explore

import (
	"fmt"
	"io"
)

// Walker follows single histories of a setup, for bounds within which there
// are too many to follow all.
type Walker struct {
	x   *explorer
	out io.Writer // of the steps; nil for none
}

// NewWalker returns a Walker. It is not safe for concurrent use.
func NewWalker(s Setup) *Walker { return &Walker{x: newExplorer(s)} }

// maxNodes bounds the states that a Walker remembers between histories.
const maxNodes = 1 << 15

// Walk follows one history. Pick returns which of n things happens, the
// ordinary ones first: 0 is a history in which nothing goes wrong. Walk
// returns how the history is judged, and its seed.
func (wk *Walker) Walk(pick func(n int) int) (Verdict, Seed, error) {
	x := wk.x
	if len(x.nodes.known) > maxNodes {
		clear(x.nodes.known)
	}
	worlds := x.setup.worlds()
	x.path = append(x.path[:0], byte(pick(len(worlds))))
	w := worlds[x.path[0]]
	wk.print(func() string { return x.beginning(&w) })
	var buffer [32]choice
	for {
		all := x.choices(&w, buffer[:0])
		if len(all) == 0 {
			v := x.verdict(&w)
			wk.print(func() string { return x.end(&w, v) })
			return v, x.seed(), nil
		}
		i := 0
		if len(all) > 1 {
			i = pick(len(all))
			x.path = append(x.path, byte(i))
		}
		before := w
		if err := x.act(&w, all[i]); err != nil {
			return Verdict{}, x.seed(), fmt.Errorf("seed %s: %w", x.seed(), err)
		}
		wk.print(func() string { return x.step(&before, &w, all[i]) })
	}
}

func (wk *Walker) print(line func() string) {
	if wk.out != nil {
		fmt.Fprintln(wk.out, line())
	}
}

// Sample follows n histories and counts what they show.
func (wk *Walker) Sample(n int, pick func(n int) int) (Result, error) {
	var r Result
	for range n {
		v, seed, err := wk.Walk(pick)
		if err != nil {
			return r, err
		}
		r.Histories++
		for c, shown := range v {
			if !shown {
				continue
			}
			if r.Shown[c]++; r.Shown[c] == 1 {
				r.First[c] = seed
			}
		}
	}
	return r, nil
}

// Mostly returns a pick that lets ordinary things happen seven times out of
// eight, and else anything: otherwise all that may go wrong would do so at the
// beginning. Intn returns a number below n at random.
func Mostly(intn func(n int) int) func(n int) int {
	return func(n int) int {
		if intn(8) > 0 {
			return 0
		}
		return intn(n)
	}
}
