package explore

import "fmt"

// Row is a row of the table of barriers: what is off, and what must come of it.
type Row struct {
	Off   Off
	Bad   bool // a fault is planted, so that the exploration must show About
	About Column
	Why   string // of a planted fault
}

// bars are the barriers, each of which is tried alone and with each other.
const bars = 7

// Rows returns the rows of the table: nothing off, each barrier, each pair of
// them, and the planted faults, which show that an exploration can see.
func Rows() []Row {
	rows := []Row{{}}
	for i := range bars {
		rows = append(rows, Row{Off: 1 << i})
	}
	for i := range bars {
		for j := i + 1; j < bars; j++ {
			if pair := Off(1<<i | 1<<j); pair != TokenIgnored|TokenForgotten {
				rows = append(rows, Row{Off: pair})
			}
		}
	}
	return append(rows, planted...)
}

var planted = []Row{
	{FreshToken | NoList, true, Duplicate, "a token for each try, and no look before the next"},
	{NoList, true, Unknown, "no look ever shows anything"},
	{TokenIgnored | FirstIntentOnly, true, Duplicate, "the journal does not know of the last try"},
	{TokenIgnored | SettleFromFirst, true, Duplicate, "the wait counts from the first try"},
	{TokenIgnored | Unfenced, true, Duplicate, "requests outlive Policy.Expiry"},
	{TokenIgnored | Lock | StartUnseen, true, DoubleStarted, "a task is started before it is listed"},
	{TokenIgnored | Lock | Earliest, true, DoubleStarted, "three barriers off"},
	{TokenIgnored | Lock | IDsOutOfOrder, true, DoubleStarted, "tasks of one moment are listed in another order than they were made in"},
}

// Quick returns the bounds within which all rows take seconds.
func (r Row) Quick() Setup {
	if r.Off.has(IDsOutOfOrder) {
		return r.Wide() // one fault does not show it
	}
	b := Bounds{Crashes: 2, Losses: 2, Holds: 1, Faults: 2}
	if r.Off.has(Lock) {
		b.Faults = 1
	}
	return Setup{r.Off, b}
}

// Wide returns the bounds within which all rows take minutes.
func (r Row) Wide() Setup {
	b := Bounds{Crashes: 2, Losses: 2, Holds: 1, Faults: 3}
	if r.Off.has(Lock) {
		b = Bounds{Crashes: 1, Holds: 1}
	}
	return Setup{r.Off, b}
}

// Walks returns the bounds of histories that are picked at random.
func (r Row) Walks() Setup {
	return Setup{r.Off, Bounds{Crashes: 3, Losses: 4, Holds: 3, Failures: 1, Attempts: 2}}
}

// Check returns an error that names a seed, if a result is not what must come
// of the row: with one barrier off nothing is created twice, started twice or
// lost sight of, with two off nothing is started twice, and a planted fault
// shows.
func (r Row) Check(found Result) error {
	if r.Bad {
		if found.Shown[r.About] == 0 {
			return fmt.Errorf("%s: no history shows %s, so the exploration is blind", r.Off, r.About)
		}
		return nil
	}
	never := []Column{Duplicate, DoubleStarted, Untracked}
	if r.Off.count() == 2 {
		never = []Column{DoubleStarted}
	}
	for _, c := range never {
		if n := found.Shown[c]; n > 0 {
			return fmt.Errorf("%s: %d histories show %s, the first is seed %s", r.Off, n, c, found.First[c])
		}
	}
	return nil
}
