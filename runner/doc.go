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
// be seen in it, and one poll asks about up to [PollBatch] tasks.
package runner
