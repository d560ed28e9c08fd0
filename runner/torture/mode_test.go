package torture_test

import (
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// mode is a service, or a machine, that breaks a promise.
type mode struct {
	name      string
	behaviour world.Behaviour
	faults    []world.Fault
	flaky     int // so many restores fail midway; then two attempts are allowed

	strangers int  // tasks of others in the first backup plan
	forgets   bool // each crash takes the state directory with it
	others    int  // hosts that carry out the plan at the same time, each with a state directory
	ahead     bool // tasks are created ahead
	replans   bool // each process plans anew, instead of taking the saved plan

	// succeeds says that every item must end well, however often a run dies.
	succeeds bool

	// accept are the invariants that cannot hold as two barriers are down.
	// OneStart is never among them.
	accept []torture.Invariant
}

// late is a way to the service on which a request may lie for long, though not
// for so long that the gateway would refuse it.
var late = []world.Fault{{Kind: "delay", Operation: "*RestoreTask", For: 10 * time.Minute, Count: 3, Probability: half}}

// half is how likely a fault strikes that comes and goes.
const half = 0.5

// modes are the rows of the table. Up to where it says otherwise one barrier at
// most is down, and everything must hold.
var modes = []mode{
	{name: "plain", succeeds: true},
	{name: "planned anew each time", replans: true, succeeds: true},
	{name: "the first restore fails", flaky: 1, succeeds: true},
	{name: "a second start is fine", behaviour: world.Behaviour{SecondStartIsFine: true, PrecheckAtCreate: true}, succeeds: true},

	{name: "token ignored", behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}}, succeeds: true},
	{name: "token forgotten", behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Lifetime: 30 * time.Second}}, succeeds: true},
	{name: "token poisoned", faults: []world.Fault{{Kind: "tokenPoisoned", Count: 1}}},
	{name: "token mismatch", faults: []world.Fault{{Kind: "tokenMismatch", Operation: "CreateRestoreTask", Count: 2}}},
	{name: "token processing", faults: []world.Fault{{Kind: "tokenProcessing", Executed: true, Probability: half}}, succeeds: true},

	{name: "list lags", behaviour: world.Behaviour{ListLag: 20 * time.Second}, succeeds: true},
	{name: "list lags beyond settling", behaviour: world.Behaviour{ListLag: 3 * time.Minute}},
	{name: "list shifts", strangers: 101, faults: []world.Fault{{Kind: "listShift", By: 1, Probability: half}, {Kind: "listTotal", By: -1, Probability: half}}},
	{name: "list cannot be read", faults: []world.Fault{{Kind: "html", Operation: "DescribeRestoreTaskList", Probability: half}}},
	{name: "names cut", faults: []world.Fault{{Kind: "nameCut", By: 20}}},
	{name: "status unknown", faults: []world.Fault{{Kind: "statusUnknown", Probability: half}}},

	{name: "throttled", faults: []world.Fault{{Kind: "throttle", Probability: half}}, succeeds: true},
	{name: "requests lost", faults: []world.Fault{{Kind: "cut", Operation: "*RestoreTask", Count: 2, Probability: half}}},
	{name: "answers lost", faults: []world.Fault{{Kind: "cut", Operation: "*RestoreTask", Executed: true, Probability: half}}, succeeds: true},
	{name: "answers cut", faults: []world.Fault{{Kind: "cutBody", Probability: half}}, succeeds: true},
	{name: "requests late", faults: late},
	{name: "answers late", faults: []world.Fault{{Kind: "delayAnswer", Operation: "*RestoreTask", For: 3 * time.Minute, Probability: half}}, succeeds: true},

	{name: "state lost", forgets: true, succeeds: true},
	{name: "two hosts", others: 1, succeeds: true},

	{name: "created ahead", ahead: true, succeeds: true},
	{name: "created ahead, the first restore fails", ahead: true, flaky: 1, succeeds: true},
	{name: "created ahead, token ignored", ahead: true, behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}}, succeeds: true},
	{name: "created ahead, answers lost", ahead: true, faults: []world.Fault{{Kind: "cut", Operation: "*RestoreTask*", Executed: true, Probability: half}}, succeeds: true},
	{name: "created ahead, state lost", ahead: true, forgets: true, succeeds: true},
	{name: "created ahead, two hosts", ahead: true, others: 1, succeeds: true},

	{name: "token ignored, requests late", faults: late, behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}}},
	{name: "state lost, requests late", faults: late, forgets: true},
	{name: "two hosts, requests late", faults: late, others: 1},

	// Two barriers are down: nothing is started twice all the same.
	{name: "token ignored, state lost", forgets: true, accept: twoDown,
		behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}}},
	{name: "token ignored, two hosts", others: 1, accept: twoDown,
		behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}}},
	{name: "created ahead, token ignored, two hosts", ahead: true, others: 1, accept: twoDown,
		behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}}},
	{name: "token ignored, list lags beyond settling", accept: twoDown,
		behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}, ListLag: 3 * time.Minute}},
	{name: "token ignored, names cut", accept: append(twoDown, torture.RightStart),
		behaviour: world.Behaviour{ClientTokens: world.ClientTokens{Ignored: true}},
		faults:    []world.Fault{{Kind: "nameCut", By: 20}}},
	{name: "state lost, names cut", forgets: true, accept: twoDown,
		faults: []world.Fault{{Kind: "nameCut", By: 20}}},
	{name: "state lost, list lags beyond settling", forgets: true, accept: twoDown,
		behaviour: world.Behaviour{ListLag: 3 * time.Minute}},
	{name: "two hosts, list lags beyond settling", others: 1, accept: twoDown,
		behaviour: world.Behaviour{ListLag: 3 * time.Minute}},
}

// twoDown is what cannot be asked when two barriers are down: a second task may
// come to be, and may be found by nobody.
var twoDown = []torture.Invariant{torture.OneTask, torture.AllKnown}
