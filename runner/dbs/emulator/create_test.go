package emulator_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestCreateHoldsToTheRules(t *testing.T) {
	now := time.Now()
	today := now.UTC().Truncate(24 * time.Hour)
	set := "1ibdemomysql01" + today.AddDate(0, 0, -1).Format("20060102")
	const (
		ok       = ""
		invalid  = "InvalidParameterValid"
		notFound = "Param.NotFound"
	)
	for _, tt := range []struct {
		name, code string
		extra      []string
	}{
		{"no plan", "MissingBackupPlanId", []string{"BackupPlanId", ""}},
		{"no type", "MissingDestinationEndpointInstanceType", []string{"DestinationEndpointInstanceType", ""}},
		{"no name", "MissingRestoreTaskName", []string{"RestoreTaskName", ""}},
		{"an unknown plan", invalid, []string{"BackupPlanId", "dbs1unknown"}},
		{"an unknown type", invalid, []string{"DestinationEndpointInstanceType", "VAX"}},
		{"the type in lower case", ok, []string{"DestinationEndpointInstanceType", "rds"}},
		{"RDS without region", notFound, []string{"DestinationEndpointRegion", ""}},
		{"RDS without instance", notFound, []string{"DestinationEndpointInstanceID", ""}},
		{"RDS without user", notFound, []string{"DestinationEndpointUserName", ""}},
		{"RDS without password", notFound, []string{"DestinationEndpointPassword", ""}},
		{"RDS without objects", notFound, []string{"RestoreObjects", ""}},
		{"ECS without port", notFound, []string{"DestinationEndpointInstanceType", "ECS"}},
		{"ECS with port", ok, []string{"DestinationEndpointInstanceType", "ECS", "DestinationEndpointPort", "3306"}},
		{"a port out of range", invalid, []string{"DestinationEndpointPort", "65536"}},
		{"a port that is no number", "InvalidDestinationEndpointPort", []string{"DestinationEndpointPort", "mysql"}},
		{"Other without IP", notFound, []string{"DestinationEndpointInstanceType", "Other", "DestinationEndpointPort", "3306"}},
		{"Other", ok, []string{"DestinationEndpointInstanceType", "Other", "DestinationEndpointPort", "3306",
			"DestinationEndpointIP", "db.example.com", "DestinationEndpointInstanceID", "", "DestinationEndpointRegion", ""}},
		{"Express without IP", notFound, []string{"DestinationEndpointInstanceType", "Express", "DestinationEndpointPort", "3306"}},
		{"dg, of which little is known", ok, []string{"DestinationEndpointInstanceType", "dg",
			"DestinationEndpointInstanceID", "", "DestinationEndpointRegion", ""}},
		{"an agent without a directory for MySQL", notFound, []string{"DestinationEndpointInstanceType", "Agent",
			"DestinationEndpointIP", "10.0.0.8", "DestinationEndpointPort", "3306", "BackupGatewayId", "23210001"}},
		{"an agent without objects", ok, []string{"DestinationEndpointInstanceType", "Agent", "RestoreDir", "/data", "RestoreObjects", "",
			"DestinationEndpointIP", "10.0.0.8", "DestinationEndpointPort", "3306", "BackupGatewayId", "23210001"}},
		{"an agent with SQL Server without user", ok, []string{"DestinationEndpointInstanceType", "Agent", "BackupPlanId", "dbs1demomssql01",
			"DestinationEndpointIP", "10.0.0.8", "DestinationEndpointPort", "1433", "BackupGatewayId", "23210001",
			"DestinationEndpointUserName", "", "DestinationEndpointPassword", ""}},
		{"PostgreSQL without database", notFound, []string{"BackupPlanId", "dbs1demopgsql01"}},
		{"PostgreSQL with database", ok, []string{"BackupPlanId", "dbs1demopgsql01", "DestinationEndpointDatabaseName", "postgres"}},
		{"half of a cross-account", notFound, []string{"CrossAliyunId", "2210"}},
		{"an unknown way with conflicts", invalid, []string{"DuplicateConflict", "overwrite"}},
		{"objects that are no JSON", invalid, []string{"RestoreObjects", "orders"}},
		{"objects that are no list", invalid, []string{"RestoreObjects", `{"DBName":"orders"}`}},
		{"objects with more behind them", invalid, []string{"RestoreObjects", `[{"DBName":"orders"}]]`}},
		{"no object at all", invalid, []string{"RestoreObjects", `[]`}},
		{"an object without name", invalid, []string{"RestoreObjects", `[{"NewDBName":"x"}]`}},
		{"an object with tables", invalid, []string{"RestoreObjects", `[{"DBName":"orders","TableIncludes":[]}]`}},
		{"one name for two databases", invalid, []string{"RestoreObjects", `[{"DBName":"orders"},{"DBName":"order_events","NewDBName":"ORDERS"}]`}},
		{"an object without new name", ok, []string{"RestoreObjects", ` [ {"DBName" : "orders"} ] `}},
		{"schemas", ok, []string{"RestoreObjects", `[{"DBName":"orders","NewDBName":"o","SchemaName":"dbo","NewSchemaName":"x"}]`}},
		{"neither time nor set", invalid, []string{"RestoreTime", ""}},
		{"both time and set", invalid, []string{"BackupSetId", set}},
		{"a set", ok, []string{"RestoreTime", "", "BackupSetId", set}},
		{"a set of another plan", invalid, []string{"RestoreTime", "", "BackupSetId", strings.Replace(set, "01", "02", 1)}},
		{"a time before the range", invalid, []string{"RestoreTime", millis(today.AddDate(0, 0, -31))}},
		{"a time after the range", invalid, []string{"RestoreTime", millis(now.Add(time.Hour))}},
		{"a time that is no number", "InvalidRestoreTime", []string{"RestoreTime", "latest"}},
		{"any time of a plan without log", invalid, []string{"BackupPlanId", "dbs1demomysql06", "RestoreTime", millis(today.AddDate(0, 0, -2))}},
		{"the time of a set of a plan without log", ok, []string{"BackupPlanId", "dbs1demomysql06",
			"RestoreTime", millis(today.AddDate(0, 0, -2).Add(18 * time.Hour))}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t, emulator.Options{})
			a := (&caller{t: t, to: d}).call("CreateRestoreTask", orders(tt.extra...))
			if a.code() != tt.code || a.Success != (tt.code == ok) {
				t.Errorf("got %d %s, want code %q", a.Status, a.Body, tt.code)
			}
			if a.ErrCode != "" && a.Status != 200 {
				t.Errorf("got HTTP status %d with ErrCode %s, want 200", a.Status, a.ErrCode)
			}
			if n := d.Summary().Created; (n == 1) != (tt.code == ok) {
				t.Errorf("got %d tasks", n)
			}
		})
	}
}

