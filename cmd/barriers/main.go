// Command barriers prints what can come of a restore whose barriers fail.
//
//	barriers                   the tables, as Markdown; takes minutes
//	barriers -seed SEED        one history, step by step
//	barriers -walks N          N histories at random of every row without a planted fault
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore/explore"
)

func main() {
	seed := flag.String("seed", "", "print the history of this `seed`")
	walks := flag.Int("walks", 0, "follow `n` histories at random of every row")
	random := flag.Uint64("random", 1, "`number` from which the random ones are drawn")
	flag.Parse()
	var err error
	switch {
	case *seed != "":
		_, err = explore.Replay(os.Stdout, explore.Seed(*seed))
	case *walks > 0:
		err = walk(os.Stdout, *walks, *random)
	default:
		err = table(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "barriers:", err)
		os.Exit(1)
	}
}

// table prints both tables even if the bar is missed, which is the error.
func table(out io.Writer) error {
	quick, missed, err := results("quick", explore.Row.Quick)
	if err != nil {
		return err
	}
	wide, missedWide, err := results("wide", explore.Row.Wide)
	if err != nil {
		return err
	}
	fmt.Fprint(out, explore.Document(quick, wide))
	return cmp.Or(missed, missedWide)
}

func results(name string, within func(explore.Row) explore.Setup) (found []explore.Result, missed, err error) {
	for _, row := range explore.Rows() {
		began := time.Now()
		r, err := explore.Explore(within(row))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", row.Off, err)
		}
		fmt.Fprintf(os.Stderr, "%s, %s: %d histories in %s\n", name, row.Off, r.Histories, time.Since(began).Round(time.Millisecond))
		if err := row.Check(r); err != nil && missed == nil {
			missed = err
		}
		found = append(found, r)
	}
	return found, missed, nil
}

func walk(out io.Writer, n int, random uint64) error {
	for _, row := range explore.Rows() {
		if row.Bad {
			continue
		}
		began := time.Now()
		pick := explore.Mostly(rand.New(rand.NewPCG(random, uint64(row.Off))).IntN)
		r, err := explore.NewWalker(row.Walks()).Sample(n, pick)
		if err != nil {
			return fmt.Errorf("%s: %w", row.Off, err)
		}
		fmt.Fprintf(out, "%s: %d histories in %s: %d duplicate created, %d double started, %d untracked, %d unknown\n", row.Off, r.Histories,
			time.Since(began).Round(time.Millisecond), r.Shown[explore.Duplicate], r.Shown[explore.DoubleStarted], r.Shown[explore.Untracked], r.Shown[explore.Unknown])
		if err := row.Check(r); err != nil {
			return err
		}
	}
	return nil
}
