package runner

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// engine is a run. All fields but results and calls belong to the goroutine
// that executes run.
type engine struct {
	plan    *plan.Plan
	svc     Service
	log     Log
	options Options
	budget  int // see failureBudget

	items   []*item // in the plan's order
	byKey   map[plan.Key]*item
	byTask  map[string]plan.Key // by id of the restore task
	unmade  map[string]*item    // by task name: that are untouched and have been ever since
	active  []*item             // a task exists or may, in the order begun
	kept    map[*item]time.Time // whose task is ready and waits for others to end, since when
	again   int                 // of those that may be started, how many are looked for again first
	open    time.Time           // since when a place is free or being filled; zero for not
	use     usage
	listed  Lists         // by planning, just now
	queue   queue         // of those that have not begun and may
	looking []*backupPlan // of which items that have not begun wait for a list
	doomed  []*item       // that need one which did not succeed
	front   int           // rank of the next item that is to come before all others
	counts  Counts

	wave      wave
	grid      time.Duration // polls are made at its multiples, so that many share one
	gather    time.Duration // how long a list waits at most for more creates
	took      estimates
	polled    map[plan.Site]time.Time // when the last poll was made
	troubles  troubles                // the calls that fail
	results   chan result
	flying    int                 // calls under way
	reading   int64               // those of them that change nothing
	effects   *semaphore.Weighted // bounds the rest
	readCtx   context.Context
	stopReads context.CancelFunc // ends them when the run is to stop: what they would tell can be asked again

	fatal   *restore.Failure // see ErrService
	halted  bool
	drained bool
}

// item is an item that is not blocked, and where it stands.
type item struct {
	*plan.Item
	state       restore.State
	flying      bool      // a call about it is under way
	seen        bool      // this process knows how its task stands
	heard       time.Time // when the service last told that its task runs; zero after a failure to ask
	asked       time.Time // from when the pause after the last poll counts, see askedAt; zero for none
	destination *destination
	backupPlan  *backupPlan

	rank     int      // among those that have not begun: the plan's order, but what is tried anew comes first
	place    int      // in the queue, see ordered
	again    bool     // its task waited for long and is looked for again before its start
	unseen   bool     // it is among those of its backup plan that wait for a list, or was
	unmet    int      // how many that it needs have not succeeded yet
	hopeless plan.Key // that it needs and that did not succeed
	neededBy []*item  // that wait for it
}

// result is what a call brought: an event for each item that it was about.
type result struct {
	call   call
	took   time.Duration // the call
	events []itemEvent
	names  []string  // of the tasks that a look has listed; nil when it failed
	asked  time.Time // when that list was asked for
	err    error     // a bug: the run stops
}

type itemEvent struct {
	item  *item
	event restore.Event // At is stamped by the engine
}

func newEngine(p *plan.Plan, svc Service, log Log, o Options) (*engine, error) {
	budget, err := failureBudget(p.Failure.Max, len(p.Items))
	if err != nil {
		return nil, err
	}
	if o.MaxCalls == 0 {
		o.MaxCalls = 32
	}
	if o.Observe == nil {
		o.Observe = func(Change) {}
	}
	limits := p.Limits
	if o.NoFollow { // nobody would start them
		limits.CreateAhead = 0
	}
	e := &engine{
		plan: p, svc: svc, log: log, options: o, budget: budget,
		kept:     make(map[*item]time.Time),
		byTask:   make(map[string]plan.Key),
		unmade:   make(map[string]*item),
		polled:   make(map[plan.Site]time.Time),
		troubles: make(troubles),
		byKey:    make(map[plan.Key]*item, len(p.Items)),
		use:      newUsage(limits),
		took:     estimates{before: o.Took},
		grid:     gridOf(p.Limits),
		gather:   gatherOf(p.Limits),
		items:    make([]*item, 0, len(p.Items)),
		results:  make(chan result, 64),
		effects:  semaphore.NewWeighted(o.MaxCalls),
		listed:   o.Empty.ifFresh(time.Now(), time.Now()),
	}
	e.queue = newQueue(&e.use)
	for i := range p.Items {
		if err := e.add(&p.Items[i]); err != nil {
			return nil, err
		}
	}
	for _, it := range e.items {
		if !it.state.Phase.Ended() {
			e.needs(it)
		}
		if !it.state.Phase.Active() && !it.state.Phase.Ended() {
			e.await(it)
		}
	}
	return e, nil
}

// add takes over an item, with what the log knows of it.
func (e *engine) add(pi *plan.Item) error {
	e.counts.Total++
	if pi.Action == plan.Blocked {
		e.counts.Blocked++
		return nil
	}
	state, err := load(e.plan, pi, e.options.Past[pi.Key])
	if err != nil {
		return err
	}
	if e.options.Retry {
		state = state.Retry()
	}
	state = state.Resume()
	if err := e.own(pi.Key, state.TaskID); err != nil {
		return err
	}
	it := &item{Item: pi, state: state, rank: len(e.items)}
	e.use.place(it)
	if err := e.recall(it); err != nil {
		return err
	}
	state = it.state
	if untouched(state) {
		e.unmade[it.RestoreTaskName] = it
	}
	e.items = append(e.items, it)
	e.byKey[pi.Key] = it
	e.counts.add(state.Phase, 1)
	if occupies(state.Phase) {
		e.use.add(it, 1)
	}
	e.use.move(restore.State{}, state)
	if state.Phase.Active() {
		e.active = append(e.active, it)
	}
	return nil
}