func TestWhatEnginesNeed(t *testing.T) {
	agent := []string{"DestinationEndpointInstanceType", "Agent", "DestinationEndpointIP", "10.0.0.8",
		"DestinationEndpointPort", "1", "BackupGatewayId", "2"}
	nobody := []string{"DestinationEndpointUserName", "", "DestinationEndpointPassword", ""}
	for _, tt := range []struct {
		engine, message string // "" for a restore that is accepted
		extra           []string
	}{
		{"Redis", "", nobody},
		{"redis", "", slices.Concat(nobody, agent)},
		{"MSSQL", "DestinationEndpointUserName", nobody},
		{"MSSQL", "", slices.Concat(nobody, agent)},
		{"Oracle", "DestinationEndpointOracleSID", nil},
		{"Oracle", "", []string{"DestinationEndpointOracleSID", "ORCL"}},
		{"MongoDB", "DestinationEndpointDatabaseName", nil},
		{"MongoDB", "", []string{"DestinationEndpointDatabaseName", "admin", "DestinationEndpointInstanceType", "DDS"}},
		{"MySQL", "RestoreDir", agent},
		{"MariaDB", "", agent},
	} {
		w := world.World{
			Accounts: world.OneKey("emulator", "emulator"),
			Gateways: []world.Gateway{{ID: 2, Region: "cn-hangzhou"}},
			BackupPlans: []world.BackupPlan{{
				ID: "dbs1demomysql01", DatabaseType: tt.engine, Ranges: []world.Range{{From: time.Unix(0, 0)}},
			}},
		}
		a := (&caller{t: t, to: open(t, emulator.Options{World: w})}).call("CreateRestoreTask", orders(tt.extra...))
		if a.Success != (tt.message == "") || !strings.Contains(a.ErrMessage, tt.message) {
			t.Errorf("got %s for %s with %q, want %q missing", a.Body, tt.engine, tt.extra, tt.message)
		}
	}
}

