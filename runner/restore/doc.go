// Package restore is the life of one restore task, as data.
//
// A [State] owns no I/O and reads no clock. An engine asks [State.Next] what
// to do, does it, stamps the time and hands the outcome to [State.Apply]:
//
//	waiting ──look──▶ absent ──create──▶ creating ─▶ created ──look──▶ ready ──start──▶ starting ─▶ running
//	   │                ▲                   │                            ▲                  │           │
//	   │                └─ not there, ──────┘                            └── not started, ──┘           ▼
//	   │                   same token                                        same token          succeeded, failed,
//	   └── there already: adopted, goes on where it stands ───────────────────────────────▶      timed-out, unknown
//
// A task that is ready and had to wait before its start is looked for once more
// ([State.LookAgain]).
//
// Create and start are effects: the engine applies and journals an [Intended]
// event before it performs one. A state whose intent has no outcome, because
// the answer was lost or the process was killed, answers Next with a look at
// the service and never with the effect itself, so that recovery and the
// normal way are the same code. What must survive the process is a [Snapshot],
// taken of every state that [Durable] names; no decision is derived again from
// old events.
//
// The rules behind it, with their reasons, are design.md §5: at most one task
// is started for an item, a task is started only when it is visible in the
// list and is the earliest that carries the item's name, and what cannot be
// proved ends as unknown instead of being tried again.
package restore
