package emulator_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// behaviourCase is a field of [world.Behaviour] with what is seen by default
// and what once it is set.
type behaviourCase struct {
	set          func(*world.Behaviour)
	ask          func(c *caller) string
	before, then string
}

// behaviourCases has a case for every field, by its name. They are played in
// virtual time, at midnight.
var behaviourCases = map[string]behaviourCase{
	"FinishWord": {func(b *world.Behaviour) { b.FinishWord = "completed" }, func(c *caller) string {
		return c.over(c.create())
	}, "finish", "completed"},
	"PrecheckAtCreate": {func(b *world.Behaviour) { b.PrecheckAtCreate = true }, func(c *caller) string {
		id := c.create()
		time.Sleep(time.Minute)
		return c.status(id)
	}, "init", "check_pass"},
	"SecondStartIsFine": {func(b *world.Behaviour) { b.SecondStartIsFine = true }, func(c *caller) string {
		id := c.create()
		c.start(id)
		return fmt.Sprintf("%s, %d started", c.ends("StartRestoreTask", "RestoreTaskId", id), c.to.(*emulator.DBS).Summary().Started)
	}, "200 InvalidParameter, 1 started", "200 ok, 1 started"},
	"ClientTokens": {func(b *world.Behaviour) { b.ClientTokens.Ignored = true }, func(c *caller) string {
		c.create("ClientToken", "t")
		c.create("ClientToken", "t")
		return fmt.Sprint(c.to.(*emulator.DBS).Summary().Created, " created")
	}, "1 created", "2 created"},
	"TokenMismatchCode": {func(b *world.Behaviour) { b.TokenMismatchCode = "Mismatch" }, func(c *caller) string {
		c.create("ClientToken", "t")
		return c.made("ClientToken", "t", "RestoreTaskName", "other")
	}, "400 IdempotentParameterMismatch", "400 Mismatch"},

	"FailureStatus": {func(b *world.Behaviour) { b.FailureStatus = 403 }, func(c *caller) string {
		return c.made("BackupPlanId", "dbs1unknown")
	}, "200 InvalidParameterValid", "403 InvalidParameterValid"},
	"FailuresAsGatewayErrors": {func(b *world.Behaviour) { b.FailuresAsGatewayErrors = true }, func(c *caller) string {
		a := c.call("CreateRestoreTask", orders("BackupPlanId", "dbs1unknown"))
		return fmt.Sprintf("%d Code %q ErrCode %q", a.Status, a.Code, a.ErrCode)
	}, `200 Code "" ErrCode "InvalidParameterValid"`, `400 Code "InvalidParameterValid" ErrCode ""`},

	"DefaultFormat": {func(b *world.Behaviour) { b.DefaultFormat = "JSON" }, func(c *caller) string {
		return c.call("DescribeRegions", map[string]string{"Format": "-"}).Body[:1]
	}, "<", "{"},
	"FormParametersIgnored": {func(b *world.Behaviour) { b.FormParametersIgnored = true }, func(c *caller) string {
		q := sign("POST", orders("Action", "CreateRestoreTask"), "emulator", 1, time.Now())
		body := url.Values{"RestoreTaskName": q["RestoreTaskName"]}
		q.Del("RestoreTaskName")
		return "code " + send(c.t, c.to, "POST", q.Encode(), body.Encode()).code()
	}, "code ", "code MissingRestoreTaskName"},
	"RequestsPerSecond": {func(b *world.Behaviour) { b.RequestsPerSecond = 2 }, func(c *caller) string {
		s := c.strikes(4, "Throttling.User", "DescribeRegions", nil)
		time.Sleep(time.Second / 2)
		return s + c.strikes(2, "Throttling.User", "DescribeRegions", nil)
	}, "......", "..xx.x"},

	"ListLag": {func(b *world.Behaviour) { b.ListLag = time.Minute }, func(c *caller) string {
		id := c.create()
		first := c.total("RestoreTaskId", id)
		time.Sleep(time.Minute)
		return first + ", " + c.total("RestoreTaskId", id)
	}, "1, 1", "0, 1"},
	"MaxIDs": {func(b *world.Behaviour) { b.MaxIDs = 2 }, func(c *caller) string {
		return c.ends("DescribeRestoreTaskList", "RestoreTaskId", "a,b") + ", " + c.ends("DescribeRestoreTaskList", "RestoreTaskId", "a,b,c") + ", " +
			c.ends("DescribeBackupPlanList", "BackupPlanId", "dbs1demomysql01,dbs1demomysql02,dbs1demomysql03")
	}, "200 ok, 200 ok, 200 ok", "200 ok, 200 InvalidParameterValid, 200 InvalidParameterValid"},
	"UnknownIDsRefused": {func(b *world.Behaviour) { b.UnknownIDsRefused = true }, func(c *caller) string {
		return c.ends("DescribeRestoreTaskList", "RestoreTaskId", c.create()+",s1unknown")
	}, "200 ok", "200 InvalidParameterValid"},
	"FixedPageSizes": {func(b *world.Behaviour) { b.FixedPageSizes = true }, func(c *caller) string {
		return c.ends("DescribeBackupPlanList", "PageSize", "20") + ", " + c.ends("DescribeBackupPlanList", "PageSize", "50")
	}, "200 ok, 200 ok", "200 InvalidParameterValid, 200 ok"},
	"ListTimestamps": {func(b *world.Behaviour) { b.ListTimestamps = "milliseconds" }, func(c *caller) string {
		seconds := strings.TrimSuffix(millis(time.Now().AddDate(0, 0, -2)), "000")
		return fmt.Sprint(c.call("DescribeFullBackupList", map[string]string{"BackupPlanId": "dbs1demomysql01", "StartTimestamp": seconds}).TotalElements)
	}, "2", "7"}, // as milliseconds it is in January 1970
	"ShowFlagsNeeded": {func(b *world.Behaviour) { b.ShowFlagsNeeded = true }, func(c *caller) string {
		shown := func(params ...string) bool {
			return strings.Contains(c.list("DescribeBackupPlanList", params...).Body, `"EndTimestampForRestore"`)
		}
		return fmt.Sprint(shown(), shown("ShowRecoverTimeRange", "true"), shown("ShowRecoverTimeRange", "false"))
	}, "true true true", "false true false"},
	"PointTimesRefused": {func(b *world.Behaviour) { b.PointTimesRefused = true }, func(c *caller) string {
		return c.made("BackupPlanId", "dbs1demomysql06", "RestoreTime", millis(time.Now().AddDate(0, 0, -2).Add(18*time.Hour)))
	}, "200 ok", "200 InvalidParameterValid"},
	"MomentOptional": {func(b *world.Behaviour) { b.MomentOptional = true }, func(c *caller) string {
		return c.made("RestoreTime", "")
	}, "200 InvalidParameterValid", "200 ok"},
	"MomentCheckedAtRun": {func(b *world.Behaviour) { b.MomentCheckedAtRun = true }, func(c *caller) string {
		if saw := c.made("RestoreTime", "1"); saw != "200 ok" {
			return saw
		}
		return c.over(c.to.(*emulator.DBS).Summary().Tasks[0].ID)
	}, "200 InvalidParameterValid", "stop"},
	"ObjectsAreRegexps": {func(b *world.Behaviour) { b.ObjectsAreRegexps = true }, func(c *caller) string {
		id := c.create("BackupPlanId", "dbs1demomysql03", "RestoreObjects", `[{"DBName":"tenant_[a-h].*_prod"}]`)
		status := c.over(id)
		return status + " " + strings.Join(c.to.(*emulator.DBS).Summary().Tasks[0].Databases, " ")
	}, "init ", "finish tenant_acme_prod tenant_globex_prod"},
	"RenamedName": {func(b *world.Behaviour) { b.RenamedName = "{name}_new" }, func(c *caller) string {
		c.over(c.create())
		id := c.create("DuplicateConflict", "renamenew")
		c.over(id)
		return strings.ReplaceAll(strings.Join(c.to.(*emulator.DBS).Summary().Tasks[1].Databases, " "), id, "ID")
	}, "orders_drill_ID", "orders_drill_new"},
	"UniqueTaskNames": {func(b *world.Behaviour) { b.UniqueTaskNames = true }, func(c *caller) string {
		c.create()
		return c.made() + ", " + c.made("RestoreTaskName", "other")
	}, "200 ok, 200 ok", "200 InvalidParameterValid, 200 ok"},
	"OnlyKnownDestinations": {func(b *world.Behaviour) { b.OnlyKnownDestinations = true }, func(c *caller) string {
		return c.over(c.create("DestinationEndpointInstanceID", "rm-unknown")) + ", " + c.over(c.create())
	}, "finish, finish", "init, finish"},
	"Needs": {func(b *world.Behaviour) { b.Needs = map[string][]string{"polardb": {"RestoreDir"}} }, func(c *caller) string {
		return c.made("DestinationEndpointInstanceType", "PolarDB") + ", " + c.made("DestinationEndpointInstanceType", "DG")
	}, "200 ok, 200 ok", "200 Param.NotFound, 200 ok"},
}

