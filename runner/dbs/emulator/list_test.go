package emulator_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestTasksAreListedNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{t: t, to: open(t, emulator.Options{})}
		began := time.Now()
		var ids []string // newest first; one a minute
		for range 65 {
			ids = slices.Insert(ids, 0, c.create())
			c.create("BackupPlanId", "dbs1demomysql02", "RestoreObjects", `[{"DBName":"customers"}]`)
			time.Sleep(time.Minute)
		}
		minute := func(n int) string { return millis(began.Add(time.Duration(n) * time.Minute)) }
		for _, tt := range []struct {
			name         string
			params       []string
			want         []string
			total, pages int
		}{
			{"the first page has 30", nil, ids[:30], 65, 3},
			{"pages count from 0", []string{"PageNum", "1"}, ids[30:60], 65, 3},
			{"the last page is short", []string{"PageNum", "2"}, ids[60:], 65, 3},
			{"a page beyond is empty", []string{"PageNum", "3"}, nil, 65, 3},
			{"a page far beyond is empty", []string{"PageNum", "9223372036854775807"}, nil, 65, 3},
			{"a page of one", []string{"PageNum", "64", "PageSize", "1"}, ids[64:], 65, 65},
			{"a page of a hundred", []string{"PageSize", "100"}, ids, 65, 1},
			{"created since", []string{"StartTimestamp", minute(60)}, ids[:5], 5, 1},
			{"created until", []string{"EndTimestamp", minute(1)}, ids[63:], 2, 1},
			{"created between", []string{"StartTimestamp", minute(1), "EndTimestamp", minute(2)}, ids[62:64], 2, 1},
			{"created between nothing", []string{"StartTimestamp", minute(2), "EndTimestamp", minute(1)}, nil, 0, 0},
			{"by ids", []string{"BackupPlanId", "", "RestoreTaskId", ids[7] + ",s1unknown, " + ids[3] + "," + ids[7]},
				[]string{ids[3], ids[7]}, 2, 1},
		} {
			params := map[string]string{"BackupPlanId": "dbs1demomysql01"}
			for pair := range slices.Chunk(tt.params, 2) {
				params[pair[0]] = pair[1]
			}
			a := c.call("DescribeRestoreTaskList", params)
			var got []string
			for _, item := range a.Items.RestoreTaskDetail {
				got = append(got, item["RestoreTaskId"].(string))
			}
			if !slices.Equal(got, tt.want) || a.TotalElements != tt.total || a.TotalPages != tt.pages {
				t.Errorf("%s: got %v, %d in all on %d pages, want %v, %d on %d",
					tt.name, got, a.TotalElements, a.TotalPages, tt.want, tt.total, tt.pages)
			}
			if !strings.Contains(a.Body, `"RestoreTaskDetail":[`) {
				t.Errorf("%s: got %s, want a list", tt.name, a.Body)
			}
		}
	})
}

func TestListsRefuse(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	for _, tt := range []struct{ name, action, params, code string }{
		{"tasks of nothing", "DescribeRestoreTaskList", "", "InvalidParameterValid"},
		{"tasks of both", "DescribeRestoreTaskList", "BackupPlanId=dbs1demomysql01 RestoreTaskId=s1x", "InvalidParameterValid"},
		{"tasks of an unknown plan", "DescribeRestoreTaskList", "BackupPlanId=dbs1unknown", "InvalidParameterValid"},
		{"a page of none", "DescribeRestoreTaskList", "RestoreTaskId=s1x PageSize=0", "InvalidParameterValid"},
		{"a page of too many", "DescribeRestoreTaskList", "RestoreTaskId=s1x PageSize=101", "InvalidParameterValid"},
		{"a page before the first", "DescribeRestoreTaskList", "RestoreTaskId=s1x PageNum=-1", "InvalidParameterValid"},
		{"a page that is no number", "DescribeRestoreTaskList", "RestoreTaskId=s1x PageNum=one", "InvalidPageNum"},
		{"a time that is no number", "DescribeRestoreTaskList", "RestoreTaskId=s1x StartTimestamp=now", "InvalidStartTimestamp"},
		{"an end that is no number", "DescribeRestoreTaskList", "RestoreTaskId=s1x EndTimestamp=now", "InvalidEndTimestamp"},
		{"a precheck of nothing", "DescribePreCheckProgressList", "", "InvalidParameterValid"},
		{"a precheck of an unknown task", "DescribePreCheckProgressList", "RestoreTaskId=s1unknown", "InvalidParameterValid"},
		{"a precheck of an unknown plan", "DescribePreCheckProgressList", "BackupPlanId=dbs1unknown", "InvalidParameterValid"},
		{"an unknown plan", "DescribeBackupPlanList", "BackupPlanId=dbs1unknown", "InvalidParameterValid"},
		{"an unknown plan among others", "DescribeBackupPlanList", "BackupPlanId=dbs1demomysql01,dbs1unknown", "InvalidParameterValid"},
		{"ranges of nothing", "DescribeRestoreRangeInfo", "", "MissingBackupPlanId"},
		{"ranges without time", "DescribeRestoreRangeInfo", "BackupPlanId=dbs1demomysql01", "MissingBeginTimestampForRestore"},
		{"ranges of an unknown plan", "DescribeRestoreRangeInfo",
			"BackupPlanId=dbs1unknown BeginTimestampForRestore=0 EndTimestampForRestore=1", "InvalidParameterValid"},
		{"sets of nothing", "DescribeFullBackupList", "", "MissingBackupPlanId"},
		{"sets of an unknown plan", "DescribeFullBackupList", "BackupPlanId=dbs1unknown", "InvalidParameterValid"},
		{"sets by a page of 31", "DescribeFullBackupList", "BackupPlanId=dbs1demomysql01 PageSize=31", "InvalidParameterValid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			params := map[string]string{}
			for pair := range strings.FieldsSeq(tt.params) {
				name, value, _ := strings.Cut(pair, "=")
				params[name] = value
			}
			if a := c.call(tt.action, params); a.code() != tt.code || a.Success {
				t.Errorf("got %d %s, want %s", a.Status, a.Body, tt.code)
			}
		})
	}
}

