// Package world says what an emulator of DBS finds around it.
//
// A [World] is who may ask, what was backed up, where to restore to and how
// fast, what the service's documents leave open, and what goes wrong. It is a
// plain value, made in Go or read from a YAML file with [Read]. Names in it are
// those of the API, in camelCase.
package world

import "time"

// World is everything that an emulator does not decide itself.
type World struct {
	Accounts     []Account     `yaml:"accounts"`
	BackupPlans  []BackupPlan  `yaml:"backupPlans"` // in the order in which they are listed
	Gateways     []Gateway     `yaml:"gateways"`
	Destinations []Destination `yaml:"destinations"` // see Behaviour.OnlyKnownDestinations
	Speed        Speed         `yaml:"speed"`
	Behaviour    Behaviour     `yaml:"behaviour"`
	Faults       Faults        `yaml:"faults"`
}

// Account owns backup plans and restore tasks; its access keys see no others.
type Account struct {
	ID         string      `yaml:"id"` // the UID
	AccessKeys []AccessKey `yaml:"accessKeys"`
	Permission `yaml:",inline"`
}

// AccessKey is a key of an account, permanent or temporary.
type AccessKey struct {
	ID            string           `yaml:"id"`
	Secret        string           `yaml:"secret"`
	SecurityToken string           `yaml:"securityToken"` // it must come with; "" for a permanent key
	Lifetime      time.Duration    `yaml:"lifetime"`      // from the emulator's start until the token expires; 0 means never
	Inactive      bool             `yaml:"inactive"`
	Permission    `yaml:",inline"` // its own, where Allow is not empty
}

// Permission says which operations are allowed, and how a denial looks.
type Permission struct {
	Allow  []string `yaml:"allow"`  // such as dbs:Describe*; empty for everything
	Denial string   `yaml:"denial"` // DenialByGateway, the default, or DenialByDBS
}

// The two shapes of a 403.
const (
	DenialByGateway = "gateway" // Forbidden.RAM as Code
	DenialByDBS     = "dbs"     // Request.Forbidden as ErrCode
)

// BackupPlan is one backup plan. Without Ranges it backs up no log, and can
// only be restored to its backup sets.
type BackupPlan struct {
	ID           string      `yaml:"id"`
	Name         string      `yaml:"name"`
	Account      string      `yaml:"account"` // owner's id; "" for the first
	Region       string      `yaml:"region"`
	Status       string      `yaml:"status"`       // "" means running
	DatabaseType string      `yaml:"databaseType"` // MySQL, PostgreSQL, MSSQL …
	BackupMethod string      `yaml:"backupMethod"` // logical (""), physical or duplication
	Created      time.Time   `yaml:"created"`
	Databases    []Database  `yaml:"databases"`
	Source       Source      `yaml:"source"`
	Ranges       []Range     `yaml:"ranges"`     // oldest first
	BackupSets   []BackupSet `yaml:"backupSets"` // oldest first
	Schedule     Schedule    `yaml:"schedule"`   // makes more backup sets
}

// Database is one database of a backup plan.
type Database struct {
	Name string `yaml:"name"`
	Size int64  `yaml:"size"` // bytes
}

// Source is what a backup plan backs up.
type Source struct {
	InstanceType string `yaml:"instanceType"` // "" means rds
	InstanceID   string `yaml:"instanceId"`
	IPPort       string `yaml:"ipPort"` // host:port
	UserName     string `yaml:"userName"`
	GatewayID    int64  `yaml:"gatewayId"` // 0 for none
}

// Range is a window of which every moment can be restored, both ends included.
// To is zero while the log is still being backed up: such a range ends at the
// start of the current hour.
type Range struct {
	From time.Time `yaml:"from"`
	To   time.Time `yaml:"to"`
}

// BackupSet is one full backup.
type BackupSet struct {
	ID            string    `yaml:"id"`
	Status        string    `yaml:"status"` // finish (""), schedule, running, stop or pause
	From          time.Time `yaml:"from"`
	To            time.Time `yaml:"to"`
	Expires       time.Time `yaml:"expires"` // zero for never
	Size          int64     `yaml:"size"`    // bytes
	StorageMethod string    `yaml:"storageMethod"`
}

// Schedule makes one backup set a day, for a number of days before today (UTC).
type Schedule struct {
	Days  int           `yaml:"days"`
	At    string        `yaml:"at"`    // HH:mm, UTC; "" means 18:00
	Lasts time.Duration `yaml:"lasts"` // 0 means 45 minutes
	Keep  int           `yaml:"keep"`  // days until a set expires; 0 means 30
}

// Gateway is a backup gateway, the way to hosts behind a type Agent.
type Gateway struct {
	ID         int64     `yaml:"id"`
	Identifier string    `yaml:"identifier"`
	Name       string    `yaml:"name"`
	Account    string    `yaml:"account"` // owner's id; "" for the first
	Region     string    `yaml:"region"`
	Status     string    `yaml:"status"` // ONLINE (""), OFFLINE, STOPPED or UPGRADING
	Host       string    `yaml:"host"`
	InternetIP string    `yaml:"internetIp"`
	IntranetIP string    `yaml:"intranetIp"`
	Created    time.Time `yaml:"created"`
}

// Destination is a database instance to restore to.
type Destination struct {
	ID        string   `yaml:"id"`        // instance id, or host:port where the host is given
	Databases []string `yaml:"databases"` // that exist there
	Users     []User   `yaml:"users"`     // that may connect; none means that everybody may
	FreeSpace int64    `yaml:"freeSpace"` // bytes; 0 means that it never fills up
	Down      bool     `yaml:"down"`      // restores to it fail the precheck
	Full      bool     `yaml:"full"`      // restores to it stop midway
	Flaky     int      `yaml:"flaky"`     // the first so many restores to it stop midway
}

// User is a database account of a destination.
type User struct {
	Name     string `yaml:"name"`
	Password string `yaml:"password"` // "" takes any
	Rights   string `yaml:"rights"`   // RightsAll (""), RightsDatabases or RightsRead
}

// Rights of a database account.
const (
	RightsAll       = "all"       // may make databases
	RightsDatabases = "databases" // may write to those that exist
	RightsRead      = "read"
)

// Speed is how fast things go.
type Speed struct {
	Throughput  int64         `yaml:"throughput"`  // bytes a second that a restore moves; 0 takes no time
	MinDuration time.Duration `yaml:"minDuration"` // added to the duration of every restore
	Precheck    time.Duration `yaml:"precheck"`    // that a precheck lasts
}

// OneKey returns the account of [Demo] with one access key, which may do
// everything.
func OneKey(id, secret string) []Account {
	return []Account{{ID: "1000000000000001", AccessKeys: []AccessKey{{ID: id, Secret: secret}}}}
}
