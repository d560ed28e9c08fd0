package runner

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// needs notes whom an item waits for, once all items are there.
func (e *engine) needs(it *item) {
	for _, key := range it.Needs {
		n := e.byKey[key]
		switch {
		case n == nil || failedToSucceed(n):
			e.giveUp(it, key)
		case n.state.Phase != restore.Succeeded:
			it.unmet++
			n.neededBy = append(n.neededBy, it)
		}
	}
}

func failedToSucceed(it *item) bool {
	return it.state.Phase.Ended() && it.state.Phase != restore.Succeeded
}

// giveUp notes that what an item needs will not succeed.
func (e *engine) giveUp(it *item, needed plan.Key) {
	if it.hopeless == "" {
		it.hopeless = needed
		e.doomed = append(e.doomed, it)
	}
}

// settle tells those that need an item how it ended.
func (e *engine) settle(it *item) {
	for _, other := range it.neededBy {
		if it.state.Phase != restore.Succeeded {
			e.giveUp(other, it.Key)
			continue
		}
		if other.unmet--; other.unmet == 0 {
			e.enqueue(other)
		}
	}
	it.neededBy = nil
}

// skipHopeless ends the items that need one which did not succeed, and then
// those that need these. One that a call is about comes when its answer has.
func (e *engine) skipHopeless(now time.Time, records *[]Record) error {
	var flying []*item
	for len(e.doomed) > 0 {
		it := e.doomed[0]
		e.doomed = e.doomed[1:]
		switch {
		case it.flying:
			flying = append(flying, it)
			continue
		case it.state.Phase.Active() || it.state.Phase.Ended(): // what has begun goes on
			continue
		}
		event := restore.Event{Kind: restore.Skip, At: now, Failure: &restore.Failure{
			Class: restore.Refused, Code: "NeedNotMet", Message: "it needs " + string(it.hopeless) + ", which did not succeed"}}
		if err := e.apply(it, event, records); err != nil {
			return err
		}
	}
	e.doomed = flying
	return nil
}