// list makes a call with parameters as pairs.
func (c *caller) list(action string, params ...string) answer {
	c.t.Helper()
	all := make(map[string]string)
	for i := 0; i < len(params); i += 2 {
		all[params[i]] = params[i+1]
	}
	return c.call(action, all)
}

// ends returns the HTTP status of a call with ok or the error's code.
func (c *caller) ends(action string, params ...string) string {
	c.t.Helper()
	return c.list(action, params...).end()
}

func (a answer) end() string {
	if a.Success {
		return fmt.Sprintf("%d ok", a.Status)
	}
	return fmt.Sprintf("%d %s", a.Status, a.code())
}

// made returns how a CreateRestoreTask ends.
func (c *caller) made(extra ...string) string {
	c.t.Helper()
	return c.call("CreateRestoreTask", orders(extra...)).end()
}

func (c *caller) status(id string) string {
	c.t.Helper()
	return c.task(id)["RestoreStatus"].(string)
}

// over starts a task and returns its status when it is over.
func (c *caller) over(id string) string {
	c.t.Helper()
	c.start(id)
	time.Sleep(time.Hour)
	return c.status(id)
}

// total returns how many tasks are found.
func (c *caller) total(params ...string) string {
	c.t.Helper()
	return fmt.Sprint(c.list("DescribeRestoreTaskList", params...).TotalElements)
}

func TestEachBehaviourChangesWhatItSays(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[world.Behaviour]()) {
		tt, has := behaviourCases[field.Name]
		if !has {
			t.Errorf("the behaviour %s has no case", field.Name)
			continue
		}
		for _, set := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s set: %v", field.Name, set), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := slow()
					want := tt.before
					if set {
						want = tt.then
						tt.set(&w.Behaviour)
						if reflect.ValueOf(w.Behaviour).FieldByName(field.Name).IsZero() {
							t.Fatalf("got %s unset by its own case", field.Name)
						}
					}
					if got := tt.ask(&caller{t: t, to: open(t, emulator.Options{World: w}), calls: 1000}); got != want {
						t.Errorf("got %q, want %q", got, want)
					}
				})
			})
		}
	}
	for name := range behaviourCases {
		if _, known := reflect.TypeFor[world.Behaviour]().FieldByName(name); !known {
			t.Errorf("there is no behaviour %s", name)
		}
	}
}