func (e *engine) run(ctx context.Context) (Report, error) {
	started := time.Now()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e.readCtx, e.stopReads = context.WithCancel(ctx)
	var arrived []itemEvent
	for {
		wake, err := e.turn(ctx, arrived)
		if err != nil || e.flying == 0 && (e.done() || wake.IsZero()) {
			return e.report(started), e.outcome(err)
		}
		arrived, err = e.wait(ctx, wake)
		if err != nil {
			return e.report(started), err
		}
	}
}

// turn applies what has arrived, chooses what is next, makes both durable and
// sends it. It returns when to look again at the latest, zero for only when
// something arrives.
func (e *engine) turn(ctx context.Context, arrived []itemEvent) (time.Time, error) {
	now := time.Now()
	var records []Record
	for _, a := range arrived {
		a.event.At = now
		a.item.flying = false
		if err := e.apply(a.item, a.event, &records); err != nil {
			return time.Time{}, err
		}
	}
	e.halted = e.budget >= 0 && e.counts.Bad() > e.budget
	if err := e.skipHopeless(now, &records); err != nil {
		return time.Time{}, err
	}
	chosen, wake, err := e.choose(now, &records)
	if err != nil {
		return time.Time{}, err
	}
	if len(records) > 0 {
		// A crash before Append returns: no intended call has been sent, and the
		// outcomes that are lost here are found again by looking.
		if err := e.log.Append(context.WithoutCancel(ctx), records); err != nil {
			return time.Time{}, fmt.Errorf("%w: %w%s", ErrLog, err, unrecorded(records))
		}
	}
	for _, c := range chosen {
		e.send(ctx, c)
	}
	return wake, nil
}

// apply brings an event to an item and notes what must be kept.
func (e *engine) apply(it *item, event restore.Event, records *[]Record) error {
	from := it.state
	to, err := from.Apply(event)
	if err != nil {
		return err
	}
	if err := e.own(it.Key, to.TaskID); err != nil {
		return err
	}
	it.state = to
	if !untouched(to) {
		delete(e.unmade, it.RestoreTaskName)
	}
	if restore.Durable(from, to, event) {
		*records = append(*records, Record{it.Key, restore.ForLog(from, to, event), to.Snapshot})
	}
	if event.Failure != nil && event.Failure.Fatal && e.fatal == nil {
		e.fatal = event.Failure
		e.stopReads()
	}
	if to.Phase != restore.Ready {
		delete(e.kept, it)
	}
	if it.again && to.Phase != restore.Created {
		it.again = false
		e.again--
	}
	e.use.move(from, to)
	it.heard = time.Time{}
	if event.Kind != restore.Polled {
		it.asked = time.Time{}
	}
	if to.Phase == restore.Running && (event.Kind == restore.Started || event.Kind == restore.Polled && len(event.Tasks) > 0) {
		it.heard = event.At
	}
	it.seen = it.seen || event.Kind == restore.Started || event.Kind == restore.Polled || event.Kind == restore.Looked
	e.move(it, from.Phase, to.Phase)
	e.options.Observe(Change{Key: it.Key, From: from, To: to, Event: event, Counts: e.counts})
	return nil
}

// own notes whose a task is. One task for two items means that answers were
// mixed up on the way: nothing that follows could be trusted.
func (e *engine) own(key plan.Key, taskID string) error {
	if taskID == "" {
		return nil
	}
	if other, ok := e.byTask[taskID]; ok && other != key {
		return fmt.Errorf("the service named restore task %s for %s and for %s: look at it in the console, and for a cache or proxy on the way", taskID, other, key)
	}
	e.byTask[taskID] = key
	return nil
}

// move keeps the lists, the limits and the counts in step with a phase.
func (e *engine) move(it *item, from, to restore.Phase) {
	if from == to {
		return
	}
	e.counts.add(from, -1)
	e.counts.add(to, 1)
	switch before, after := occupies(from), occupies(to); {
	case after && !before:
		e.queue.occupy(it, 1)
	case before && !after:
		e.queue.occupy(it, -1)
	}
	switch {
	case to.Active() && !from.Active():
		e.active = append(e.active, it)
	case from.Active() && !to.Active():
		e.active = remove(e.active, it)
		if !to.Ended() { // it comes before what was never begun
			e.front--
			it.rank = e.front
			e.await(it)
		}
	case to == restore.Absent || to == restore.Waiting:
		e.await(it)
	}
	if to.Ended() {
		e.took.note(it)
		e.settle(it)
	}
}

// stopping reports whether nothing new is to be sent at all.
func (e *engine) stopping() bool { return e.drained || e.fatal != nil }

// done reports whether nothing is left that may be begun or followed.
func (e *engine) done() bool {
	return e.stopping() || len(e.active) == 0 && (e.counts.Waiting == 0 || e.halted)
}

func (e *engine) outcome(err error) error {
	if err == nil && e.fatal != nil {
		return fmt.Errorf("%w: %w", ErrService, e.fatal)
	}
	return err
}

// blocked is the state of an item that is: none.
var blocked restore.State

func (e *engine) report(started time.Time) Report {
	r := Report{Started: started, Ended: time.Now(), Counts: e.counts, Halted: e.halted, Drained: e.drained}
	r.Items = make([]Outcome, 0, len(e.plan.Items))
	for i := range e.plan.Items {
		o := Outcome{Item: &e.plan.Items[i], State: &blocked}
		if it := e.byKey[o.Item.Key]; it != nil {
			o.State = &it.state
		}
		r.Items = append(r.Items, o)
	}
	return r
}
