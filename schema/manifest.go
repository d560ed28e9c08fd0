// Package schema says what a manifest may contain, and reads one.
//
// [Parse] reads YAML into nodes, checks them against limits and the embedded
// JSON Schema ([JSON], draft 2020-12), merges the defaults under every
// restore and returns a [Manifest] of plain values. Templates stay text: a
// field that a forEach may fill is a string here even where the API wants a
// number, and package plan expands and checks it.
package schema

import (
	"time"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Version is the manifest version that this package reads.
const Version = 1

// Manifest is a manifest as its author meant it: defaults merged under every
// restore, absent limits filled in. Templates are not expanded.
type Manifest struct {
	Version  int            `json:"version"`
	Name     string         `json:"name"`
	Run      string         `json:"run,omitempty"`  // literal, template or "slot:DURATION"; "" when absent
	Vars     map[string]any `json:"vars,omitempty"` // string, bool, int64 or float64
	Limits   Limits         `json:"limits"`
	Failure  Failure        `json:"failure"`
	Restores []Restore      `json:"restores"`

	file   string
	digest string
	root   *node // for positions
}

// Limits bounds a run. Parse fills in the defaults.
type Limits struct {
	InFlight          int      `json:"inFlight"`              // restore tasks that exist and are not finished; default 16
	PerDestination    int      `json:"perDestination"`        // the same, per destination; default 2
	PerBackupPlan     int      `json:"perBackupPlan"`         // the same, per backup plan; default 4
	CreateAhead       int      `json:"createAhead,omitempty"` // tasks beyond inFlight that are created and wait to be started; 0 for none
	RequestsPerSecond float64  `json:"requestsPerSecond"`     // API calls per account and region; default 5
	PollInterval      Duration `json:"pollInterval"`          // shortest time between two looks at a task; default 5s
}

// Failure says when a run gives up.
type Failure struct {
	Max         string   `json:"max,omitempty"` // "5" items or "2%"; "" for never
	Attempts    int      `json:"attempts"`      // tries per item when the service ends a task as failed; default 1
	Timeout     Duration `json:"timeout"`       // per task from its start; default 12h
	ListLag     Duration `json:"listLag"`       // how long a task may be missing from the list; default 1m
	ResendAfter Duration `json:"resendAfter"`   // from the intent of a create whose answer was lost; default 20m
}

// Duration is a time.Duration written as "90s", "12h".
type Duration time.Duration

// Restore is one entry of the manifest, with the defaults merged in. Any
// string may be a template, except Name and those of ForEach.
type Restore struct {
	Name              string            `json:"name"`
	Region            string            `json:"region,omitempty"`  // DBS region of the backup plan
	Profile           string            `json:"profile,omitempty"` // of the vendor's CLI configuration
	BackupPlanID      string            `json:"backupPlanId"`
	At                At                `json:"at"`
	Databases         []string          `json:"databases,omitempty"` // names or globs
	Exclude           []string          `json:"exclude,omitempty"`   // names or globs
	Rename            Rename            `json:"rename"`
	ForEach           *ForEach          `json:"forEach,omitempty"`
	Destination       Destination       `json:"destination"`
	DuplicateConflict string            `json:"duplicateConflict,omitempty"` // "" or "renamenew"
	CrossAccount      *CrossAccount     `json:"crossAccount,omitempty"`
	OwnerID           string            `json:"ownerId,omitempty"` // legacy parameter, sent only when given
	AllowInPlace      bool              `json:"allowInPlace,omitempty"`
	Needs             []string          `json:"needs,omitempty"` // restore names or item keys
	Labels            map[string]string `json:"labels,omitempty"`
	Objective         *Objective        `json:"objective,omitempty"`
}

// At is the moment to restore: exactly one field is set.
type At struct {
	Text        string `json:"text,omitempty"`        // latest, latest-full, RFC 3339, or a duration back such as -6h
	RestoreTime string `json:"restoreTime,omitempty"` // Unix milliseconds in decimal digits
	BackupSetID string `json:"backupSetId,omitempty"`
}

// Rename says how databases are renamed: a Template over .db, or Rules of
// which the first match wins. Both empty keeps every name.
type Rename struct {
	Template string       `json:"template,omitempty"`
	Rules    []RenameRule `json:"rules,omitempty"`
}

// RenameRule maps names that match a regular expression (RE2, unanchored) to
// To, a template in which ${1} stands for the first group.
type RenameRule struct {
	Match string `json:"match"`
	To    string `json:"to"`
}

// ForEach makes one item per row. Exactly one of Values, Rows and CSV is set;
// Key names the column that identifies a row of Rows or CSV.
type ForEach struct {
	Values []string            `json:"values,omitempty"`
	Rows   []map[string]string `json:"rows,omitempty"`
	CSV    string              `json:"csv,omitempty"` // path relative to the manifest
	Key    string              `json:"key,omitempty"`
}

// Destination is where the databases go, in the API's terms.
type Destination struct {
	InstanceType    string     `json:"instanceType,omitempty"` // RDS ECS Express Agent DDS Other dg
	Region          string     `json:"region,omitempty"`
	InstanceID      string     `json:"instanceId,omitempty"`
	IP              string     `json:"ip,omitempty"`
	Port            string     `json:"port,omitempty"` // decimal digits or a template
	DatabaseName    string     `json:"databaseName,omitempty"`
	UserName        string     `json:"userName,omitempty"`
	Password        *SecretRef `json:"password,omitempty"`
	OracleSID       string     `json:"oracleSid,omitempty"`
	BackupGatewayID string     `json:"backupGatewayId,omitempty"` // decimal digits or a template
	RestoreDir      string     `json:"restoreDir,omitempty"`
	RestoreHome     string     `json:"restoreHome,omitempty"`
}

// SecretRef says where a secret is to be read, never the secret itself:
// exactly one field is set.
type SecretRef struct {
	Env  string `json:"env,omitempty"`  // name of an environment variable
	File string `json:"file,omitempty"` // path of a file
}

// Valid reports whether exactly one field is set, Env to what can be the name of
// a variable: letters, digits and underscores.
func (r SecretRef) Valid() bool {
	if r.Env == "" {
		return r.File != ""
	}
	return r.File == "" && environmentName().MatchString(r.Env)
}

// CrossAccount names the account that owns the backup, for backups across
// accounts. Both fields are set.
type CrossAccount struct {
	AliyunID string `json:"aliyunId"`
	RoleName string `json:"roleName"`
}

// Objective is what a restore is measured against. Zero means none.
type Objective struct {
	RTO Duration `json:"rto,omitempty"`
	RPO Duration `json:"rpo,omitempty"`
}

// File returns the name that the manifest was read under.
func (m *Manifest) File() string { return m.file }

// Digest returns "sha256:" and the hash of the source bytes, line ends as LF.
func (m *Manifest) Digest() string { return m.digest }

// Pos returns the place of the value at a JSON pointer such as
// "/restores/3/destination/port". A value that came from the defaults has its
// place there; of what is not in the manifest, the nearest parent's is given.
func (m *Manifest) Pos(pointer string) diag.Pos {
	if m.root == nil { // not read from a source
		return diag.Pos{File: m.file}
	}
	l, _ := m.find(pointer)
	n := l.top()
	return diag.Pos{File: m.file, Line: int(n.line), Col: int(n.col)}
}

// Inherited reports whether the value at a JSON pointer such as
// "/restores/3/destination/port" is that of the defaults, and not one that the
// restore sets. It is false of what is not in the manifest, and of a mapping
// to which the restore adds.
func (m *Manifest) Inherited(pointer string) bool {
	l, found := m.find(pointer)
	return found && l.own == nil
}
