package torture

import (
	"maps"
	"slices"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// intentFirst judges every create and start that was let in: at its time at
// least as many intents of it were kept as such calls had come.
func (c *trial) intentFirst() {
	type effect struct {
		operation string
		item      plan.Key
		attempt   int
		id        string
	}
	sent := make(map[effect]int)
	for _, call := range c.effects() {
		e := effect{operation: call.Operation}
		word := effectCreate
		if a := c.byName[call.Parameters["RestoreTaskName"]]; a != nil {
			e.item, e.attempt = a.item, a.n
		} else if t := c.byID[call.Parameters["RestoreTaskId"]]; t != nil && t.attempt != nil {
			word, e.item, e.attempt, e.id = effectStart, t.attempt.item, t.attempt.n, t.id
		} else {
			continue // asApproved and rightStart judge what is none of ours
		}
		sent[e]++
		kept := c.count(call.At, func(n *note) bool {
			return n.intends(word) && plan.Key(n.Item) == e.item && n.Event.Attempt == e.attempt && (word == effectCreate || n.State.TaskID == e.id)
		})
		if kept < sent[e] {
			c.broken(e.item, "record %d is the %d. %s of attempt %d, of which the journals had %d intents", call.Number, sent[e], word, e.attempt, kept)
		}
	}
}

// effects returns the creates and starts that were let in, in order.
func (c *trial) effects() []*emulator.Entry {
	calls := slices.Concat(c.sent(createOperation), c.sent(startOperation))
	slices.SortFunc(calls, func(a, b *emulator.Entry) int { return int(a.Number) - int(b.Number) })
	return calls
}

// count returns how many entries of all journals, up to a moment, are such.
func (c *trial) count(until time.Time, such func(*note) bool) int {
	total := 0
	for _, notes := range c.notes {
		for i := range notes {
			if !notes[i].At.After(until) && such(&notes[i]) {
				total++
			}
		}
	}
	return total
}

func (c *trial) asApproved() {
	first := make(map[string]*emulator.Entry) // by operation and token
	for _, call := range c.effects() {
		token := call.Operation + " " + call.Parameters["ClientToken"]
		if before := first[token]; before != nil && !maps.Equal(request(before), request(call)) {
			c.broken("", "records %d and %d carry one token and different requests", before.Number, call.Number)
		}
		if first[token] == nil {
			first[token] = call
		}
		if call.Operation == createOperation {
			c.createAsApproved(call)
		}
	}
}

// createAsApproved holds a create against the plan and against what was
// intended.
func (c *trial) createAsApproved(call *emulator.Entry) {
	a := c.byName[call.Parameters["RestoreTaskName"]]
	switch {
	case a == nil:
		c.broken("", "record %d creates %s, which is not in the plan", call.Number, call.Parameters["RestoreTaskName"])
		return
	case string(a.ClientToken) != call.Parameters["ClientToken"]:
		c.broken(a.item, "record %d creates attempt %d with a token that is not its own", call.Number, a.n)
	}
	for i := range c.notes {
		for _, n := range c.notes[i] {
			if !n.intends(effectCreate) || plan.Key(n.Item) != a.item || n.Event.Attempt != a.n || n.At.After(call.At) {
				continue
			}
			if !maps.Equal(n.parameters(), request(call)) {
				c.broken(a.item, "record %d does not ask for what entry %d of journal %d intended", call.Number, n.number, i+1)
			}
		}
	}
}

// request returns what a create or a start asks for: not who is asked and how,
// nor the identity, which is judged apart.
func request(call *emulator.Entry) map[string]string {
	p := maps.Clone(call.Parameters)
	for _, name := range []string{"ClientToken", "RestoreTaskName", "Format", "RegionId"} {
		delete(p, name)
	}
	return p
}
