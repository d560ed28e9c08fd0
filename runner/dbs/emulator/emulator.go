// Package emulator is DBS on this machine.
//
// It serves the restore side of Alibaba Cloud Database Backup Service, API
// version 2019-03-06, as an [http.Handler] that the vendor's own clients talk
// to: it verifies their signatures, refuses what the service refuses, and
// takes restore tasks through their whole life. Nothing is restored; what the
// service would find at the databases is described by a [World].
//
// It shares no code with the client of this module, so that the two cannot
// share a mistake. Where the service's documents are silent, the choice is
// written at its place, or left to the World. Its strictness will grow.
//
// It runs no goroutine and waits for nothing: how a task stands is worked out
// from what was asked and from the time of the question. It can thus be used in
// virtual time, and its tasks go on while it is not running.
package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// apiVersion is the one version of the API that is served.
const apiVersion = "2019-03-06"

// Options say how an emulator is made. The zero value serves [Demo] from memory.
type Options struct {
	World     World     // what there is to restore; the zero value stands for Demo of the present
	TimeScale float64   // restores and prechecks last 1/TimeScale of their natural duration; 0 means 1
	Dir       string    // directory in which tasks outlive the emulator, for one at a time; "" keeps them in memory
	Log       io.Writer // gets one line a request, without any secret; nil for none
}

// DBS is an emulator. It is safe for concurrent use.
type DBS struct {
	timeScale float64

	mu       sync.Mutex
	log      io.Writer
	world    *world
	tasks    *tasks
	store    *store
	nonces   nonces
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
		o.World = Demo(now)
	}
	if o.TimeScale == 0 {
		o.TimeScale = 1
	}
	if !(o.TimeScale > 0) {
		return nil, fmt.Errorf("emulator: time scale %v is not a positive number", o.TimeScale)
	}
	w, err := newWorld(o.World)
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	d := &DBS{
		timeScale: o.TimeScale,
		log:       o.Log,
		world:     w,
		tasks:     newTasks(w),
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
// from then on.
func (d *DBS) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.store.close()
}

// actions are the operations served.
var actions = map[string]func(*DBS, parameters, time.Time) (reply, error){
	"CreateRestoreTask":            (*DBS).createRestoreTask,
	"StartRestoreTask":             (*DBS).startRestoreTask,
	"DescribeRestoreTaskList":      (*DBS).describeRestoreTaskList,
	"DescribePreCheckProgressList": (*DBS).describePreCheckProgressList,
	"DescribeBackupPlanList":       (*DBS).describeBackupPlanList,
	"DescribeRestoreRangeInfo":     (*DBS).describeRestoreRangeInfo,
	"DescribeFullBackupList":       (*DBS).describeFullBackupList,
}

// ServeHTTP answers one API request.
func (d *DBS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, err := readParameters(r)
	answer, status := d.answer(r, q, err)
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // unreachable: a reply holds strings, numbers and lists of them
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// answer serves a request whose parameters were read with the error err.
func (d *DBS) answer(r *http.Request, q parameters, err error) (body reply, status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now().UTC().Round(0) // the wall clock: tasks outlive processes
	if err == nil {
		body, err = d.serve(r, q, now)
	}
	d.requests++
	body, status, code := body.complete(requestID(d.opened, d.requests), r.Host, err)
	if d.log != nil {
		// A log that cannot be written must not fail the request.
		_, _ = fmt.Fprintf(d.log, "%s %s %s %d %s\n",
			now.Format(time.RFC3339), word(q["Action"]), word(q["AccessKeyId"]), status, word(code))
	}
	return body, status
}

func (d *DBS) serve(r *http.Request, q parameters, now time.Time) (reply, error) {
	act, known := actions[q["Action"]]
	if known {
		d.calls[q["Action"]]++
	}
	if err := d.admit(r, q, now); err != nil {
		return nil, err
	}
	switch {
	case q["Version"] == "":
		return nil, missing("Version")
	case q["Version"] != apiVersion:
		return nil, invalid("Version")
	case q["Action"] == "":
		return nil, missing("Action")
	case !known:
		return nil, refuse(http.StatusNotFound, "InvalidAction.NotFound",
			"Specified api is not found, please check your url and method.")
	case !validToken(q["ClientToken"]):
		return nil, refuse(http.StatusBadRequest, "InvalidClientToken.ValueNotSupported",
			"The ClientToken may have at most 64 ASCII characters.")
	}
	return act(d, q, now)
}

// validToken reports whether s may be a ClientToken. Source: dbs-api.md §5.
func validToken(s string) bool { return len(s) <= 64 && isWord(s) }

// isWord reports whether s is visible ASCII throughout.
func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// word makes text from outside fit for one field of a log line.
func word(s string) string {
	if s == "" {
		return "-"
	}
	if s = s[:min(len(s), 80)]; !isWord(s) {
		return strconv.QuoteToASCII(s)
	}
	return s
}
