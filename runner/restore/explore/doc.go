// Package explore counts what can come of one restore: every history that the
// shipped state machine, package restore, can have with a network that loses
// and delays requests, processes that die, and a service that does not keep
// what its documentation promises.
//
// Nothing of the machine is copied here. A process asks [restore.State.Next],
// makes its intent durable, sends, and applies the outcome, as package runner
// does; modelled are its surroundings alone:
//
//   - A service. It remembers client tokens, lists its tasks as they were some
//     lag ago, and starts them.
//   - A network. A request is executed and answered; or it is lost, or its
//     answer is; or its sender gets an error and it is executed later, at the
//     latest 15 minutes after it was signed, as the gateway then refuses it. It
//     is signed within [restore.Fence] of its intent.
//   - A journal, of each process or shared, and a lock.
//   - A clock that jumps to the next moment at which something is due. A process
//     may be held while others go on, and one that was held before a start may look
//     once more ([restore.State.LookAgain]), as package runner does after a wait.
//
// A history is a maximal sequence of choices. Choices are what the surroundings
// do, and which process is next; where only one thing can happen nothing is
// chosen. [Explore] follows all histories within [Bounds], depth first. Equal
// worlds have equal futures, so it follows what comes of a world once, and adds
// the counts again wherever other choices lead to the same world: the figures
// are those of following each history by itself.
//
// Not modelled: more than one restore, more than two processes, a list that
// hides one task and shows a younger one, parameters that differ, clocks that
// differ, and people who start tasks by hand.
package explore
