package emulator

import (
	"encoding/json"
	"time"
)

// task is one restore task: what was asked for, and what was decided when. Its
// state at any moment follows from these alone. The exported fields are known
// when it is created, and kept on disk; the others come with a start.
type task struct {
	ID          string
	ClientToken string            `json:",omitempty"`
	Parameters  map[string]string // of CreateRestoreTask that DBS knows, without ClientToken and password
	Created     time.Time
	Precheck    *precheck `json:",omitempty"` // nil until it began; a start may bring a new one

	number  int       // in order of creation
	run     *run      // nil until it was started past the precheck
	starts  int       // how often StartRestoreTask had an effect
	started time.Time // the last time it had
}

// object is one element of RestoreObjects.
type object struct {
	DBName        string
	NewDBName     string `json:",omitempty"`
	SchemaName    string `json:",omitempty"`
	NewSchemaName string `json:",omitempty"`
}

// target is the name the database gets.
func (o object) target() string {
	if o.NewDBName != "" {
		return o.NewDBName
	}
	return o.DBName
}

// objects returns RestoreObjects decoded; it was checked at Create.
func (t *task) objects() []object {
	var list []object
	_ = json.Unmarshal([]byte(t.Parameters["RestoreObjects"]), &list) // absent for some agents
	return list
}

// checks are the items of a precheck, done one after the other in equal time.
// The codes of DBS are unpublished but for two samples; these are their like.
var checks = []string{"CHECK_DEST_CONN", "CHECK_SRC_OBJECT", "CHECK_SAME_OBJ"}

// precheck is a precheck that has begun.
type precheck struct {
	From    time.Time
	For     time.Duration
	Failed  string `json:",omitempty"` // the check that fails, "" for none
	Message string `json:",omitempty"` // why
}

// span returns when the i-th check begins and ends.
func (c *precheck) span(i int) (from, to time.Time) {
	n := time.Duration(len(checks))
	return c.From.Add(c.For * time.Duration(i) / n), c.From.Add(c.For * time.Duration(i+1) / n)
}

// end is when the last check that is made ends.
func (c *precheck) end() time.Time {
	for i, name := range checks {
		if name == c.Failed {
			_, to := c.span(i)
			return to
		}
	}
	return c.From.Add(c.For)
}

// run is a restore under way, decided as a whole when it begins.
type run struct {
	From      time.Time
	For       time.Duration // until all is restored
	StopsAt   int           `json:",omitempty"` // percent of For after which it stops, when Message says why
	Message   string        `json:",omitempty"` // "" for a restore that ends well
	Databases []string      `json:",omitempty"` // the names it gives at the destination; none if it stops
	Log       bool          `json:",omitempty"` // replays the log, up to a RestoreTime
}

func (r *run) end() time.Time {
	if r.Message != "" {
		return r.From.Add(r.For * time.Duration(r.StopsAt) / 100)
	}
	return r.From.Add(r.For)
}

// state is how a task stands at one moment.
type state struct {
	Status    string
	Progress  [4]int    // percent: structure, data, structure after data, log
	Finished  time.Time // zero until done
	Message   string
	Startable bool // StartRestoreTask would have an effect
}

// state returns how t stands at now. finish is the word for a good end.
func (t *task) state(now time.Time, finish string) state {
	switch {
	case t.run != nil && !now.Before(t.run.From):
		return t.run.state(now, finish)
	case t.Precheck == nil:
		return state{Status: "init", Startable: true}
	case now.Before(t.Precheck.end()):
		// It was begun by Start, or else by Create.
		return state{Status: "init", Startable: t.starts == 0}
	case t.Precheck.Failed != "":
		return state{Status: "init", Startable: true}
	}
	return state{Status: "check_pass", Startable: t.run == nil}
}

func (r *run) state(now time.Time, finish string) state {
	if at := r.end(); !now.Before(at) {
		if r.Message != "" {
			return state{Status: "stop", Progress: r.progress(at), Finished: at, Message: r.Message}
		}
		return state{Status: finish, Progress: r.progress(at), Finished: at}
	}
	return state{Status: "running", Progress: r.progress(now)}
}

// phases are the shares of a restore, in percent of its duration, at which the
// structure, the data, the structure after the data and the log begin and end.
// Without a log to replay, its progress stays 0.
var (
	phasesWithLog    = [5]int64{0, 5, 80, 90, 100}
	phasesWithoutLog = [5]int64{0, 5, 90, 100, 100}
)

func (r *run) progress(now time.Time) (percent [4]int) {
	phases := phasesWithoutLog
	if r.Log {
		phases = phasesWithLog
	}
	done := now.Sub(r.From)
	for i := range percent {
		from, to := r.For*time.Duration(phases[i])/100, r.For*time.Duration(phases[i+1])/100
		switch {
		case phases[i] == phases[i+1]:
		case done >= to:
			percent[i] = 100
		case done > from:
			percent[i] = int(100 * (done - from) / (to - from))
		}
	}
	return percent
}

// end returns when t is over, zero when it never is as things stand.
func (t *task) end() time.Time {
	switch {
	case t.run != nil:
		return t.run.end()
	case t.Precheck != nil && t.Precheck.Failed != "":
		return t.Precheck.end()
	}
	return time.Time{}
}
