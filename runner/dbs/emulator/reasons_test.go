package emulator_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// destinations returns the world of [slow] with one destination.
func destinations(d world.Destination) world.World {
	w := slow()
	d.ID = "rm-demodrill01"
	w.Destinations = []world.Destination{d}
	return w
}

// users returns the world of [slow] with a destination that knows some users.
func users(list ...world.User) func() world.World {
	return func() world.World { return destinations(world.Destination{Users: list}) }
}

// Words of the destination's privileges, as they are explained.
const (
	lacks   = "DBS.DestinationPrivilegeLack init restore: The account of the destination lacks privileges."
	noSpace = "DBS.DestinationNoSpace stop restore: The destination has not enough space."
)

func TestReasonsWhyRestoresFail(t *testing.T) {
	for _, tt := range []struct {
		name       string
		world      func() world.World
		extra      []string // parameters of the restore
		look       string   // an hour after the start
		message    string   // of the precheck or of the task
		code, inCn string   // of DescribeJobErrorCode
	}{
		{"nothing at all", slow, nil, "finish 100/100/100/100" + checked, "", "", ""},
		{
			"a gateway that is offline", slow, behindGateway("23210002"),
			"init 0/0/0/0; precheck failed 0% catched init init init", "java.net.ConnectException: the backup gateway 23210002 is OFFLINE.",
			"DBS.BackupGatewayNotAvailable init restore: The backup gateway is not available. Check that it is online.", "备份网关不可用，请检查网关是否在线。",
		},
		{
			"a destination that is down", func() world.World { return destinations(world.Destination{Down: true}) }, nil,
			"init 0/0/0/0; precheck failed 0% failed init init", "connect timed out",
			"DBS.DestinationConnectFailed init restore: The destination cannot be connected. Check its address and its whitelist.", "无法连接目标实例，请检查地址和白名单。",
		},
		{
			"a user that the destination does not know", users(world.User{Name: "somebody"}), nil,
			"init 0/0/0/0; precheck failed 25% finish failed init init", "Access denied", lacks, "目标账号权限不足。",
		},
		{
			"a wrong password", users(world.User{Name: "drill", Password: "another"}), nil,
			"init 0/0/0/0; precheck failed 25% finish failed init init", "check its name and password", lacks, "目标账号权限不足。",
		},
		{
			"a user who may only read", users(world.User{Name: "drill", Rights: "read"}), nil,
			"init 0/0/0/0; precheck failed 25% finish failed init init", "may not write", lacks, "目标账号权限不足。",
		},
		{
			"a user who may make no database", users(world.User{Name: "drill", Rights: "databases"}), nil,
			"init 0/0/0/0; precheck failed 25% finish failed init init", "may not create databases", lacks, "目标账号权限不足。",
		},
		{
			"nothing, for a user with the right password",
			users(world.User{Name: "somebody"}, world.User{Name: "drill", Password: "hunter2 is secret", Rights: "all"}), nil,
			"finish 100/100/100/100; precheck finish 100% finish finish finish finish", "", "", "",
		},
		{
			"a database that is not there", slow, []string{"RestoreObjects", `[{"DBName":"orderz"}]`},
			"init 0/0/0/0; precheck failed 33% finish failed init", "orderz is not in the backup",
			"DBS.SourceObjectNotExist init restore: An object to restore is not in the backup.", "备份中不存在待恢复对象。",
		},
		{
			"a database of the same name", func() world.World { return destinations(world.Destination{Databases: []string{"orders_drill"}}) }, nil,
			"init 0/0/0/0; precheck failed 66% finish finish failed", "same name: orders_drill",
			"DBS.DestinationObjectExist init restore: The destination has an object of the same name.", "目标实例存在同名对象。",
		},
		{
			"too little space", func() world.World { return destinations(world.Destination{FreeSpace: 46 << 30}) }, nil,
			"stop 100/60/0/0; precheck finish 100% finish finish finish warning", "no space left", noSpace, "目标实例磁盘空间不足。",
		},
		{
			"nothing, with just enough space", func() world.World { return destinations(world.Destination{FreeSpace: 92 << 30}) }, nil,
			"finish 100/100/100/100; precheck finish 100% finish finish finish finish", "", "", "",
		},
		{
			"a full disk", func() world.World { return destinations(world.Destination{Full: true}) }, nil,
			"stop 100/60/0/0" + checked, "no space left", noSpace, "目标实例磁盘空间不足。",
		},
		{
			"a connection that is lost", func() world.World { return destinations(world.Destination{Flaky: 1}) }, nil,
			"stop 100/60/0/0" + checked, "connection to the destination was lost",
			"DBS.DestinationConnectFailed stop restore: The destination cannot be connected. Check its address and its whitelist.", "无法连接目标实例，请检查地址和白名单。",
		},
		{
			"a moment that is found out late", func() world.World { w := slow(); w.Behaviour.MomentCheckedAtRun = true; return w },
			[]string{"RestoreTime", "1"}, "stop 0/0/0/0" + checked, "cannot be restored to this RestoreTime",
			"DBS.RestoreTimeNotAvailable stop restore: The moment cannot be restored.", "该时间点不可恢复。",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &caller{t: t, to: open(t, emulator.Options{World: tt.world()})}
				id := c.create(tt.extra...)
				if got := c.errorCode(id, "en"); got != "" {
					t.Errorf("got error %q of a task that waits, want none", got)
				}
				c.start(id)
				time.Sleep(time.Hour)
				if got := c.look(id); got != tt.look {
					t.Errorf("got %q, want %q", got, tt.look)
				}
				precheck := c.call("DescribePreCheckProgressList", map[string]string{"RestoreTaskId": id})
				if got, _ := c.task(id)["ErrMessage"].(string); !strings.Contains(precheck.ErrMessage+got, tt.message) {
					t.Errorf("got messages %q and %q, want %q", precheck.ErrMessage, got, tt.message)
				}
				if got := c.errorCode(id, "en"); got != tt.code {
					t.Errorf("got error %q, want %q", got, tt.code)
				}
				if got := c.errorCode(id, "cn"); !strings.HasSuffix(got, tt.inCn) || (got == "") != (tt.inCn == "") {
					t.Errorf("got error %q in Chinese, want %q", got, tt.inCn)
				}
			})
		})
	}
}

