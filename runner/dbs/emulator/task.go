package emulator

import (
	"cmp"
	"encoding/json"
	"time"
)

// task is one restore task: what was asked for, and what was decided when. Its
// state at any moment follows from these alone. The exported fields are known
// when it is created, and kept on disk; the others come with a start.
type task struct {
	ID          string
	Account     string            `json:",omitempty"` // "" before accounts were kept
	ClientToken string            `json:",omitempty"`
	Parameters  map[string]string // of CreateRestoreTask that DBS knows, without ClientToken and password
	Created     time.Time
	LoginFails  bool      `json:",omitempty"` // the destination does not know the user with this password
	Precheck    *precheck `json:",omitempty"` // nil until it began; a start may bring a new one

	number  int       // in order of creation
	run     *run      // nil until it was started past the precheck
	starts  int       // how often StartRestoreTask had an effect
	started time.Time // the last time it had
	removed bool      // by somebody else
	gone    time.Time // when
	counted bool      // among the active
}

// object is one element of RestoreObjects.
type object struct {
	DBName        string
	NewDBName     string `json:",omitempty"`
	SchemaName    string `json:",omitempty"`
	NewSchemaName string `json:",omitempty"`
}

// target is the name the database gets.
func (o object) target() string { return cmp.Or(o.NewDBName, o.DBName) }

// objects returns RestoreObjects decoded; it was checked at Create.
func (t *task) objects() []object {
	var list []object
	_ = json.Unmarshal([]byte(t.Parameters["RestoreObjects"]), &list) // absent for some agents
	return list
}

// run is a restore under way, decided as a whole when it begins. What somebody
// else does to it later is marked in it.
type run struct {
	From      time.Time
	For       time.Duration // until all is restored
	Bytes     int64         `json:",omitempty"`
	StopsAt   int           `json:",omitempty"` // percent of For after which it stops, when Message says why
	Code      string        `json:",omitempty"` // why, for DescribeJobErrorCode
	Message   string        `json:",omitempty"` // "" for a restore that ends well
	Databases []string      `json:",omitempty"` // the names it gives at the destination; none if it stops
	Log       bool          `json:",omitempty"` // replays the log, up to a RestoreTime
	Physical  bool          `json:",omitempty"` // tells no progress by phases

	Paused  time.Time `json:"-"` // zero unless it is
	Stopped time.Time `json:"-"` // by somebody else; zero unless it was
}

// end is when the restore is over, zero while it is paused.
func (r *run) end() time.Time {
	switch {
	case !r.Stopped.IsZero():
		return r.Stopped
	case !r.Paused.IsZero():
		return time.Time{}
	case r.Message != "":
		return r.From.Add(r.For / 100 * time.Duration(r.StopsAt))
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
	case t.run != nil && (!now.Before(t.run.From) || !t.run.Stopped.IsZero()):
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
	if !r.Paused.IsZero() {
		at := r.Paused
		if !r.Stopped.IsZero() {
			return state{Status: "stop", Progress: r.progress(at), Finished: r.Stopped, Message: r.Message}
		}
		return state{Status: "pause", Progress: r.progress(at)}
	}
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
	if r.Physical {
		return percent
	}
	phases := phasesWithoutLog
	if r.Log {
		phases = phasesWithLog
	}
	done := now.Sub(r.From)
	for i := range percent {
		from, to := r.For/100*time.Duration(phases[i]), r.For/100*time.Duration(phases[i+1])
		switch {
		case phases[i] == phases[i+1]:
		case done >= to:
			percent[i] = 100
		case done > from:
			percent[i] = int(100 * float64(done-from) / float64(to-from))
		}
	}
	return percent
}

// end returns when t is over, zero when it never is as things stand.
func (t *task) end() time.Time {
	switch {
	case t.removed:
		return t.gone
	case t.run != nil:
		return t.run.end()
	case t.Precheck != nil && t.Precheck.Failed != "":
		return t.Precheck.end()
	}
	return time.Time{}
}
