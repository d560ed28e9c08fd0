// Command bench restores the same databases from the same emulator by dbsrestore
// and by what people would use instead, and prints how they compare.
//
//	bench                        the table; takes hours
//	bench -n 200 -rounds 3       a shorter one
//	bench -only dbsrestore,sdk   of these alone
//	bench -cost                  what dbsrestore costs an item, up to 100,000
//
// Every measurement has an emulator process of its own: each call takes 20 ms,
// each restore 2 s. Contenders take turns, round by round.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
)

func main() {
	n := flag.String("n", "200,2000", "`numbers` of restores")
	inFlight := flag.String("in-flight", "16,64", "`numbers` of restores at a time")
	ours := flag.Int("ours", 10000, "number of restores that dbsrestore alone is measured with, 0 for none")
	rounds := flag.Int("rounds", 5, "measurements of each; their medians are printed")
	only := flag.String("only", "", "`names` of contenders; all when empty")
	costs := flag.Bool("cost", false, "measure what dbsrestore costs an item, with calls and restores that take no time: minutes")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *costs {
		exit(inDir(func(dir string) error { return cost(ctx, dir, os.Stdout) }))
	}
	o := options{numbers(*n), numbers(*inFlight), *ours, *rounds, strings.FieldsFunc(*only, isComma)}
	exit(inDir(func(dir string) error { return bench(ctx, dir, o) }))
}

func isComma(r rune) bool { return r == ',' }

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func numbers(list string) (all []int) {
	for _, word := range strings.FieldsFunc(list, isComma) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			exit(fmt.Errorf("%q is not a number of restores", word))
		}
		all = append(all, n)
	}
	return all
}

// known refuses a name that no contender has.
func known(names []string) error {
	var all []string
	for _, c := range contenders() {
		all = append(all, c.name)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no contender %q; there are %s", name, strings.Join(all, ", "))
		}
	}
	return nil
}

// options are what is measured.
type options struct {
	n, inFlight  []int
	ours, rounds int
	only         []string // names of contenders
}

// inDir calls f with a directory that is gone after it.
func inDir(f func(dir string) error) error {
	dir, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return f(dir)
}

func bench(ctx context.Context, dir string, o options) error {
	if err := known(o.only); err != nil {
		return err
	}
	if err := build(ctx, dir); err != nil {
		return err
	}
	chosen := slices.DeleteFunc(contenders(), func(c contender) bool {
		return len(o.only) > 0 && !slices.Contains(o.only, c.name)
	})
	fmt.Println(machine())
	for _, c := range chosen {
		if c.absent != "" {
			fmt.Printf("left out: %s (%s)\n", c.name, c.absent)
		}
	}
	chosen = slices.DeleteFunc(chosen, func(c contender) bool { return c.absent != "" })
	for _, n := range o.n {
		for _, k := range o.inFlight {
			if err := compare(ctx, job{dir: dir, n: n, inFlight: k}, chosen, o.rounds); err != nil {
				return err
			}
		}
	}
	if i := slices.IndexFunc(chosen, func(c contender) bool { return c.name == ourName }); o.ours > 0 && i >= 0 {
		return compare(ctx, job{dir: dir, n: o.ours, inFlight: slices.Max(o.inFlight), alone: true}, chosen[i:i+1], 1)
	}
	return nil
}

// compare measures the contenders in turns and prints their medians.
func compare(ctx context.Context, j job, chosen []contender, rounds int) error {
	found := make([][]figures, len(chosen))
	for range rounds {
		for i, c := range chosen {
			f, err := measure(ctx, c, j)
			if err != nil {
				return fmt.Errorf("%s, %d restores, %d in flight: %w", c.name, j.n, j.inFlight, err)
			}
			found[i] = append(found[i], f)
		}
	}
	rows := make([]row, len(chosen))
	for i, c := range chosen {
		rows[i] = row{c.name, medians(found[i])}
	}
	table(os.Stdout, j, rounds, rows)
	return nil
}
