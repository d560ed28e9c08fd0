// Package torture judges whether runs that were killed, cut off and begun again
// kept their promises.
//
// [Check] decides from what was seen outside of the runs: the record of the
// emulator, which has every call that arrived with what came of it, and the
// journals. It was written from the invariants alone. It shares no code with
// the state machine or the engine that it judges, so that it cannot share a
// mistake with them; what it reads of a journal it decodes by itself.
//
// The tests of this package end a run at every write of its journal and at
// both ends of every call, go on with another, and let Check judge each
// history.
package torture