func TestErrorsOfDBSComeWithTheStatusOfTheWorld(t *testing.T) {
	w := world.Demo(time.Now())
	w.Behaviour.FailureStatus = 400
	a := (&caller{t: t, to: open(t, emulator.Options{World: w})}).call("CreateRestoreTask", orders("BackupPlanId", "dbs1unknown"))
	if a.Status != 400 || a.ErrCode != "InvalidParameterValid" {
		t.Errorf("got %d %s, want 400 InvalidParameterValid", a.Status, a.Body)
	}
}

func TestClientTokensMakeCreateIdempotent(t *testing.T) {
	d := open(t, emulator.Options{})
	c := &caller{t: t, to: d}
	id := c.create("ClientToken", "token-1")
	if again := c.create("ClientToken", "token-1"); again != id {
		t.Errorf("got task %s for the same request, want %s", again, id)
	}
	if again := c.create("ClientToken", "token-1", "DestinationEndpointPassword", "changed"); again != id {
		t.Errorf("got task %s for another password, want %s: it is not compared", again, id)
	}
	a := c.call("CreateRestoreTask", orders("ClientToken", "token-1", "RestoreTaskName", "other"))
	if a.Status != 400 || a.Code != "IdempotentParameterMismatch" {
		t.Errorf("got %d %s for other parameters, want IdempotentParameterMismatch", a.Status, a.Body)
	}
	if other := c.create("ClientToken", "Token-1"); other == id {
		t.Error("got the same task for a token of another case, want another")
	}
	if other := c.create(); other == id {
		t.Error("got the same task without token, want another")
	}
	if n := d.Summary().Created; n != 3 {
		t.Errorf("got %d tasks, want 3", n)
	}
}

func TestOneTokenSentAtOnceMakesOneTask(t *testing.T) {
	d := open(t, emulator.Options{Dir: t.TempDir()})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			c := &caller{t: t, to: d, calls: 1000 * i}
			for range 10 {
				if a := c.call("CreateRestoreTask", orders("ClientToken", "token")); !a.Success {
					t.Errorf("got %s", a.Body)
				}
				d.Summary()
			}
		})
	}
	group.Wait()
	if r := d.Summary(); r.Created != 1 || r.Calls["CreateRestoreTask"] != 80 {
		t.Errorf("got %d tasks from %d calls, want 1 from 80", r.Created, r.Calls["CreateRestoreTask"])
	}
}

func TestClientTokensLastAsLongAsTheWorldSays(t *testing.T) {
	for _, tt := range []struct {
		name     string
		lifetime world.ClientTokens
		want     int
	}{
		{"for ever", world.ClientTokens{}, 1}, {"not at all", world.ClientTokens{Ignored: true}, 3},
		{"for a minute", world.ClientTokens{Lifetime: time.Minute}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.Demo(time.Now())
				w.Behaviour.ClientTokens = tt.lifetime
				d := open(t, emulator.Options{World: w})
				c := &caller{t: t, to: d}
				moment := orders()["RestoreTime"]
				c.create("ClientToken", "t", "RestoreTime", moment)
				c.create("ClientToken", "t", "RestoreTime", moment)
				time.Sleep(time.Hour)
				c.create("ClientToken", "t", "RestoreTime", moment)
				if n := d.Summary().Created; n != tt.want {
					t.Errorf("got %d tasks, want %d", n, tt.want)
				}
			})
		})
	}
}
