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
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
)

// kept are the parameters of CreateRestoreTask that a task is made of: all of
// them but ClientToken, kept apart, and DestinationEndpointPassword, which is
// looked at and forgotten.
// Source: dbs-api.md §1.1.
var kept = []string{
	"BackupPlanId", "DestinationEndpointInstanceType", "RestoreTaskName",
	"DestinationEndpointRegion", "DestinationEndpointInstanceID", "DestinationEndpointIP",
	"DestinationEndpointPort", "DestinationEndpointDatabaseName", "DestinationEndpointUserName",
	"BackupGatewayId", "RestoreObjects", "RestoreTime", "BackupSetId",
	"DestinationEndpointOracleSID", "RestoreDir", "RestoreHome", "DuplicateConflict",
	"CrossAliyunId", "CrossRoleName", "OwnerId",
}

func (d *DBS) createRestoreTask(c *call) (reply, error) {
	given := make(map[string]string)
	for _, name := range kept {
		if value := c.q[name]; value != "" {
			given[name] = value
		}
	}
	if err := d.poisonedBy(c); err != nil {
		return nil, err
	}
	token := c.q["ClientToken"]
	if t := d.tasks.tokens[owned{c.account, token}]; t != nil && d.remembers(c, t.Created) {
		if !maps.Equal(t.Parameters, given) {
			return nil, d.mismatch()
		}
		c.effects = append(c.effects, effect{Again: t.ID})
		return reply{"RestoreTaskId": t.ID}, nil
	}
	if err := d.check(c); err != nil {
		return nil, err
	}
	created := d.tasks.next(c.now)
	t := &task{ID: d.tasks.newID(created), Account: c.account, ClientToken: token, Parameters: given, Created: created}
	t.LoginFails = !d.knows(t.destination(), c.q)
	if d.world.Behaviour.PrecheckAtCreate {
		t.Precheck = d.precheck(t, c.now)
	}
	if err := d.keep(event{Create: t}); err != nil {
		return nil, err
	}
	c.effects = append(c.effects, effect{Create: t.ID})
	return reply{"RestoreTaskId": t.ID}, nil
}

const mismatchMessage = "The request uses the same client token as a previous, but non-identical request."

func (d *DBS) mismatch() error {
	return gateway.Refuse(http.StatusBadRequest, d.world.Behaviour.TokenMismatchCode, mismatchMessage)
}

// knows reports whether a destination takes the user name and the password of
// a request. The password is not kept: this is when it is looked at.
func (d *DBS) knows(destination string, q gateway.Parameters) bool {
	if q["DestinationEndpointUserName"] == "" {
		return true // of an engine that needs none
	}
	users := d.world.destinations[destination].Users
	for _, u := range users {
		if u.Name == q["DestinationEndpointUserName"] {
			return u.Password == "" || u.Password == q["DestinationEndpointPassword"]
		}
	}
	return len(users) == 0
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
// without any need is not documented: the world says it. Source: dbs-api.md §1.2.
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
func (d *DBS) check(c *call) error {
	q := c.q
	kind := strings.ToLower(q["DestinationEndpointInstanceType"])
	required, known := needs[kind]
	if !known {
		return d.fail(codeInvalid, "The value of DestinationEndpointInstanceType is not supported.")
	}
	plan := d.world.plan(c.account, q["BackupPlanId"])
	if plan == nil {
		return d.fail(codeInvalid, "The backup plan does not exist.")
	}
	required = slices.Concat(required, d.world.Behaviour.Needs[kind], needsOf(kind, strings.ToLower(plan.DatabaseType)))
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
	if port := c.integer("DestinationEndpointPort", 1); port < 1 || port > 65535 {
		return d.fail(codeInvalid, "The value of DestinationEndpointPort is not a port.")
	}
	if g, known := d.world.gateways[c.integer("BackupGatewayId", 0)]; kind == "agent" && (!known || g.Account != c.account) {
		return d.fail(codeInvalid, "The backup gateway does not exist.")
	}
	if d.world.Behaviour.UniqueTaskNames && d.tasks.hasName(plan.ID, q["RestoreTaskName"]) {
		return d.fail(codeInvalid, "The value of RestoreTaskName is in use.")
	}
	if err := d.checkObjects(q["RestoreObjects"]); err != nil {
		return err
	}
	return d.checkMoment(c, plan)
}

// hasName reports whether a task of a backup plan has a name.
func (ts *tasks) hasName(plan, name string) bool {
	return slices.ContainsFunc(ts.byPlan[plan], func(t *task) bool { return t.Parameters["RestoreTaskName"] == name })
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
func (d *DBS) checkMoment(c *call, plan *backupPlan) error {
	b := d.world.Behaviour
	set, given := c.q["BackupSetId"], c.q["RestoreTime"] != ""
	if given && set != "" || !given && set == "" && !b.MomentOptional {
		return d.fail(codeInvalid, "Exactly one of RestoreTime and BackupSetId must be specified.")
	}
	if b.MomentCheckedAtRun {
		return nil
	}
	if problem := d.momentProblem(plan, c.q, c.now); problem != "" {
		return d.fail(codeInvalid, "%s", problem)
	}
	return nil
}

// momentProblem says why a plan cannot be restored to what parameters ask for,
// "" when it can.
func (d *DBS) momentProblem(plan *backupPlan, parameters map[string]string, now time.Time) string {
	ms, err := strconv.ParseInt(parameters["RestoreTime"], 10, 64)
	switch set := parameters["BackupSetId"]; {
	case set != "" && !plan.canRestore(set, now):
		return "The backup set does not exist, or cannot be restored."
	case err == nil && !plan.canRestoreTo(time.UnixMilli(ms), now, !d.world.Behaviour.PointTimesRefused):
		return "The backup plan cannot be restored to this RestoreTime."
	}
	return ""
}
