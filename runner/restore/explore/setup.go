package explore

import (
	"math/bits"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Off is a set of what is not as it should be: barriers that are switched off,
// and faults that are planted in what the machine is shown or in what is kept
// of it. The machine itself is never changed.
type Off uint

// The barriers.
const (
	TokenIgnored   Off = 1 << iota // the service does not know client tokens
	TokenForgotten                 // it remembers them for 10 minutes
	Journal                        // a process that dies may lose its journal
	Lock                           // two processes run at a time, with a journal each or one for both
	List                           // the service cuts names: a task is found by its id only
	Lag                            // the list lags by more than Policy.Settle
	Earliest                       // a list shows one task of ours: the reader's own, or the last created
)

// The planted faults.
const (
	FreshToken      Off = 1 << (iota + 7) // each try has a token of its own
	NoList                                // every look is answered with nothing
	FirstIntentOnly                       // of a create the journal keeps the first intent, and nothing after it
	SettleFromFirst                       // every try counts as sent when the first was
	StartUnseen                           // a process is shown its own task, alone, before it is listed
	Unfenced                              // requests are executed up to 40 minutes late
	IDsOutOfOrder                         // of two tasks created in one moment, the later has the lower id
)

// offNames are the names of the barriers and the faults, in their order.
var offNames = []string{
	"token ignored", "token forgotten", "journal", "lock", "list", "lag", "earliest",
	"fresh token", "no list", "first intent only", "settle from first", "start unseen", "unfenced", "ids out of order",
}

func (o Off) has(some Off) bool { return o&some != 0 }

// count returns how many are off.
func (o Off) count() int { return bits.OnesCount(uint(o)) }

// String names what is off, "none" for nothing.
func (o Off) String() string {
	var names []string
	for i, name := range offNames {
		if o.has(1 << i) {
			names = append(names, name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, " + ")
}

// Bounds are how often something may happen in one history.
type Bounds struct {
	Crashes  int // processes that die, or that are run again after their end
	Losses   int // calls that go wrong
	Holds    int // times that a process is held while something else happens
	Faults   int // crashes, losses and holds together; 0 for no further bound
	Failures int // started tasks that the service ends as failed
	Attempts int // of the restore, which goes on with the next when one has failed; 0 is 1
}

// Setup is what the histories of one exploration have in common.
type Setup struct {
	Off    Off
	Bounds Bounds
}

// What the surroundings do within their times.
const (
	fence   = 15 * time.Minute // the gateway refuses a request so long after its timestamp
	window  = 10 * time.Minute // for which a service that forgets remembers a token
	running = 90 * time.Second // from the start of a task to its end
)

var epoch = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// late returns how long after its intent a request may still be executed.
func (s Setup) late() time.Duration {
	if s.Off.has(Unfenced) {
		return 40 * time.Minute
	}
	return restore.Fence + fence
}

// lags returns the lags of the list to be tried.
func (s Setup) lags() []time.Duration {
	settle := restore.DefaultPolicy.Settle
	if s.Off.has(Lag) {
		return []time.Duration{settle + settle/2, 40 * settle}
	}
	return []time.Duration{0, settle}
}

func (s Setup) processes() int {
	if s.Off.has(Lock) {
		return 2
	}
	return 1
}

// spec returns what the restore is to be. Its policy is the default one, but
// for seldom polls: what happens between start and end decides nothing here.
func (s Setup) spec() restore.Spec {
	identities := make([]plan.Attempt, max(1, s.Bounds.Attempts))
	for n := range identities {
		identities[n] = plan.Attempt{
			ClientToken:     plan.Token("token-" + string(rune('1'+n))),
			RestoreTaskName: "orders-" + string(rune('1'+n)),
		}
	}
	return restore.Spec{
		Item:     &plan.Item{Key: "orders", Parameters: plan.Parameters{BackupPlanId: "dbs1plan"}},
		Attempts: len(identities),
		Identity: func(n int) plan.Attempt { return identities[n-1] },
		Policy:   restore.Policy{PollInterval: time.Minute},
	}
}
