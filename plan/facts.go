package plan

import (
	"cmp"
	"time"
)

// Subject is a backup plan at a site.
type Subject struct {
	Site         Site
	BackupPlanID string
}

// Question asks for what Resolve needs to know of one backup plan.
type Question struct {
	Site         Site
	BackupPlanID string
	Latest       bool // for at: latest: the ranges and, where there is none, the full backup sets
	Ranges       bool // the restorable ranges and points, for times and durations back
	BackupSets   bool // the full backup sets, for at: latest-full and backupSetId
}

// Facts is what is known of the world at one moment. It is a plain value: it
// can be saved, compared and put into testdata.
type Facts struct {
	Now      time.Time     // when the facts were read
	Target   string        // endpoint and account that were asked
	Offline  bool          // nobody was asked: BackupPlans is empty on purpose
	Answers  []BackupPlan  // in any order, one per question
	Gateways []GatewayList // of the sites that Draft.GatewaySites names, in any order
	History  map[Key]Known // what the journal knows of this run, by item

	Destinations []Source // servers that restore tasks went to, by both of their names
}

// BackupPlan is what the service says of one backup plan.
type BackupPlan struct {
	Site         Site
	ID           string
	Missing      bool   // the service does not know it
	Problem      string // why it could not be read, "" when it was
	Name         string
	Status       string // wait init running stop pause locked check_pass
	DatabaseType string // MySQL, PostgreSQL, MSSQL …; letter case is the service's
	Databases    []string
	Source       Source
	Ranges       []Range     // continuous windows, oldest first
	Points       []BackupSet // the full backup sets outside of the ranges, oldest first; ID is empty where the service does not tell it
	BackupSets   []BackupSet // finished and unexpired full sets, oldest first
}

// Source is the endpoint that a backup plan backs up, or another one that the
// service names in both ways.
type Source struct {
	InstanceType string // rds ecs dds express …; letter case is the service's
	InstanceID   string
	IPPort       string // "host:port"
}

// name returns how people know a source: by its instance, else by its address,
// "" when the service tells neither.
func (s Source) name() string { return cmp.Or(s.InstanceID, s.IPPort) }

// Range is a window of which every moment can be restored, both ends included.
type Range struct {
	From, To time.Time
}

// BackupSet is a finished full backup.
type BackupSet struct {
	ID       string
	From, To time.Time // when the backup ran
}

// GatewayList is the backup gateways of a site.
type GatewayList struct {
	Site     Site
	Problem  string // why they could not be read, "" when they were
	Gateways []Gateway
}

// Gateway is a backup gateway.
type Gateway struct {
	ID     string // decimal digits
	Name   string // as people called it
	Status string // ONLINE OFFLINE STOPPED UPGRADING. Source: dbs-api.md §3.5
}

// Known is what the journal, or without one the service's lists, know of an item
// of this run.
type Known struct {
	Declared     Digest     // of the declaration that was sent
	Parameters   Parameters // as sent, so that a resend is the same request
	Databases    []Database // likewise
	TaskID       string     // "" while the outcome of a create is unknown
	Ended        bool       // nothing more will happen to it in this run
	Succeeded    bool       // it ended well
	FailedTaskID string     // the task of the attempt before, which failed, when nothing of the next was sent; then TaskID is ""
	Surplus      []string   // further tasks of it that exist and were never started
	Conflict     string     // why the task that carries its name is not to be touched, "" when it is
	State        string     // for people: "running", "failed: disk full"
}
