package emulator_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// as makes calls with another access key; all secrets are "emulator".
func (c *caller) as(key, action string, params map[string]string) answer {
	c.t.Helper()
	all := map[string]string{"AccessKeyId": key}
	maps.Copy(all, params)
	return c.call(action, all)
}

// errorCode returns what DescribeJobErrorCode says about a task: its code, the
// task's state, the kind of job and the message. Without an error it is "".
func (c *caller) errorCode(id, language string) string {
	c.t.Helper()
	a := c.call("DescribeJobErrorCode", map[string]string{"TaskId": id, "Language": language})
	var body struct {
		Item struct{ JobId, JobState, JobType, ErrorCode, ErrorMessage, Language string }
	}
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || !a.Success {
		c.t.Fatalf("got %s, %v", a.Body, err)
	}
	i := body.Item
	if i.JobId != id || i.Language != language {
		c.t.Errorf("got %+v, want it about %s in %s", i, id, language)
	}
	text := strings.TrimSpace(strings.Join([]string{i.ErrorCode, i.JobState, i.JobType}, " ")) + ": " + i.ErrorMessage
	return strings.TrimPrefix(text, ": ")
}

func TestADenialHasOneOfTwoShapes(t *testing.T) {
	denied := func(denial string) []world.AccessKey {
		return []world.AccessKey{{ID: "of-" + denial, Secret: "emulator",
			Permission: world.Permission{Allow: []string{"dbs:Nothing"}, Denial: denial}}}
	}
	w := world.World{Accounts: []world.Account{
		{ID: "1000", AccessKeys: slices.Concat(denied("gateway"), denied("dbs"), denied(""))}}}
	c := &caller{t: t, to: open(t, emulator.Options{World: w})}
	for _, op := range emulator.Operations() {
		for _, key := range []string{"of-gateway", "of-"} {
			t.Run(op.Name+" is refused by the gateway "+key, func(t *testing.T) {
				a := c.as(key, op.Name, nil)
				if a.Status != 403 || a.Code != "Forbidden.RAM" || a.ErrCode != "" || a.HostId == "" {
					t.Errorf("got %d %s, want 403 Forbidden.RAM", a.Status, a.Body)
				}
				var body struct {
					AccessDeniedDetail struct{ AuthAction, AuthPrincipalOwnerId, NoPermissionType string }
				}
				if err := json.Unmarshal([]byte(a.Body), &body); err != nil {
					t.Fatal(err)
				}
				got := body.AccessDeniedDetail
				if got.AuthAction != "dbs:"+op.Name || got.AuthPrincipalOwnerId != "1000" || got.NoPermissionType != "ImplicitDeny" {
					t.Errorf("got detail %+v, want one about dbs:%s", got, op.Name)
				}
			})
		}
		t.Run(op.Name+" is refused by DBS", func(t *testing.T) {
			a := c.as("of-dbs", op.Name, nil)
			if a.Status != 403 || a.ErrCode != "Request.Forbidden" || a.Code != "" || a.Success ||
				!strings.Contains(a.Body, `"HttpStatusCode":403`) || strings.Contains(a.Body, "AccessDeniedDetail") {
				t.Errorf("got %d %s, want 403 Request.Forbidden", a.Status, a.Body)
			}
		})
	}
}

