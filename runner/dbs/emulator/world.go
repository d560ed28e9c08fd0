package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// World is what DBS finds around it: who may ask, what was backed up, where to
// restore to, and how fast. It also settles what the service's documents leave
// open, so that clients can be tried against either answer.
type World struct {
	Keys           map[string]string // AccessKeyId to secret
	SecurityTokens map[string]string // AccessKeyId to the SecurityToken it must come with; none for most
	BackupPlans    []BackupPlan      // in the order in which they are listed
	Destinations   []Destination     // see OnlyKnownDestinations

	Throughput       int64         // bytes a second that a restore moves; 0 takes no time
	MinDuration      time.Duration // added to the duration of every restore
	PrecheckDuration time.Duration

	PrecheckAtCreate      bool          // the precheck follows Create, not Start
	OnlyKnownDestinations bool          // restores to other destinations fail the precheck, instead of finding them empty
	FailureStatus         int           // HTTP status of DBS's own errors; 0 means 200
	FinishWord            string        // RestoreStatus of a restore that ended well; "" means finish
	TokenLifetime         time.Duration // how long a ClientToken is remembered; 0 means for ever, less not at all
	ListLag               time.Duration // how long a new task is missing from DescribeRestoreTaskList
}

// BackupPlan is one backup plan. Without Ranges it backs up no log, and can
// only be restored to its backup sets.
type BackupPlan struct {
	ID, Name           string
	Region             string
	Status             string // "" means running
	DatabaseType       string // MySQL, PostgreSQL, MSSQL …
	BackupMethod       string // "" means logical
	Created            time.Time
	Databases          []Database
	SourceInstanceType string // "" means rds
	SourceInstanceID   string
	SourceIPPort       string
	Ranges             []Range     // oldest first
	BackupSets         []BackupSet // oldest first
}

// Database is one database of a backup plan.
type Database struct {
	Name string
	Size int64 // bytes
}

// Range is a window of which every moment can be restored, both ends included.
// To is zero while the log is still being backed up: such a range ends at the
// start of the current hour.
type Range struct {
	From, To time.Time
}

// BackupSet is one full backup.
type BackupSet struct {
	ID       string
	Status   string // "" means finish
	From, To time.Time
	Expires  time.Time
	Size     int64 // bytes
}

// Destination is a database instance to restore to.
type Destination struct {
	ID        string   // instance id, or host:port where the host is given
	Databases []string // that exist there
	Down      bool     // restores to it fail the precheck
	Full      bool     // restores to it stop midway
	Flaky     int      // the first so many restores to it stop midway
}

// world is a World with its defaults filled in and its indexes made.
type world struct {
	World
	all          []*BackupPlan // in order
	plans        map[string]*BackupPlan
	destinations map[string]Destination
}

func newWorld(w World) (*world, error) {
	if len(w.Keys) == 0 {
		return nil, fmt.Errorf("the world has no access key: nobody could ask for anything")
	}
	w.FailureStatus = cmp.Or(w.FailureStatus, http.StatusOK)
	w.FinishWord = cmp.Or(w.FinishWord, "finish")
	if w.FailureStatus < 200 || w.FailureStatus > 599 {
		return nil, fmt.Errorf("the world's failure status %d is not a status of HTTP", w.FailureStatus)
	}
	v := &world{World: w, plans: make(map[string]*BackupPlan), destinations: make(map[string]Destination)}
	for _, p := range w.BackupPlans {
		if p.ID == "" || v.plans[p.ID] != nil {
			return nil, fmt.Errorf("the world's backup plan id %q is empty or not unique", p.ID)
		}
		p.Status = cmp.Or(p.Status, "running")
		p.BackupMethod = cmp.Or(p.BackupMethod, "logical")
		p.SourceInstanceType = cmp.Or(p.SourceInstanceType, "rds")
		v.all = append(v.all, &p)
		v.plans[p.ID] = &p
	}
	for _, dest := range w.Destinations {
		if _, twice := v.destinations[dest.ID]; dest.ID == "" || twice {
			return nil, fmt.Errorf("the world's destination id %q is empty or not unique", dest.ID)
		}
		v.destinations[dest.ID] = dest
	}
	v.Keys, v.SecurityTokens = maps.Clone(w.Keys), maps.Clone(w.SecurityTokens)
	return v, nil
}

// end returns the last moment of a range.
func (r Range) end(now time.Time) time.Time {
	if r.To.IsZero() {
		return now.Truncate(time.Hour)
	}
	return r.To
}

func (r Range) holds(t, now time.Time) bool {
	return !t.Before(r.From) && !t.After(r.end(now))
}

// restorable reports whether the set can be restored: finished and unexpired.
func (s BackupSet) restorable(now time.Time) bool {
	return (s.Status == "" || s.Status == "finish") && (s.Expires.IsZero() || now.Before(s.Expires))
}

// canRestoreTo reports whether a plan can be restored to a moment: one inside a
// range, or the start or end of a backup set. (That DBS accepts the latter is
// not documented.)
func (p *BackupPlan) canRestoreTo(t, now time.Time) bool {
	for _, r := range p.Ranges {
		if r.holds(t, now) {
			return true
		}
	}
	for _, s := range p.BackupSets {
		if s.restorable(now) && (t.Equal(s.From) || t.Equal(s.To)) {
			return true
		}
	}
	return false
}

func (p *BackupPlan) canRestore(backupSet string, now time.Time) bool {
	for _, s := range p.BackupSets {
		if s.ID == backupSet {
			return s.restorable(now)
		}
	}
	return false
}

// size returns the bytes of a database, and whether the plan has it.
func (p *BackupPlan) size(database string) (int64, bool) {
	for _, db := range p.Databases {
		if strings.EqualFold(db.Name, database) {
			return db.Size, true
		}
	}
	return 0, false
}