func TestTasksAreEchoed(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	task := c.task(c.create("RestoreObjects", `[{"DBName":"orders","NewDBName":"a  \"b\"\nc"}]`,
		"DestinationEndpointDatabaseName", "admin", "BackupGatewayId", "23313123312"))
	for name, want := range map[string]any{
		"RestoreTaskName": "orders", "BackupPlanId": "dbs1demomysql01", "RestoreStatus": "init", "ErrMessage": "NULL",
		"DestinationEndpointInstanceType": "rds", "DestinationEndpointRegion": "cn-hangzhou",
		"DestinationEndpointInstanceID": "rm-demodrill01", "DestinationEndpointUserName": "drill",
		"DestinationEndpointDatabaseName": "admin", "BackupGatewayId": 23313123312.0, "FullDataRestoreProgress": 0.0,
	} {
		if task[name] != want {
			t.Errorf("got %s %v, want %v", name, task[name], want)
		}
	}
	for _, name := range []string{"RestoreTaskFinishTime", "BackupSetId", "DestinationEndpointPassword"} {
		if v, has := task[name]; has {
			t.Errorf("got %s %v, want it absent", name, v)
		}
	}
	objects := task["RestoreObjects"].(string)
	var list []map[string]string
	if err := json.Unmarshal([]byte(objects), &list); err != nil || len(list) != 1 || list[0]["NewDBName"] != "a  \"b\"\nc" {
		t.Errorf("got objects %s, want the same JSON: %v", objects, err)
	}
	if !strings.HasPrefix(objects, "[      {") {
		t.Errorf("got objects %s, want odd white space", objects)
	}
	if ip, _, _ := strings.Cut(task["DestinationEndpointIpPort"].(string), ":"); !strings.HasPrefix(ip, "10.") {
		t.Errorf("got %v, want the address that was found out", task["DestinationEndpointIpPort"])
	}
	other := c.task(c.create("DestinationEndpointInstanceType", "Other", "DestinationEndpointInstanceID", "",
		"DestinationEndpointIP", "db.example.com", "DestinationEndpointPort", "3307"))
	if got, want := other["DestinationEndpointIpPort"], "db.example.com:3307"; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNewTasksAreListedLateWhereTheWorldSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.Demo(time.Now())
		w.Behaviour.ListLag = 10 * time.Second
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		id := c.create()
		for _, params := range []map[string]string{{"RestoreTaskId": id}, {"BackupPlanId": "dbs1demomysql01"}} {
			if a := c.call("DescribeRestoreTaskList", params); a.TotalElements != 0 {
				t.Errorf("got %s at once, want nothing", a.Body)
			}
		}
		time.Sleep(10 * time.Second)
		for _, params := range []map[string]string{{"RestoreTaskId": id}, {"BackupPlanId": "dbs1demomysql01"}} {
			if a := c.call("DescribeRestoreTaskList", params); a.TotalElements != 1 {
				t.Errorf("got %s after the lag, want the task", a.Body)
			}
		}
	})
}