func TestPermissionsOfAKeyComeBeforeThoseOfItsAccount(t *testing.T) {
	const regions, create = "DescribeRegions", "CreateRestoreTask"
	only := func(allow, denial string) world.Permission {
		p := world.Permission{Denial: denial}
		if allow != "" {
			p.Allow = strings.Split(allow, " ")
		}
		return p
	}
	for _, tt := range []struct {
		name            string
		account, key    world.Permission
		regions, create string // codes of the two operations
	}{
		{"nothing said means everything", only("", ""), only("", ""), "", "MissingBackupPlanId"},
		{"the account's are the key's", only("dbs:Describe*", ""), only("", ""), "", "Forbidden.RAM"},
		{"the key's are its own, and wider", only("dbs:Describe*", ""), only("dbs:*", ""), "", "MissingBackupPlanId"},
		{"the key's are its own, and others", only("dbs:Describe*", ""), only("dbs:CreateRestoreTask", ""), "Forbidden.RAM", "MissingBackupPlanId"},
		{"several patterns", only("dbs:DescribeRegions dbs:Create*", ""), only("", ""), "", "MissingBackupPlanId"},
		{"another service's right", only("rds:*", ""), only("", ""), "Forbidden.RAM", "Forbidden.RAM"},
		{"the account's shape", only("dbs:None", "dbs"), only("", ""), "Request.Forbidden", "Request.Forbidden"},
		{"the key's shape", only("dbs:None", "dbs"), only("", "gateway"), "Forbidden.RAM", "Forbidden.RAM"},
		{"the account's shape for the key's rights", only("", "dbs"), only("dbs:None", ""), "Request.Forbidden", "Request.Forbidden"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &caller{t: t, to: open(t, emulator.Options{World: world.World{Accounts: []world.Account{{
				ID: "1", Permission: tt.account, AccessKeys: []world.AccessKey{{ID: "emulator", Secret: "emulator", Permission: tt.key}},
			}}}})}
			if a := c.call(regions, nil); a.code() != tt.regions {
				t.Errorf("got %s for %s, want code %q", a.Body, regions, tt.regions)
			}
			if a := c.call(create, nil); a.code() != tt.create {
				t.Errorf("got %s for %s, want code %q", a.Body, create, tt.create)
			}
		})
	}
}

// twoAccounts returns the demo's world with a second account, whose key is
// "stranger". It has a plan and a gateway of its own.
func twoAccounts() world.World {
	w := slow()
	w.Accounts = append(w.Accounts, world.Account{ID: "2", AccessKeys: []world.AccessKey{{ID: "stranger", Secret: "emulator"}}})
	w.BackupPlans = append(w.BackupPlans, world.BackupPlan{ID: "dbs1stranger", Name: "theirs", Account: "2", Region: "cn-hangzhou",
		DatabaseType: "MySQL", Databases: []world.Database{{Name: "orders"}}, Ranges: []world.Range{{From: time.Now().AddDate(0, 0, -30)}}})
	w.Gateways = append(w.Gateways, world.Gateway{ID: 2, Identifier: "gw-stranger", Account: "2", Region: "cn-hangzhou"})
	return w
}

func TestAccountsDoNotSeeEachOther(t *testing.T) {
	w := twoAccounts()
	w.Faults.Rules = []world.Fault{{Kind: "tokenPoisoned", Operation: "CreateRestoreTask", Where: map[string]string{"ClientToken": "poison"}, Count: 1}}
	d := open(t, emulator.Options{World: w})
	c := &caller{t: t, to: d}
	id := c.create("ClientToken", "token")
	span := map[string]string{"BackupPlanId": "dbs1demomysql01", "BeginTimestampForRestore": "0", "EndTimestampForRestore": millis(time.Now())}
	plan := map[string]string{"BackupPlanId": "dbs1demomysql01"}
	task := map[string]string{"RestoreTaskId": id}
	for name, tt := range map[string]struct {
		action string
		params map[string]string
	}{
		"a plan by id":                      {"DescribeBackupPlanList", plan},
		"the windows of a plan":             {"DescribeRestoreRangeInfo", span},
		"the backup sets of a plan":         {"DescribeFullBackupList", plan},
		"the log of a plan":                 {"DescribeIncrementBackupList", plan},
		"the tasks of a plan":               {"DescribeRestoreTaskList", plan},
		"the precheck of a plan":            {"DescribePreCheckProgressList", plan},
		"the precheck of a task":            {"DescribePreCheckProgressList", task},
		"the error code of a task":          {"DescribeJobErrorCode", map[string]string{"TaskId": id}},
		"the start of a task":               {"StartRestoreTask", task},
		"a restore of a plan":               {"CreateRestoreTask", orders()},
		"a restore through its own gateway": {"CreateRestoreTask", agentOf("2", "dbs1demomysql01")},
		"a restore through a gateway":       {"CreateRestoreTask", agentOf("23210001", "dbs1stranger")},
	} {
		t.Run("a stranger is refused "+name, func(t *testing.T) {
			c := &caller{t: t, to: d, calls: c.calls}
			if a := c.as("stranger", tt.action, tt.params); a.code() != "InvalidParameterValid" {
				t.Errorf("got %s, want InvalidParameterValid", a.Body)
			}
		})
		c.calls++
	}
	t.Run("a stranger finds no task by its id", func(t *testing.T) {
		if a := c.as("stranger", "DescribeRestoreTaskList", task); !a.Success || a.TotalElements != 0 {
			t.Errorf("got %s, want nothing", a.Body)
		}
		if a := c.call("DescribeRestoreTaskList", task); a.TotalElements != 1 {
			t.Errorf("got %s, want the owner's task", a.Body)
		}
	})
	t.Run("lists hold what is one's own", func(t *testing.T) {
		region := map[string]string{"Region": "cn-hangzhou"}
		if a := c.as("stranger", "DescribeBackupPlanList", nil); a.TotalElements != 1 || a.Items.BackupPlanDetail[0]["BackupPlanId"] != "dbs1stranger" {
			t.Errorf("got plans %s, want dbs1stranger alone", a.Body)
		}
		if a := c.call("DescribeBackupPlanList", nil); a.TotalElements != 12 {
			t.Errorf("got plans %s, want 12", a.Body)
		}
		if a := c.as("stranger", "DescribeBackupGatewayList", region); a.TotalElements != 1 || !strings.Contains(a.Body, "gw-stranger") {
			t.Errorf("got gateways %s, want gw-stranger alone", a.Body)
		}
		if a := c.call("DescribeBackupGatewayList", region); a.TotalElements != 2 || strings.Contains(a.Body, "gw-stranger") {
			t.Errorf("got gateways %s, want two", a.Body)
		}
	})
	t.Run("a ClientToken is an account's own", func(t *testing.T) {
		theirs := orders("ClientToken", "token", "BackupPlanId", "dbs1stranger")
		a := c.as("stranger", "CreateRestoreTask", theirs)
		if !a.Success || a.RestoreTaskId == id {
			t.Errorf("got %s, want a task of its own", a.Body)
		}
		if a := c.call("CreateRestoreTask", orders("ClientToken", "poison")); a.code() != "InternalError" {
			t.Errorf("got %s, want InternalError", a.Body)
		}
		theirs["ClientToken"] = "poison"
		if a := c.as("stranger", "CreateRestoreTask", theirs); !a.Success {
			t.Errorf("got %s, want that the other's poison does no harm", a.Body)
		}
		if a := c.call("CreateRestoreTask", orders("ClientToken", "poison")); a.code() != "IdempotentFailed" {
			t.Errorf("got %s, want IdempotentFailed", a.Body)
		}
	})
}

