package emulator

import (
	"container/heap"
	"errors"
	"slices"
	"strings"
	"time"
)

// tasks holds every restore task, indexed by what they are looked up by. No
// question about one task or one page costs more for the tasks that are over.
type tasks struct {
	all    []*task // in order of creation
	byID   map[string]*task
	byPlan map[string][]*task // in order of creation
	tokens map[owned]*task    // by the ClientToken of Create
	starts map[owned]*start   // by the ClientToken of Start

	databases map[string]map[string]bool // destination to folded names that exist or are being restored
	used      map[string]int64           // destination to bytes restored
	runs      map[string]int             // destination to number of restores begun

	active int  // tasks that exist and are not over, as far as was swept
	ends   ends // when they are over, where that is known
	peak   int  // the most tasks that were active at one moment
}

// owned is a ClientToken of an account.
type owned struct{ account, token string }

// event is one thing that happened, as it is kept on disk. Exactly one field
// is set. Fields may be added, never renamed.
type event struct {
	Create *task   `json:",omitempty"`
	Start  *start  `json:",omitempty"`
	Change *change `json:",omitempty"`
}

// start is an effective StartRestoreTask.
type start struct {
	ID          string
	ClientToken string `json:",omitempty"`
	At          time.Time
	Precheck    *precheck `json:",omitempty"` // nil when it was made before
	Run         *run      `json:",omitempty"` // nil when the precheck fails
}

func newTasks(w *surroundings) *tasks {
	ts := &tasks{
		byID:      make(map[string]*task),
		byPlan:    make(map[string][]*task),
		tokens:    make(map[owned]*task),
		starts:    make(map[owned]*start),
		databases: make(map[string]map[string]bool),
		used:      make(map[string]int64),
		runs:      make(map[string]int),
	}
	for _, dest := range w.Destinations {
		ts.claim(dest.ID, dest.Databases)
	}
	return ts
}

// apply makes an event part of what is known.
func (ts *tasks) apply(e event) error {
	switch {
	case e.Create != nil && ts.byID[e.Create.ID] == nil:
		ts.create(e.Create)
		return nil
	case e.Start != nil && ts.byID[e.Start.ID] != nil:
		ts.start(ts.byID[e.Start.ID], e.Start)
		return nil
	case e.Change != nil && ts.byID[e.Change.ID] != nil:
		ts.change(ts.byID[e.Change.ID], e.Change)
		return nil
	}
	return errors.New("it creates a task twice, or is about one that was not created")
}

func (ts *tasks) create(t *task) {
	ts.sweep(t.Created)
	t.number = len(ts.all)
	ts.all = append(ts.all, t)
	ts.byID[t.ID] = t
	plan := t.Parameters["BackupPlanId"]
	ts.byPlan[plan] = append(ts.byPlan[plan], t)
	if t.ClientToken != "" {
		ts.tokens[owned{t.Account, t.ClientToken}] = t
	}
	ts.settle(t)
}

func (ts *tasks) start(t *task, s *start) {
	ts.sweep(s.At)
	t.starts++
	t.started = s.At
	if s.Precheck != nil {
		t.Precheck = s.Precheck
	}
	t.run = s.Run
	if s.ClientToken != "" {
		ts.starts[owned{t.Account, s.ClientToken}] = s
	}
	if t.run != nil {
		dest := t.destination()
		ts.runs[dest]++
		if t.run.Message == "" { // or else it gives back what it took
			ts.used[dest] += t.run.Bytes
		}
		ts.claim(dest, t.run.Databases)
	}
	ts.settle(t)
}

// remove makes a task unknown to the service.
func (ts *tasks) remove(t *task, at time.Time) {
	t.removed, t.gone = true, at
	delete(ts.byID, t.ID)
	plan := t.Parameters["BackupPlanId"]
	ts.byPlan[plan] = slices.DeleteFunc(ts.byPlan[plan], func(o *task) bool { return o == t })
}

// find returns the task of an account with an id, nil if there is none.
func (ts *tasks) find(id, account string) *task {
	if t := ts.byID[id]; t != nil && (t.Account == account || t.Account == "") {
		return t
	}
	return nil
}

// settle counts a task as active, until the end that it has now. What ended and
// is started again counts again.
func (ts *tasks) settle(t *task) {
	if !t.counted {
		t.counted = true
		ts.active++
	}
	if at := t.end(); !at.IsZero() {
		heap.Push(&ts.ends, ending{at, t})
	}
	ts.peak = max(ts.peak, ts.active)
}

// sweep drops the tasks that are over from the active ones.
func (ts *tasks) sweep(now time.Time) {
	for len(ts.ends) > 0 && !ts.ends[0].at.After(now) {
		t := heap.Pop(&ts.ends).(ending).of
		if at := t.end(); t.counted && !at.IsZero() && !at.After(now) { // or else its end has changed
			t.counted = false
			ts.active--
		}
	}
}

// claim notes that databases exist at a destination.
func (ts *tasks) claim(dest string, names []string) {
	if ts.databases[dest] == nil {
		ts.databases[dest] = make(map[string]bool)
	}
	for _, name := range names {
		ts.databases[dest][strings.ToLower(name)] = true
	}
}

// giveBack undoes what a restore took at its destination, for one that stops.
func (ts *tasks) giveBack(t *task) {
	dest := t.destination()
	ts.used[dest] -= t.run.Bytes
	for _, name := range t.run.Databases {
		delete(ts.databases[dest], strings.ToLower(name))
	}
	t.run.Databases = nil
}

func (ts *tasks) exists(dest, name string) bool {
	return ts.databases[dest][strings.ToLower(name)]
}

// destination is what t restores to: host:port for the types that are reached by
// address, or else the instance. (Next to a host, the instance may be the network
// it is in.)
func (t *task) destination() string {
	switch strings.ToLower(t.Parameters["DestinationEndpointInstanceType"]) {
	case "express", "agent", "other":
		return t.address("")
	}
	return t.Parameters["DestinationEndpointInstanceID"]
}

// ending is when a task is over, as it was known at one moment.
type ending struct {
	at time.Time
	of *task
}

// ends is a min-heap.
type ends []ending

func (h ends) Len() int           { return len(h) }
func (h ends) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h ends) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ends) Push(x any)        { *h = append(*h, x.(ending)) }
func (h *ends) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = ending{}
	*h = (*h)[:last]
	return x
}
