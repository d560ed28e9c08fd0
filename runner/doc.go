// Package runner carries out a plan on this machine.
//
// [Run] drives one [restore.State] per item in turns. A turn takes the
// outcomes that have arrived, applies them, chooses what is to be done next
// under the limits of the plan, and appends outcomes and intents to the log in
// one synced write; only then are the intended calls sent, each in a
// goroutine. So an effect is never under way without its intent on disk, one
// sync serves all that a turn has to say, and everything but the calls runs on
// a single goroutine without locks.
//
// Looks are shared: one list of a backup plan serves every item that waits to
// be seen in it, and one poll asks about up to [PollBatch] tasks. What a list
// shows holds for the items that wait, too: the list in which the task of a first
// attempt must be seen goes back to the list before its first create, by as much more as
// clocks differ and lists lag, and not to the beginning of the run.
//
// # Where the time goes
//
// From the end of a restore to the start of the next in its place there are four
// calls, each after the other: the poll that tells it, the create, the list in which
// the task must be seen, and the start. With calls of 20 ms, of which the poll may be
// half over when the restore ends, that is 70 ms at least. "make bench" measures 90
// to 120 ms at 64 in flight: the rest is the journal, which is synced for what a turn
// has to say in about 1 ms, the grid that polls share, and most of all the processor,
// as 64 restores of the same length end together and take 3 ms each, and so do those
// of the service beside it. A loop over the vendor's SDK without a journal and without
// the list takes 70 ms. The list is one of the barriers that keep a restore from being
// made twice, so that it stays. But with limits.createAhead the create and the list
// are over when a place comes free, which the start alone fills: that is 40 ms at
// least, and 55 ms as measured, less than the loop takes.
//
// Until the first restore of a kind has ended, nothing tells when to ask: then it is
// once in a poll interval, or in a sixteenth of the time that a restore has run up to
// twelve intervals, from question to question. From then on half of the ends are
// noticed within 20 ms where the interval is 200 ms and the request rate high, as in
// "make bench", and all but one in a hundred within 60.
//
// Where the request rate is high, calls that are due together are sent together, up to
// a twentieth of a second's: they share a turn and a sync. The makespan is the same
// when each has a turn of its own, as the processor is the bound, but a restore takes
// a third more of it.
//
// Such a run takes 0.2 s to the first start, whatever its length: four calls, each
// after the other, and 0.12 s of start-up, planning, journal and 64 restores that begin
// at once. It takes 0.04 s to end. The loop has but the create before its first start,
// which keeps it ahead where there are no more than some rounds of restores: what
// limits.createAhead wins in a round, 20 ms, makes up for it after about seven. Of
// restores that take minutes, nothing of all this can be noticed: then it counts when
// a task is asked about, and the limits of the plan are the bound.
//
// # What an item takes
//
// With calls and restores that take no time ("make bench-run") it is 3 to 4 ms of the
// processor: half for the calls, the list among them, a quarter for the journal, and
// the rest for the collector and the system. While a run goes on 2 KiB of memory an
// item are in use, half of them the plan, and at the peak it is 3.1 to 3.5 KiB an item
// more than for a run of a few: what an item is to be is kept once, in the plan. A
// second run within minutes takes 5 to 6 ms and up to 4.3 KiB, as its lists show the
// tasks of the first.
//
// A list goes back by the quarter of an hour by which clocks may differ, so that it has
// a page more for each hundred restores of its backup plan in that time: 10,000 restores
// of 2 s took 5.4 calls and 22 ms each from ten backup plans, 2.5 and 4 ms from the
// hundred of "make bench".
package runner