// agentOf are parameters of a restore through a gateway.
func agentOf(gateway, plan string) map[string]string {
	return orders(append(behindGateway(gateway), "BackupPlanId", plan)...)
}

// behindGateway changes a restore to one of a host behind a gateway.
func behindGateway(gateway string) []string {
	return []string{"DestinationEndpointInstanceType", "Agent", "BackupGatewayId", gateway, "RestoreDir", "/data",
		"DestinationEndpointInstanceID", "", "DestinationEndpointIP", "10.0.0.8", "DestinationEndpointPort", "3306"}
}

func TestKeysThatAreOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{t: t, to: open(t, emulator.Options{World: world.World{Accounts: []world.Account{{ID: "1", AccessKeys: []world.AccessKey{
			{ID: "inactive", Secret: "emulator", Inactive: true},
			{ID: "STS.hour", Secret: "emulator", SecurityToken: "token", Lifetime: time.Hour},
			{ID: "STS.ever", Secret: "emulator", SecurityToken: "token"},
		}}}}})}
		ask := func(key, code string) {
			t.Helper()
			params := map[string]string{}
			if strings.HasPrefix(key, "STS.") {
				params["SecurityToken"] = "token"
			}
			if a := c.as(key, "DescribeRegions", params); a.code() != code || code != "" && a.Status != 400 {
				t.Errorf("got %d %s for %s, want code %q", a.Status, a.Body, key, code)
			}
		}
		ask("inactive", "InvalidAccessKeyId.Inactive")
		ask("STS.hour", "")
		time.Sleep(time.Hour - time.Nanosecond)
		ask("STS.hour", "")
		time.Sleep(time.Nanosecond)
		ask("STS.hour", "InvalidSecurityToken.Expired")
		ask("STS.ever", "")
		if a := c.as("STS.hour", "DescribeRegions", map[string]string{"SecurityToken": "other"}); a.Code != "InvalidSecurityToken.Malformed" {
			t.Errorf("got %s, want InvalidSecurityToken.Malformed: what is wrong is told before what is over", a.Body)
		}
	})
}