func TestErrorCodesAreToldOnceTheErrorIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := destinations(world.Destination{Flaky: 1})
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		lost, flaky := c.create("RestoreObjects", `[{"DBName":"orderz"}]`), c.create()
		c.start(lost)
		c.start(flaky)
		has := func() (got []bool) {
			for _, id := range []string{lost, flaky} {
				got = append(got, c.errorCode(id, "en") != "")
			}
			return got
		}
		for _, tt := range []struct {
			after time.Duration
			want  []bool
		}{
			{19 * time.Second, []bool{false, false}}, {time.Second, []bool{true, false}},
			{59 * time.Second, []bool{true, false}}, {time.Second, []bool{true, true}},
		} {
			time.Sleep(tt.after)
			if got := has(); !slices.Equal(got, tt.want) {
				t.Errorf("got errors %v after %v more, want %v", got, tt.after, tt.want)
			}
		}
	})
}

func TestErrorCodesAreToldInTwoLanguages(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	id := c.create()
	for _, tt := range []struct{ language, code, want string }{
		{"", "", "en"}, {"en", "", "en"}, {"CN", "", "cn"}, {"fr", "InvalidParameterValid", ""},
	} {
		a := c.call("DescribeJobErrorCode", map[string]string{"TaskId": id, "Language": tt.language})
		if a.code() != tt.code || tt.code == "" && !strings.Contains(a.Body, `"Language":"`+tt.want+`"`) {
			t.Errorf("got %s for %q, want %s%s", a.Body, tt.language, tt.code, tt.want)
		}
		if strings.Contains(a.Body, "JobState") || strings.Contains(a.Body, `"ErrorCode"`) {
			t.Errorf("got %s for a task without an error, want JobId and Language alone", a.Body)
		}
	}
}

func TestRestoresUseUpSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{t: t, to: open(t, emulator.Options{World: destinations(world.Destination{FreeSpace: 200 << 30})})}
		restore := func(name string) (look string) {
			id := c.create("RestoreObjects", `[{"DBName":"orders","NewDBName":"`+name+`"}]`)
			c.start(id)
			time.Sleep(time.Hour)
			return c.look(id)
		}
		const fine = "finish 100/100/100/100; precheck finish 100% finish finish finish finish"
		for _, tt := range []struct{ name, want string }{
			{"a", fine}, {"b", fine}, // 92 GiB each, so that 16 GiB are left
			{"c", "stop 100/16/0/0; precheck finish 100% finish finish finish warning"},
			{"c", "stop 100/16/0/0; precheck finish 100% finish finish finish warning"}, // what stops gives its space back
		} {
			if got := restore(tt.name); got != tt.want {
				t.Errorf("got %q for %s, want %q", got, tt.name, tt.want)
			}
		}
	})
}

func TestAPhysicalBackupTellsNoProgressByPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := slow()
		w.BackupPlans[0].BackupMethod = "physical"
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		id := c.create()
		c.start(id)
		c.follow(id, `
			100: running 0/0/0/0`+checked+`
			130: finish 0/0/0/0`+checked)
	})
}
