package emulator_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestBackupPlansAreListed(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	for _, tt := range []struct {
		params map[string]string
		want   string
	}{
		{nil, "mysql01 mysql02 mysql03 mysql04 mysql05 mysql06 pgsql01 pgsql02 pgsql03 pgsql04 mssql01 mongo01"},
		{map[string]string{"PageSize": "5", "PageNum": "2"}, "mssql01 mongo01"},
		{map[string]string{"Region": "cn-shanghai"}, "mysql06 pgsql04"},
		{map[string]string{"Region": "cn-beijing"}, ""},
		{map[string]string{"BackupPlanName": "tenants"}, "mysql03"},
		{map[string]string{"BackupPlanStatus": "pause"}, ""},
		{map[string]string{"BackupPlanId": "dbs1demopgsql02, dbs1demomysql01"}, "pgsql02 mysql01"},
	} {
		a := c.call("DescribeBackupPlanList", tt.params)
		var got []string
		for _, item := range a.Items.BackupPlanDetail {
			got = append(got, strings.TrimPrefix(item["BackupPlanId"].(string), "dbs1demo"))
		}
		if strings.Join(got, " ") != tt.want || !a.Success {
			t.Errorf("got %v for %v, want %s", got, tt.params, tt.want)
		}
	}
	plan := c.call("DescribeBackupPlanList", map[string]string{"BackupPlanId": "dbs1demomysql03"}).Items.BackupPlanDetail[0]
	if got := plan["BackupObjects"]; !strings.Contains(got.(string), `{"DBName":"tenant_acme_prod"}`) {
		t.Errorf("got objects %v", got)
	}
	if plan["SourceEndpointInstanceID"] != "rm-demosource03" || plan["DatabaseType"] != "MySQL" ||
		plan["SourceEndpointInstanceType"] != "rds" || plan["EnableBackupLog"] != true {
		t.Errorf("got plan %v", plan)
	}
}

func TestRangesEndAtTheStartOfTheHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		midnight := time.Now()
		c := &caller{t: t, to: open(t, emulator.Options{})}
		for _, tt := range []struct {
			at  time.Duration
			end time.Duration
		}{
			{0, 0}, {59*time.Minute + 59*time.Second, 0}, {time.Hour, time.Hour}, {25*time.Hour + time.Minute, 25 * time.Hour},
		} {
			time.Sleep(time.Until(midnight.Add(tt.at)))
			plan := c.call("DescribeBackupPlanList", map[string]string{"BackupPlanId": "dbs1demomysql01"}).Items.BackupPlanDetail[0]
			if got, want := plan["EndTimestampForRestore"], midnight.Add(tt.end).UnixMilli(); got != float64(want) {
				t.Errorf("got end %v after %v, want %v", got, tt.at, want)
			}
			if got, want := plan["BeginTimestampForRestore"], midnight.AddDate(0, 0, -30).UnixMilli(); got != float64(want) {
				t.Errorf("got begin %v after %v, want %v", got, tt.at, want)
			}
		}
	})
}

func TestWindowsArePointsOutsideOfTheLog(t *testing.T) {
	now := time.Now()
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	c := &caller{t: t, to: open(t, emulator.Options{World: world.World{
		Accounts: world.OneKey("emulator", "emulator"),
		BackupPlans: []world.BackupPlan{{
			ID: "dbs1", Ranges: []world.Range{{From: day(-6), To: day(-5)}, {From: day(-3)}},
			BackupSets: []world.BackupSet{
				{ID: "expired", From: day(-30), To: day(-30), Expires: day(-1)},
				{ID: "before", From: day(-9), To: day(-8), Expires: day(1)},
				{ID: "gap", From: day(-5), To: day(-4)},
				{ID: "inside", From: day(-4), To: day(-2)},
				{ID: "failed", Status: "stop", From: day(-7), To: day(-7)},
			},
		}},
	}})}
	ask := func(from, to time.Time, recent string) string {
		a := c.call("DescribeRestoreRangeInfo", map[string]string{
			"BackupPlanId": "dbs1", "RecentlyRestore": recent,
			"BeginTimestampForRestore": millis(from), "EndTimestampForRestore": millis(to),
		})
		var got []string
		for _, w := range a.Items.DBSRecoverRange {
			got = append(got, w["RangeType"].(string))
			for _, s := range w["FullBackupList"].(map[string]any)["FullBackupDetail"].([]any) {
				got = append(got, s.(map[string]any)["BackupSetId"].(string))
			}
		}
		return strings.Join(got, " ")
	}
	for _, tt := range []struct {
		from, to     int
		recent, want string
	}{
		{-30, 0, "", "point before gap range range"},
		{-30, 0, "true", "range"},
		{-30, -7, "", "point before gap"},
		{-3, 0, "false", "range"},
		{-30, -20, "true", ""},
	} {
		if got := ask(day(tt.from), day(tt.to), tt.recent); got != tt.want {
			t.Errorf("got %q from day %d to %d, want %q", got, tt.from, tt.to, tt.want)
		}
	}
}

func TestPlansWithoutLogHavePointsOnly(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	plan := c.call("DescribeBackupPlanList", map[string]string{"BackupPlanId": "dbs1demomysql06"}).Items.BackupPlanDetail[0]
	a := c.call("DescribeRestoreRangeInfo", map[string]string{
		"BackupPlanId": "dbs1demomysql06", "BeginTimestampForRestore": "0", "EndTimestampForRestore": millis(time.Now()),
	})
	if plan["EnableBackupLog"] != false || len(a.Items.DBSRecoverRange) != 1 || a.Items.DBSRecoverRange[0]["RangeType"] != "point" {
		t.Errorf("got %v and %s, want one window of points", plan, a.Body)
	}
}

func TestFullBackupsAreListedNewestFirst(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	list := func(params ...string) (ids []string) {
		all := map[string]string{"BackupPlanId": "dbs1demomysql01"}
		for i := 0; i < len(params); i += 2 {
			all[params[i]] = params[i+1]
		}
		a := c.call("DescribeFullBackupList", all)
		for _, item := range a.Items.FullBackupFile {
			ids = append(ids, item["BackupSetId"].(string))
			if item["BackupStatus"] != "finish" || item["BackupSetExpiredTime"] == nil {
				t.Errorf("got %v", item)
			}
		}
		return ids
	}
	all := list("PageSize", "100")
	if len(all) != 7 || all[0] <= all[6] || !strings.HasPrefix(all[0], "1ibdemomysql01") {
		t.Fatalf("got %v, want the sets of 7 days, newest first", all)
	}
	if got := list("BackupSetId", all[3]); len(got) != 1 || got[0] != all[3] {
		t.Errorf("got %v by id, want %v", got, all[3])
	}
	since := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	if got := list("StartTimestamp", millis(since)); len(got) != 2 {
		t.Errorf("got %v since two days in milliseconds, want 2", got)
	}
	if got := list("EndTimestamp", strings.TrimSuffix(millis(since), "000")); len(got) != 5 {
		t.Errorf("got %v until two days ago in seconds, want 5", got)
	}
}
