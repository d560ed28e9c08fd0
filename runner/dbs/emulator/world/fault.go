package world

import "time"

// Faults are what goes wrong, by rule. With one Seed the same calls meet the
// same faults.
type Faults struct {
	Seed  uint64  `yaml:"seed"`
	Rules []Fault `yaml:"rules"`
}

// Fault is one rule: which calls it is about, how often it strikes, and what it
// does to them. Kinds take different arguments; see [Kinds].
type Fault struct {
	Kind string `yaml:"fault"`

	// The calls it is about: of the operation, with these parameters, each a
	// pattern with * and ?. Calls that are not signed well meet no fault.
	Operation string            `yaml:"operation,omitempty"` // "" for all
	Where     map[string]string `yaml:"where,omitempty"`

	Skip        int     `yaml:"skip,omitempty"`        // calls that it lets pass first
	Count       int     `yaml:"count,omitempty"`       // times that it strikes at most; 0 for no limit
	Probability float64 `yaml:"probability,omitempty"` // that it strikes; 0 means 1

	Executed bool          `yaml:"executed,omitempty"` // the call has its effect all the same
	Code     string        `yaml:"code,omitempty"`
	Status   int           `yaml:"status,omitempty"` // of HTTP
	Message  string        `yaml:"message,omitempty"`
	Location string        `yaml:"location,omitempty"`
	For      time.Duration `yaml:"for,omitempty"`
	By       int           `yaml:"by,omitempty"`
	Word     string        `yaml:"word,omitempty"`
}

// Operations are those that the emulator serves.
var Operations = []string{
	"CreateRestoreTask", "StartRestoreTask", "DescribeRestoreTaskList", "DescribePreCheckProgressList", "DescribeJobErrorCode",
	"DescribeBackupPlanList", "DescribeRestoreRangeInfo", "DescribeFullBackupList", "DescribeIncrementBackupList",
	"DescribeBackupGatewayList", "DescribeRegions", "DescribeNodeCidrList",
}

// Kind describes a kind of fault.
type Kind struct {
	Name  string
	About string   // what it does, and what its arguments are
	Takes []string // arguments besides those that say which calls and how often
	Only  []string // operations that it can strike; empty for all
}

var (
	listOnly   = []string{"DescribeRestoreTaskList"}
	effectOnly = []string{"CreateRestoreTask", "StartRestoreTask"}
	taskOnly   = []string{"CreateRestoreTask", "StartRestoreTask", "DescribeRestoreTaskList", "DescribePreCheckProgressList"}
)

// Kinds are all kinds of fault.
var Kinds = []Kind{
	{"throttle", "is refused as Throttling.User, or code, with HTTP status 400, or status", []string{"code", "status", "message"}, nil},
	{"refuse", "is answered with code (ServiceUnavailable) and HTTP status (503); executed first if executed says so", []string{"code", "status", "message", "executed"}, nil},
	{"fail", "is answered with Success false and ErrCode code (InvalidParameter), with HTTP status 200 or status; executed first if executed says so", []string{"code", "status", "message", "executed"}, nil},
	{"delay", "waits for a time before it is executed", []string{"for"}, nil},
	{"delayAnswer", "waits for a time after it was executed", []string{"for"}, nil},
	{"cut", "loses its connection before it is executed, or after it if executed says so", []string{"executed"}, nil},
	{"cutBody", "is executed, and half of the answer arrives", nil, nil},
	{"html", "is answered with a page in HTML, with HTTP status 502 or status; executed first if executed says so", []string{"status", "executed"}, nil},
	{"contentLength", "is executed, and the answer's Content-Length is wrong by by bytes (10); a negative number cuts the answer short", []string{"by"}, nil},
	{"redirect", "is redirected to location (a host that does not exist) with HTTP status 302 or status", []string{"location", "status"}, nil},
	{"endless", "is executed, and the answer does not end", nil, nil},

	{"tokenForgotten", "finds its ClientToken forgotten if it was used longer ago than for (at once)", []string{"for"}, effectOnly},
	{"tokenPoisoned", "fails as InternalError, and its ClientToken answers IdempotentFailed, or code, from then on", []string{"code"}, effectOnly},
	{"tokenMismatch", "is refused as if its ClientToken had been used with other parameters", []string{"code"}, effectOnly},
	{"tokenProcessing", "is refused as LastTokenProcessing, or code; executed first if executed says so", []string{"code", "executed"}, effectOnly},

	{"listLag", "does not see tasks created less than for ago", []string{"for"}, listOnly},
	{"listShift", "sees pages after the first shifted by by (1): a positive number hides tasks, a negative one repeats them", []string{"by"}, listOnly},
	{"listTotal", "tells a total that is wrong by by (1)", []string{"by"}, listOnly},
	{"nameCut", "sees task names cut to by characters (30)", []string{"by"}, listOnly},
	{"statusUnknown", "sees the status word (SUSPENDED) for every task", []string{"word"}, listOnly},
	{"taskChanged", "is executed, and then somebody else does word to its tasks, as far as they can take it: start (not started yet), pause (running), resume (paused), stop (started and not over) or remove", []string{"word"}, taskOnly},
}

// KindOf returns the kind of a name.
func KindOf(name string) (Kind, bool) {
	for _, k := range Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
