package torture

import (
	"fmt"
	"slices"

	"github.com/dbsrestore/dbsrestore/plan"
)

// Invariant is what must hold whatever goes wrong.
type Invariant string

// The invariants that are judged.
const (
	OneTask      Invariant = "I1"  // at most one restore task exists of one attempt at an item
	AfterFailure Invariant = "I1g" // a further attempt has a task only once that of the one before ended as failed
	OneStart     Invariant = "I1s" // at most one task of one attempt is ever started
	AllKnown     Invariant = "I2"  // every task is known to a journal, or its item ended as unknown
	NoSecret     Invariant = "I3"  // no secret is in a journal or on the record
	IntentFirst  Invariant = "I4"  // every create and start was intended in a journal before, each time
	AsApproved   Invariant = "I5"  // what is sent is what was intended, for an item of the plan, and one token never carries two requests
	TrueSuccess  Invariant = "I6"  // success is said only of a task that ended well, and every item is reported
	RightStart   Invariant = "I12" // only a task of ours is started, the earliest of its name, after it was listed
	FreshNonce   Invariant = "F81" // no nonce is sent twice
)

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant Invariant
	Item      plan.Key // "" for none in particular
	Text      string   // what was seen, with the numbers of the entries of the record
}

// String returns all that is known of v, in one line.
func (v Violation) String() string {
	if v.Item == "" {
		return fmt.Sprintf("%s: %s", v.Invariant, v.Text)
	}
	return fmt.Sprintf("%s: %s: %s", v.Invariant, v.Item, v.Text)
}

// Check returns where the evidence breaks an invariant: nothing, when all is
// well. Those of accept are not looked at: of a service that breaks two of its
// promises at once, not everything can be asked.
func Check(e Evidence, accept ...Invariant) []Violation {
	c, err := newTrial(e)
	if err != nil {
		return []Violation{{IntentFirst, "", "what a journal says cannot be read: " + err.Error()}}
	}
	for _, rule := range []struct {
		invariant Invariant
		judge     func(*trial)
	}{
		{OneTask, (*trial).oneTask},
		{AfterFailure, (*trial).afterFailure},
		{OneStart, (*trial).oneStart},
		{AllKnown, (*trial).allKnown},
		{NoSecret, (*trial).noSecret},
		{IntentFirst, (*trial).intentFirst},
		{AsApproved, (*trial).asApproved},
		{TrueSuccess, (*trial).trueSuccess},
		{RightStart, (*trial).rightStart},
		{FreshNonce, (*trial).freshNonce},
	} {
		if !slices.Contains(accept, rule.invariant) {
			c.invariant = rule.invariant
			rule.judge(c)
		}
	}
	return c.found
}

// broken notes that the invariant under judgement does not hold.
func (c *trial) broken(item plan.Key, format string, args ...any) {
	c.found = append(c.found, Violation{c.invariant, item, fmt.Sprintf(format, args...)})
}
