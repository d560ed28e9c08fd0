// Package emulator is DBS on this machine.
//
// It serves the restore side of Alibaba Cloud Database Backup Service, API
// version 2019-03-06, as an [http.Handler] that the vendor's own clients talk
// to: it verifies their signatures, refuses what the service refuses, and
// takes restore tasks through their whole life. It also tells whose key a client
// has, as the Security Token Service does. Nothing is restored; what the
// service would find at the databases is described by a [world.World]. What
// goes wrong on the way is there too, as faults, and can be changed while it
// serves through [DBS.Admin].
//
// OPERATIONS.md beside this file tells what every operation takes and answers;
// it is written from the cases of package conformance, which the tests run.
//
// It shares no code with the client of this module, so that the two cannot
// share a mistake. Where the service's documents are silent, the choice is
// written at its place, or left to [world.Behaviour].
//
// It runs no goroutine, and waits only for a fault that says so: how a task
// stands is worked out from what was asked and from the time of the question.
// It can thus be used in virtual time, and its tasks go on while it is not
// running.
package emulator

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// Options say how an emulator is made. The zero value serves [world.Demo] from
// memory.
type Options struct {
	World     world.World // what there is to restore; the zero value stands for Demo of the present
	TimeScale float64     // restores and prechecks last 1/TimeScale of their natural duration; 0 means 1
	Dir       string      // directory in which tasks outlive the emulator, for one at a time; "" keeps them in memory
	Log       io.Writer   // gets one line a request, without any secret; nil for none
	Record    io.Writer   // gets the record as JSON Lines, see [Entry]; nil for none
}

// DBS is an emulator. It is safe for concurrent use.
type DBS struct {
	timeScale float64

	mu       sync.Mutex
	log      io.Writer
	world    *surroundings
	tasks    *tasks
	store    *store
	faults   *faults
	record   *record
	nonces   *gateway.Nonces
	poisoned map[owned]string  // ClientTokens that fail for good, to the code they fail with
	bursts   map[string]*burst // by access key
	calls    map[string]int
	requests uint64
	opened   time.Time
}

// New returns an emulator. It reads the tasks of an earlier one back from
// o.Dir, and fails when the world contradicts itself or the directory cannot be
// used.
func New(o Options) (*DBS, error) {
	now := time.Now()
	if reflect.ValueOf(o.World).IsZero() {
		o.World = world.Demo(now)
	}
	if o.TimeScale == 0 {
		o.TimeScale = 1
	}
	if !(o.TimeScale > 0) {
		return nil, fmt.Errorf("emulator: time scale %v is not a positive number", o.TimeScale)
	}
	w, err := survey(o.World, now)
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	d := &DBS{
		timeScale: o.TimeScale,
		log:       o.Log,
		world:     w,
		tasks:     newTasks(w),
		faults:    newFaults(o.World.Faults),
		record:    newRecord(o.Record),
		nonces:    gateway.NewNonces(),
		poisoned:  make(map[owned]string),
		bursts:    make(map[string]*burst),
		calls:     make(map[string]int),
		opened:    now,
	}
	if o.Dir != "" {
		if d.store, err = openStore(o.Dir, d.tasks.apply); err != nil {
			return nil, fmt.Errorf("emulator: %w", err)
		}
	}
	return d, nil
}

// Close gives the files back. Requests that would make or start a task fail
// from then on. It tells whether the record is whole.
func (d *DBS) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.store.close(); err != nil {
		return err
	}
	return d.record.err
}

// ServeHTTP answers one API request. A fault may make it panic with
// [http.ErrAbortHandler], by which an [http.Server] cuts the connection.
func (d *DBS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, err := gateway.Read(r)
	c := d.admit(q, err)
	if c.struck.pause(r.Context()) != nil {
		d.abandon(c)
		panic(http.ErrAbortHandler) // the client has gone
	}
	a := d.answer(c)
	if c.struck.pauseAfter(r.Context()) != nil {
		panic(http.ErrAbortHandler)
	}
	a.send(w, c.struck.mangle)
}

// clock returns the present by the wall clock: tasks outlive processes.
func clock() time.Time { return time.Now().UTC().Round(0) }
