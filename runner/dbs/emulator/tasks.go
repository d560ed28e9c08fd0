package emulator

import (
	"container/heap"
	"errors"
	"strings"
	"time"
)

// tasks holds every restore task, indexed by what they are looked up by.
type tasks struct {
	all    []*task // in order of creation
	byID   map[string]*task
	byPlan map[string][]*task // in order of creation
	tokens map[string]*task   // by the ClientToken of Create
	starts map[string]*start  // by the ClientToken of Start

	databases map[string]map[string]bool // destination to folded names that exist or are being restored
	runs      map[string]int             // destination to number of restores begun

	open int   // tasks whose end is not known
	ends times // when the others end, but for those gone by
	peak int   // the most tasks that were created and unfinished at one moment
}

// event is one thing that happened, as it is kept on disk. Exactly one field
// is set. Fields may be added, never renamed.
type event struct {
	Create *task  `json:",omitempty"`
	Start  *start `json:",omitempty"`
}

// start is an effective StartRestoreTask.
type start struct {
	ID          string
	ClientToken string `json:",omitempty"`
	At          time.Time
	Precheck    *precheck `json:",omitempty"` // nil when it was made before
	Run         *run      `json:",omitempty"` // nil when the precheck fails
}

func newTasks(w *world) *tasks {
	ts := &tasks{
		byID:      make(map[string]*task),
		byPlan:    make(map[string][]*task),
		tokens:    make(map[string]*task),
		starts:    make(map[string]*start),
		databases: make(map[string]map[string]bool),
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
	}
	return errors.New("it creates a task twice, or starts one that was not created")
}

func (ts *tasks) create(t *task) {
	ts.sweep(t.Created)
	t.number = len(ts.all)
	ts.all = append(ts.all, t)
	ts.byID[t.ID] = t
	plan := t.Parameters["BackupPlanId"]
	ts.byPlan[plan] = append(ts.byPlan[plan], t)
	if t.ClientToken != "" {
		ts.tokens[t.ClientToken] = t
	}
	ts.open++
	ts.settle(t, time.Time{})
}

func (ts *tasks) start(t *task, s *start) {
	ts.sweep(s.At)
	before := t.end()
	t.starts++
	t.started = s.At
	if s.Precheck != nil {
		t.Precheck = s.Precheck
	}
	t.run = s.Run
	if s.ClientToken != "" {
		ts.starts[s.ClientToken] = s
	}
	if t.run != nil {
		ts.runs[t.destination()]++
		ts.claim(t.destination(), t.run.Databases)
	}
	ts.settle(t, before)
}

// settle counts t, whose end was known as before, under the end it has now. A
// task that is started again counts again: its earlier end has gone by.
func (ts *tasks) settle(t *task, before time.Time) {
	if end := t.end(); !end.Equal(before) {
		if before.IsZero() {
			ts.open--
		}
		heap.Push(&ts.ends, end)
	}
	ts.peak = max(ts.peak, ts.open+len(ts.ends))
}

// sweep drops the ends gone by.
func (ts *tasks) sweep(now time.Time) {
	for len(ts.ends) > 0 && !ts.ends[0].After(now) {
		heap.Pop(&ts.ends)
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

func (ts *tasks) exists(dest, name string) bool {
	return ts.databases[dest][strings.ToLower(name)]
}

// remembers reports whether a ClientToken used at a moment still counts.
func (w *world) remembers(used, now time.Time) bool {
	return w.TokenLifetime == 0 || now.Sub(used) < w.TokenLifetime
}

// destination is what t restores to: host:port where a host is given, or else
// the instance. (Next to a host, the instance may be the network it is in.)
func (t *task) destination() string {
	if t.Parameters["DestinationEndpointIP"] != "" {
		return t.address("")
	}
	return t.Parameters["DestinationEndpointInstanceID"]
}

// times is a min-heap.
type times []time.Time

func (h times) Len() int           { return len(h) }
func (h times) Less(i, j int) bool { return h[i].Before(h[j]) }
func (h times) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *times) Push(x any)        { *h = append(*h, x.(time.Time)) }
func (h *times) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
