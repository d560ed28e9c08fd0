package world

import (
	"errors"
	"fmt"
	"time"

	"gopkg.in/yaml.v3"
)

// Behaviour settles what the service's documents leave open, so that clients
// can be tried against either answer. The zero value is what the documents say
// or, where they are silent, what is likeliest. Source: dbs-api.md §10 and the
// places marked [?] in it.
type Behaviour struct {
	FinishWord        string `yaml:"finishWord"`        // RestoreStatus of a restore that ended well; "" means finish
	PrecheckAtCreate  bool   `yaml:"precheckAtCreate"`  // the precheck follows Create, not Start
	SecondStartIsFine bool   `yaml:"secondStartIsFine"` // StartRestoreTask of a started task succeeds, and does nothing

	ClientTokens      ClientTokens `yaml:"clientTokens"`
	TokenMismatchCode string       `yaml:"tokenMismatchCode"` // "" means IdempotentParameterMismatch

	FailureStatus           int  `yaml:"failureStatus"`           // HTTP status of DBS's own errors; 0 means 200
	FailuresAsGatewayErrors bool `yaml:"failuresAsGatewayErrors"` // DBS's own errors come as Code and Message

	DefaultFormat         string  `yaml:"defaultFormat"`         // of answers when Format is not given; "" means XML
	FormParametersIgnored bool    `yaml:"formParametersIgnored"` // DBS sees no business parameter that came in the body
	RequestsPerSecond     float64 `yaml:"requestsPerSecond"`     // more are throttled, by access key; 0 means no limit

	ListLag               time.Duration `yaml:"listLag"`               // how long a new task is missing from DescribeRestoreTaskList
	MaxIDs                int           `yaml:"maxIds"`                // in a comma-separated list; 0 means no limit
	UnknownIDsRefused     bool          `yaml:"unknownIdsRefused"`     // by DescribeRestoreTaskList, instead of left out
	FixedPageSizes        bool          `yaml:"fixedPageSizes"`        // PageSize is 30, 50 or 100 everywhere
	ListTimestamps        string        `yaml:"listTimestamps"`        // unit in the lists of backups: seconds, milliseconds; "" takes either
	ShowFlagsNeeded       bool          `yaml:"showFlagsNeeded"`       // DescribeBackupPlanList tells restorable times only with ShowRecoverTimeRange
	PointTimesRefused     bool          `yaml:"pointTimesRefused"`     // RestoreTime may not be the time of a backup set
	MomentOptional        bool          `yaml:"momentOptional"`        // neither RestoreTime nor BackupSetId means the latest
	MomentCheckedAtRun    bool          `yaml:"momentCheckedAtRun"`    // a moment that cannot be restored stops the restore, instead of being refused
	ObjectsAreRegexps     bool          `yaml:"objectsAreRegexps"`     // DBName in RestoreObjects
	RenamedName           string        `yaml:"renamedName"`           // that renamenew gives, of {name} and {task}; "" means {name}_{task}
	UniqueTaskNames       bool          `yaml:"uniqueTaskNames"`       // RestoreTaskName must be unique in its backup plan
	OnlyKnownDestinations bool          `yaml:"onlyKnownDestinations"` // restores to others fail the precheck, instead of finding them empty

	// Needs are the parameters that types of destination call for of which that
	// is not documented: dg, kvstore, polardb, drds. Absent ones need nothing.
	Needs map[string][]string `yaml:"needs"`
}

// ClientTokens say how long a ClientToken is remembered. The zero value is for
// ever. In YAML: honoured, ignored, or a duration.
type ClientTokens struct {
	Ignored  bool
	Lifetime time.Duration // 0 means for ever
}

// UnmarshalYAML reads one of the three forms.
func (c *ClientTokens) UnmarshalYAML(n *yaml.Node) error {
	if err := c.set(n.Value); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	return nil
}

func (c *ClientTokens) set(form string) error {
	switch form {
	case "honoured":
		*c = ClientTokens{}
		return nil
	case "ignored":
		*c = ClientTokens{Ignored: true}
		return nil
	}
	d, err := time.ParseDuration(form)
	if err != nil || d <= 0 {
		return errors.New("clientTokens is honoured, ignored, or a duration such as 10m")
	}
	*c = ClientTokens{Lifetime: d}
	return nil
}

// Remember reports whether a token that was used at a moment still counts.
func (c ClientTokens) Remember(used, now time.Time) bool {
	return !c.Ignored && (c.Lifetime == 0 || now.Sub(used) < c.Lifetime)
}
