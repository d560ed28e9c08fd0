// Package plan decides what a manifest asks for, given what is known of the
// world.
//
// Planning has two steps, both pure. [Expand] turns a manifest into a [Draft]:
// one entry per item, templates executed, identity derived. [Draft.Questions]
// says what must be known to go on; package dbs reads it into [Facts].
// [Draft.Resolve] then gives the [Plan], the value that people review and that
// package runner carries out. Same manifest and same facts, same bytes.
//
// Of the time of planning restores that are written out, reading the YAML takes
// two fifths, checking the manifest a quarter, and the rest goes in about equal
// parts into expanding, resolving and writing. Half of all that is
// taking memory and giving it back, so what is made for every item is kept
// small: "make bench-plan" counts it.
package plan

import (
	"github.com/dbsrestore/dbsrestore/schema"
)

// FormatVersion is the version of the plan file that Encode writes and Decode
// reads.
const FormatVersion = 1

// Plan is the list of items with everything resolved. It holds references to
// secrets, never a secret. Fields may be added under the same FormatVersion;
// their names and meaning never change.
type Plan struct {
	FormatVersion int            `json:"formatVersion"`
	Manifest      ManifestRef    `json:"manifest"`
	Run           string         `json:"run"`               // the run key
	Target        string         `json:"target,omitempty"`  // endpoint and account that it was made with; "" when it was made offline
	Offline       bool           `json:"offline,omitempty"` // made without asking the service
	Limits        schema.Limits  `json:"limits"`
	Failure       schema.Failure `json:"failure"`
	Items         []Item         `json:"items"`            // in the manifest's order
	Digest        Digest         `json:"digest,omitempty"` // of all the above, see Encode
}

// ManifestRef names the manifest that a plan was made from.
type ManifestRef struct {
	Name   string `json:"name"`
	File   string `json:"file"` // its base name: the folder is the machine's
	Digest Digest `json:"digest"`
}

// Digest is "sha256:" and 64 hexadecimal digits.
type Digest string

// Key names an item: "orders", or "tenants[acme]" for a row of a forEach.
type Key string

// Token is a ClientToken: 52 characters of [a-z2-7], at most the 64 ASCII
// characters that the service allows (dbs-api.md §5).
type Token string

// Action is what apply will do with an item.
type Action string

// The actions.
const (
	Restore Action = "restore" // create, start and follow a restore task
	Adopt   Action = "adopt"   // a task of this item exists: finish it
	Done    Action = "done"    // finished in this run
	Failed  Action = "failed"  // ended as failed in this run; Reason says how
	Blocked Action = "blocked" // cannot be done; Reason says why
)

// Symbol returns the one character that stands for the action in a listing.
func (a Action) Symbol() string {
	switch a {
	case Restore:
		return "+"
	case Adopt:
		return "~"
	case Done:
		return "="
	case Failed:
		return "x"
	case Blocked:
		return "!"
	}
	return "?"
}

// Site is where calls about an item go: a profile of the vendor's CLI
// configuration ("" for the default credentials) and the DBS region of the
// backup plan.
type Site struct {
	Profile string `json:"profile,omitempty"`
	Region  string `json:"region"`
}

// Item is one CreateRestoreTask request and what is known around it.
type Item struct {
	Key             Key               `json:"key"`
	Action          Action            `json:"action"`
	Reason          string            `json:"reason,omitempty"` // why this action, for people
	Line            int               `json:"line"`             // of the restore in the manifest
	Site            Site              `json:"site"`
	Needs           []Key             `json:"needs,omitempty"`
	ClientToken     Token             `json:"clientToken"`     // of the first attempt
	RestoreTaskName string            `json:"restoreTaskName"` // of the first attempt
	Declared        Digest            `json:"declared"`        // of the request as the author wrote it
	At              string            `json:"at"`              // the moment as the author wrote it
	Parameters      Parameters        `json:"parameters"`
	BackupSetTime   int64             `json:"backupSetTime,omitempty"` // when the backup of Parameters.BackupSetId ended, Unix milliseconds; 0 when unknown
	Password        *schema.SecretRef `json:"password,omitempty"`
	Databases       []Database        `json:"databases,omitempty"`
	DatabaseType    string            `json:"databaseType,omitempty"` // of the backup plan, e.g. MySQL; "" when unknown
	Source          string            `json:"source,omitempty"`       // what the backup plan backs up: instance id, or ip:port; "" when unknown
	AllowInPlace    bool              `json:"allowInPlace,omitempty"` // the destination may be the source
	Destination     string            `json:"destination"`            // instance id (with the port for ECS), or ip:port; what perDestination counts
	Labels          map[string]string `json:"labels,omitempty"`
	Objective       *schema.Objective `json:"objective,omitempty"`
	Open            []string          `json:"open,omitempty"` // what an offline plan leaves to be asked
	Warnings        []string          `json:"warnings,omitempty"`
}

// Database is one database of an item, and its name at the destination.
type Database struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// Parameters are the parameters of CreateRestoreTask under their API names,
// in the order of the API page, without ClientToken, RestoreTaskName (an
// attempt's own, see [Item.Attempt]) and DestinationEndpointPassword (a secret).
// Zero values are not sent. Source: dbs-api.md §1.1.
type Parameters struct {
	BackupPlanId                    string `json:"BackupPlanId"`
	DestinationEndpointInstanceType string `json:"DestinationEndpointInstanceType"`
	DestinationEndpointRegion       string `json:"DestinationEndpointRegion,omitempty"`
	DestinationEndpointInstanceID   string `json:"DestinationEndpointInstanceID,omitempty"`
	DestinationEndpointIP           string `json:"DestinationEndpointIP,omitempty"`
	DestinationEndpointPort         int    `json:"DestinationEndpointPort,omitempty"`
	DestinationEndpointDatabaseName string `json:"DestinationEndpointDatabaseName,omitempty"`
	DestinationEndpointUserName     string `json:"DestinationEndpointUserName,omitempty"`
	BackupGatewayId                 int64  `json:"BackupGatewayId,omitempty"`
	RestoreObjects                  string `json:"RestoreObjects,omitempty"` // a JSON array as a string: [{"DBName":…,"NewDBName":…}]
	RestoreTime                     int64  `json:"RestoreTime,omitempty"`    // Unix milliseconds; excludes BackupSetId
	BackupSetId                     string `json:"BackupSetId,omitempty"`    // a full backup set; excludes RestoreTime
	DestinationEndpointOracleSID    string `json:"DestinationEndpointOracleSID,omitempty"`
	RestoreDir                      string `json:"RestoreDir,omitempty"`
	RestoreHome                     string `json:"RestoreHome,omitempty"`
	DuplicateConflict               string `json:"DuplicateConflict,omitempty"`
	CrossAliyunId                   string `json:"CrossAliyunId,omitempty"`
	CrossRoleName                   string `json:"CrossRoleName,omitempty"`
	OwnerId                         string `json:"OwnerId,omitempty"`
}

// Attempt is the identity of one try at an item. A new attempt is made only
// after the task of the one before is known to have ended as failed; every
// resend within an attempt carries the same two values.
type Attempt struct {
	ClientToken     Token
	RestoreTaskName string
}
