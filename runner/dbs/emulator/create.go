package emulator

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// kept are the parameters of CreateRestoreTask that a task is made of: all of
// them but ClientToken, kept apart, and DestinationEndpointPassword, which is
// looked at and forgotten. Unknown parameters are ignored, as in life.
// Source: dbs-api.md §1.1.
var kept = []string{
	"BackupPlanId", "DestinationEndpointInstanceType", "RestoreTaskName",
	"DestinationEndpointRegion", "DestinationEndpointInstanceID", "DestinationEndpointIP",
	"DestinationEndpointPort", "DestinationEndpointDatabaseName", "DestinationEndpointUserName",
	"BackupGatewayId", "RestoreObjects", "RestoreTime", "BackupSetId",
	"DestinationEndpointOracleSID", "RestoreDir", "RestoreHome", "DuplicateConflict",
	"CrossAliyunId", "CrossRoleName", "OwnerId",
}

func (d *DBS) createRestoreTask(q parameters, now time.Time) (reply, error) {
	if err := q.require("BackupPlanId", "DestinationEndpointInstanceType", "RestoreTaskName"); err != nil {
		return nil, err
	}
	given := make(map[string]string)
	for _, name := range kept {
		if q[name] != "" {
			given[name] = q[name]
		}
	}
	token := q["ClientToken"]
	if t := d.tasks.tokens[token]; t != nil && d.world.remembers(t.Created, now) {
		if !maps.Equal(t.Parameters, given) {
			return nil, mismatch()
		}
		return reply{"RestoreTaskId": t.ID}, nil
	}
	if err := d.check(q, now); err != nil {
		return nil, err
	}
	created := d.tasks.next(now)
	t := &task{ID: d.tasks.newID(created), ClientToken: token, Parameters: given, Created: created}
	if d.world.PrecheckAtCreate {
		t.Precheck = d.precheck(t, now)
	}
	if err := d.keep(event{Create: t}); err != nil {
		return nil, err
	}
	return reply{"RestoreTaskId": t.ID}, nil
}

func mismatch() error {
	return refuse(http.StatusBadRequest, "IdempotentParameterMismatch",
		"The request uses the same client token as a previous, but non-identical request.")
}

// keep writes an event down, synced, and then lets it count. The answer to the
// client comes after both.
func (d *DBS) keep(e event) error {
	if err := d.store.append(e); err != nil {
		return err
	}
	return d.tasks.apply(e)
}

// next returns when a task that is asked for now is created: never before the
// one before it, even when the clock was set back.
func (ts *tasks) next(now time.Time) time.Time {
	if n := len(ts.all); n > 0 && now.Before(ts.all[n-1].Created) {
		return ts.all[n-1].Created
	}
	return now
}

// newID returns an id that no task of this or an earlier emulator has: clients
// remember ids for longer than an emulator that keeps nothing.
func (ts *tasks) newID(created time.Time) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %d", created.UnixNano(), len(ts.all)))
	return "s1" + strings.ToLower(base32.StdEncoding.EncodeToString(h[:])[:12])
}

// needs are the parameters that a type of destination calls for. What those
// without any need is not documented. Source: dbs-api.md §1.2.
var needs = map[string][]string{
	"rds":     {"DestinationEndpointRegion", "DestinationEndpointInstanceID"},
	"ecs":     {"DestinationEndpointRegion", "DestinationEndpointInstanceID", "DestinationEndpointPort"},
	"dds":     {"DestinationEndpointRegion", "DestinationEndpointInstanceID"},
	"express": {"DestinationEndpointRegion", "DestinationEndpointInstanceID", "DestinationEndpointIP", "DestinationEndpointPort"},
	"agent":   {"DestinationEndpointRegion", "DestinationEndpointIP", "DestinationEndpointPort", "BackupGatewayId"},
	"other":   {"DestinationEndpointIP", "DestinationEndpointPort"},
	"dg":      nil, "kvstore": nil, "polardb": nil, "drds": nil,
}

