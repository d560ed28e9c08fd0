package restore

import (
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// Task is what DescribeRestoreTaskList says of one restore task.
// Source: dbs-api.md §2.4.
type Task struct {
	ID         string
	Name       string // RestoreTaskName
	Status     Status
	RawStatus  string           // as the service wrote it
	Created    time.Time        // zero when absent
	Finished   time.Time        // zero until done
	Message    string           // "" for none; the service's "NULL" counts as none
	Progress   Progress         // percent
	Parameters *plan.Parameters `json:",omitempty"` // as echoed; the instance type in lower case, IP and port from "ip:port"
}

// Progress is the percent done of the four phases of a logical restore. In a
// physical restore all may stay 0, and a restore of a backup set never moves
// Log: Status alone says that a task is done. -1 stands for a value outside
// 0..100.
type Progress struct {
	Structure int // tables and the like, before the data
	Data      int
	After     int // indexes, foreign keys and the like, after the data
	Log       int // replay of the log up to the restore time
}

// Status is a RestoreStatus. Source: dbs-api.md §2.2.
type Status string

// The statuses. The service documents no word for success; Succeeded stands
// for finish and its known kin, and every other unknown word is Unrecognized.
const (
	StatusInit         Status = "init"       // not started, or the precheck failed
	StatusCheckPass    Status = "check_pass" // the precheck passed
	StatusRunning      Status = "running"
	StatusPause        Status = "pause"
	StatusFailed       Status = "stop"   // the service's word for failed
	StatusSucceeded    Status = "finish" // also finished, completed, success
	StatusUnrecognized Status = "unrecognized"
)

// atRest reports whether a task in the status does nothing and has done nothing
// that counts.
func (s Status) atRest() bool {
	return s == StatusInit || s == StatusCheckPass || s == StatusFailed
}

// Precheck is what DescribePreCheckProgressList says. Source: dbs-api.md §2.5.
type Precheck struct {
	Status  string // running, failed or finish; init when the service says running but none of its checks has begun
	Failed  bool   // the precheck failed as a whole, or one of its items did
	Reasons []string
}

// Class says what a failed call left behind.
type Class string

// The classes. Only Lost needs reconciling, only Throttled may be sent again
// as it is.
const (
	Refused   Class = "refused"   // did not happen, and will not
	Throttled Class = "throttled" // did not happen, and may
	Lost      Class = "lost"      // not known whether it happened
)

// Failure is a failed call to the service. Its text holds neither a URL nor a
// parameter value of ours that is secret.
type Failure struct {
	Class     Class  `json:"class"`
	Action    string `json:"action,omitempty"`    // the operation, e.g. CreateRestoreTask
	Code      string `json:"code,omitempty"`      // the service's, or ours for failures of transport
	Message   string `json:"message,omitempty"`   // at most 2,000 bytes
	RequestID string `json:"requestId,omitempty"` // "" when no reply was read
	Fatal     bool   `json:"fatal,omitempty"`     // no call can succeed until somebody mends it: credentials, clock, endpoint
	Wait      bool   `json:"wait,omitempty"`      // calls succeed again once credentials that expired are renewed: worth a long wait
	Token     Fate   `json:"token,omitempty"`     // what the reply tells of the client token; "" for nothing
}

// Fate is what the service has made of a client token.
type Fate string

// The fates. No task will ever be answered to a token that has one.
// Source: dbs-api.md §4.6.
const (
	Spent Fate = "spent" // the service keeps that the request under it failed
	Taken Fate = "taken" // the service knows it with other parameters
)

// WithoutRequestID returns Error without what is of one call only: the same failure
// gives the same text again.
func (f *Failure) WithoutRequestID() string {
	g := *f
	g.RequestID = ""
	return g.Error()
}

// Error returns "ACTION: code: message (RequestId …)".
func (f *Failure) Error() string {
	s := f.Action
	for _, part := range []string{f.Code, f.Message} {
		if part == "" {
			continue
		}
		if s != "" {
			s += ": "
		}
		s += part
	}
	if f.RequestID != "" {
		s += " (RequestId " + f.RequestID + ")"
	}
	return s
}
