package explore

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Column is something that a history may show.
type Column int

// The columns.
const (
	Duplicate     Column = iota // two tasks of one attempt were created
	DoubleStarted               // two tasks were started, the first of which had not failed
	Untracked                   // a task is named in no journal and no last state, and none says unknown
	Unknown                     // a process ended as unknown: the price of safety
	Columns                     // how many there are
)

// String names the column.
func (c Column) String() string {
	return [...]string{"duplicate created", "double started", "untracked", "unknown"}[c]
}

// Result is what an exploration has found.
type Result struct {
	Histories uint64
	Shown     [Columns]uint64 // how many histories show a column
	Worlds    int             // different ones in which there was a choice
	First     [Columns]Seed   // of the first history that shows a column, "" for none
}

type explorer struct {
	setup Setup
	spec  restore.Spec
	procs int // how many processes there are
	nodes nodes
	fresh *node // nothing is known
	plain bool  // follow every history by itself

	path  []byte // the choices that lead to the present world
	first [Columns]Seed
	past  map[string]tally // by world
	key   []byte           // of the present world
}

// tally counts the histories that begin in a world.
type tally struct {
	histories uint64
	shown     [Columns]uint64
}

func newExplorer(s Setup) *explorer {
	x := &explorer{setup: s, spec: s.spec(), procs: s.processes(), past: map[string]tally{}}
	x.nodes.known = map[string]*node{}
	x.fresh = x.nodes.of(restore.New(x.spec))
	return x
}

// Explore follows all histories of a setup. The same setup gives the same
// result. An error is a history in which the machine took something for
// impossible that happened.
func Explore(s Setup) (Result, error) { return newExplorer(s).explore() }

func (x *explorer) explore() (Result, error) {
	var sum tally
	for i, w := range x.setup.worlds() {
		x.path = append(x.path[:0], byte(i))
		t, err := x.follow(w)
		if err != nil {
			return Result{}, fmt.Errorf("seed %s: %w", x.seed(), err)
		}
		if err := sum.add(t); err != nil {
			return Result{}, err
		}
	}
	return Result{sum.histories, sum.shown, len(x.past), x.first}, nil
}

// follow counts the histories that begin in w.
func (x *explorer) follow(w world) (tally, error) {
	var buffer [32]choice
	all, err := x.untilChoice(&w, buffer[:0])
	if err != nil {
		return tally{}, err
	}
	if len(all) == 0 {
		return x.judge(&w), nil
	}
	x.key = w.appendKey(x.key[:0])
	if t, ok := x.past[string(x.key)]; ok {
		return t, nil
	}
	key := string(x.key)
	var sum tally
	for i, c := range all {
		next := w
		x.path = append(x.path, byte(i))
		if err := x.act(&next, c); err != nil {
			return tally{}, err
		}
		t, err := x.follow(next)
		if err != nil {
			return tally{}, err
		}
		x.path = x.path[:len(x.path)-1]
		if err := sum.add(t); err != nil {
			return tally{}, err
		}
	}
	if !x.plain {
		x.past[key] = sum
	}
	return sum, nil
}

// untilChoice goes on while only one thing can happen. It returns what may
// happen then, nothing at the end of a history.
func (x *explorer) untilChoice(w *world, buffer []choice) ([]choice, error) {
	for {
		all := x.choices(w, buffer)
		if len(all) != 1 {
			return all, nil
		}
		if err := x.act(w, all[0]); err != nil {
			return nil, err
		}
	}
}

var errUncountable = errors.New("more than 2^64 histories: explore narrower bounds")

func (t *tally) add(other tally) error {
	var carry uint64
	if t.histories, carry = bits.Add64(t.histories, other.histories, 0); carry != 0 {
		return errUncountable
	}
	for c := range Columns {
		t.shown[c] += other.shown[c]
	}
	return nil
}

// judge counts the one history that ends in w.
func (x *explorer) judge(w *world) tally {
	t := tally{histories: 1}
	for c, shown := range x.verdict(w) {
		if !shown {
			continue
		}
		t.shown[c] = 1
		if x.first[c] == "" {
			x.first[c] = x.seed()
		}
	}
	return t
}

// Verdict says which columns a history shows.
type Verdict [Columns]bool

func (x *explorer) verdict(w *world) Verdict {
	var v Verdict
	known := w.journals[0].tasks | w.journals[1].tasks
	for p := range x.procs {
		n := w.procs[p].node
		known |= x.named(n)
		v[Unknown] = v[Unknown] || n.state.Phase == restore.Unknown
	}
	for i, t := range w.tasks {
		if t.attempt == 0 {
			break
		}
		v[Untracked] = v[Untracked] || known&(1<<i) == 0
		for _, u := range w.tasks[:i] {
			v[Duplicate] = v[Duplicate] || t.attempt == u.attempt
			v[DoubleStarted] = v[DoubleStarted] || doubleStarted(t, u)
		}
	}
	v[Untracked] = v[Untracked] && !v[Unknown]
	return v
}

// doubleStarted reports whether both tasks were started, and not the one after
// the other had failed for another attempt.
func doubleStarted(t, u task) bool {
	if !t.started || !u.started {
		return false
	}
	if t.attempt < u.attempt {
		t, u = u, t
	}
	return t.attempt == u.attempt || !u.failedBy(t.begun)
}