// check holds a CreateRestoreTask against the rules of the API page.
func (d *DBS) check(q parameters, now time.Time) error {
	kind := strings.ToLower(q["DestinationEndpointInstanceType"])
	required, known := needs[kind]
	if !known {
		return d.fail(codeInvalid, "The value of DestinationEndpointInstanceType is not supported.")
	}
	plan := d.world.plans[q["BackupPlanId"]]
	if plan == nil {
		return d.fail(codeInvalid, "The backup plan does not exist.")
	}
	required = slices.Concat(required, needsOf(kind, strings.ToLower(plan.DatabaseType)))
	for _, name := range required {
		if q[name] == "" {
			return d.fail(codeMissing, "The parameter %s is needed for %s to a destination of type %s.",
				name, plan.DatabaseType, q["DestinationEndpointInstanceType"])
		}
	}
	if (q["CrossAliyunId"] == "") != (q["CrossRoleName"] == "") {
		return d.fail(codeMissing, "The parameters CrossAliyunId and CrossRoleName are needed together.")
	}
	switch strings.ToLower(q["DuplicateConflict"]) {
	case "", "renamenew", "failure":
	default:
		return d.fail(codeInvalid, "The value of DuplicateConflict is not supported.")
	}
	if err := d.checkNumbers(q); err != nil {
		return err
	}
	if err := d.checkObjects(q["RestoreObjects"]); err != nil {
		return err
	}
	return d.checkMoment(q, plan, now)
}

// needsOf are the parameters that an engine calls for, at a type of
// destination; both in lower case.
func needsOf(kind, engine string) (names []string) {
	if kind != "agent" {
		names = append(names, "RestoreObjects")
	}
	if engine != "redis" && (kind != "agent" || engine != "mssql") {
		names = append(names, "DestinationEndpointUserName", "DestinationEndpointPassword")
	}
	switch {
	case engine == "postgresql" || engine == "mongodb":
		names = append(names, "DestinationEndpointDatabaseName")
	case engine == "oracle":
		names = append(names, "DestinationEndpointOracleSID")
	case engine == "mysql" && kind == "agent":
		names = append(names, "RestoreDir")
	}
	return names
}

func (d *DBS) checkNumbers(q parameters) error {
	port, err := q.integer("DestinationEndpointPort", 1)
	if err != nil {
		return err
	}
	if port < 1 || port > 65535 {
		return d.fail(codeInvalid, "The value of DestinationEndpointPort is not a port.")
	}
	_, err = q.integer("BackupGatewayId", 0)
	return err
}

func (d *DBS) checkObjects(s string) error {
	if s == "" {
		return nil
	}
	var list []object
	dec := json.NewDecoder(strings.NewReader(s))
	dec.DisallowUnknownFields()
	err := dec.Decode(&list)
	if _, end := dec.Token(); err != nil || end != io.EOF || len(list) == 0 {
		return d.fail(codeInvalid, "The value of RestoreObjects is not a JSON array of DBName and NewDBName.")
	}
	targets := make(map[string]bool)
	for _, o := range list {
		if o.DBName == "" {
			return d.fail(codeInvalid, "An element of RestoreObjects has no DBName.")
		}
		// Several schemas of one database may go to one database.
		key := strings.ToLower(o.target() + "\n" + o.SchemaName)
		if targets[key] {
			return d.fail(codeInvalid, "RestoreObjects gives one name to several databases.")
		}
		targets[key] = true
	}
	return nil
}

// checkMoment holds RestoreTime and BackupSetId against what can be restored.
// That one of them must be there is not documented; nor is when DBS finds out
// that it cannot be restored.
func (d *DBS) checkMoment(q parameters, plan *BackupPlan, now time.Time) error {
	ms, err := q.integer("RestoreTime", 0)
	if err != nil {
		return err
	}
	switch set := q["BackupSetId"]; {
	case (q["RestoreTime"] == "") == (set == ""):
		return d.fail(codeInvalid, "Exactly one of RestoreTime and BackupSetId must be specified.")
	case set != "" && !plan.canRestore(set, now):
		return d.fail(codeInvalid, "The backup set does not exist, or cannot be restored.")
	case set == "" && !plan.canRestoreTo(time.UnixMilli(ms), now):
		return d.fail(codeInvalid, "The backup plan cannot be restored to this RestoreTime.")
	}
	return nil
}
