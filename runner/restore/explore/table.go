package explore

import (
	"fmt"
	"strconv"
	"strings"
)

// Document returns BARRIERS.md: the results of all [Rows] in their order, found
// within the quick bounds and the wide ones.
func Document(quick, wide []Result) string {
	return intro + quickHeading + table(quick) + wideHeading + table(wide)
}

func table(found []Result) string {
	var b strings.Builder
	b.WriteString("| off | histories | worlds | duplicate created | double started | untracked | unknown |\n")
	b.WriteString("|---|---:|---:|---:|---:|---:|---:|\n")
	for i, r := range Rows() {
		f := found[i]
		fmt.Fprintf(&b, "| %s | %s | %s |", r, thousands(f.Histories), thousands(uint64(f.Worlds)))
		for c, n := range f.Shown {
			cell := thousands(n)
			if r.Bad && r.About == Column(c) {
				cell = "**" + cell + "**"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// String names what is off, and why it is planted.
func (r Row) String() string {
	if !r.Bad {
		return r.Off.String()
	}
	return fmt.Sprintf("*%s*: %s", r.Off, r.Why)
}

// thousands writes a number with commas.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// intro stands before the tables of BARRIERS.md.
const intro = `# What comes of a restore whose barriers fail

Made by ` + "`make barriers`" + `; a test compares it with what the code does. What is explored, and what
is not, is said in the documentation of this package.

A *history* is a maximal sequence of choices: which process is next, which request or reply is lost,
delayed or refused, who dies when. *Worlds* are the different situations in which there was a choice:
what comes of each is followed once, and counted as often as it is reached.

- *duplicate created*: two tasks were made for one attempt.
- *double started*: two tasks were started, and the first had not failed.
- *untracked*: a task is named in no journal and no last state, and nobody says unknown.
- *unknown*: the restore ended as unknown, the price of safety.

The bar: with nothing or one barrier off the first three are 0, with two off nothing is started twice.
In the last rows a fault is planted in what the machine is shown, or in what is kept of it; the bold
figure must not be 0, which proves that the exploration can see.

- *token ignored*, *token forgotten*: the service does not know client tokens, or for 10 minutes only.
- *journal*: a process that dies may lose its journal.
- *lock*: two processes at a time, with a journal each or one for both.
- *list*: the service cuts names, so that a task is found by its id only.
- *lag*: the list lags by more than the machine allows for; otherwise it lags by nothing, or just by that.
- *earliest*: the list shows a process its own task only, or else the one last made.
`

// quickHeading and wideHeading stand before the two tables of BARRIERS.md.
const (
	quickHeading = "\n## Two faults, or two processes and one fault\n\nA fault is a crash, a call that goes wrong, or a process that is held while something else happens.\n\n"
	wideHeading  = "\n## Three faults, or two processes, a crash and a hold\n\n"
)
