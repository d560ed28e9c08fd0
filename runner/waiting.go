package runner

import (
	"slices"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// await takes in an item that has not begun: first for a list, then for what it
// needs and for the limits.
func (e *engine) await(it *item) {
	if it.hopeless != "" {
		e.doomed = append(e.doomed, it)
		return
	}
	if it.state.Phase != restore.Waiting {
		e.enqueue(it)
		return
	}
	if p := it.backupPlan; !it.unseen {
		it.unseen = true
		p.unseen = append(p.unseen, it)
	}
	e.lookAt(it.backupPlan)
}

// lookAt has the list of a backup plan read for those that wait for it.
func (e *engine) lookAt(p *backupPlan) {
	if !p.wanted && len(p.unseen) > 0 {
		p.wanted = true
		e.looking = append(e.looking, p)
	}
}

// enqueue lets an item begin as soon as the limits allow, unless it waits for
// something else.
func (e *engine) enqueue(it *item) {
	if it.state.Phase == restore.Absent && it.unmet == 0 && it.hopeless == "" {
		e.queue.add(it)
	}
}

// wantLists has the lists read that items wait for which have not begun, as many
// as there are places for.
func (e *engine) wantLists(c *choice) {
	room := int(e.options.MaxCalls - e.reading)
	kept := e.looking[:0]
	for i, p := range e.looking {
		if room <= 0 {
			kept = append(kept, e.looking[i:]...)
			break
		}
		if p.listing {
			kept = append(kept, p)
			continue
		}
		p.unseen = slices.DeleteFunc(p.unseen, func(it *item) bool {
			it.unseen = it.state.Phase == restore.Waiting
			return !it.unseen
		})
		if len(p.unseen) == 0 {
			p.wanted = false
			continue
		}
		kept = append(kept, p)
		for _, it := range p.unseen {
			c.batches.wantLook(it, it.state.Next())
		}
		if b := c.batches.looks[p]; !b.due.After(c.now) {
			room--
		}
	}
	e.looking = kept
}
