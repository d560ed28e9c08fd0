package emulator_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// sdkClient returns the vendor's client, used as its README says.
func sdkClient(t *testing.T, key, secret string) *dbs.Client {
	t.Helper()
	c, err := dbs.NewClientWithOptions("cn-hangzhou", sdk.NewConfig().WithScheme("HTTP"),
		credentials.NewAccessKeyCredential(key, secret))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve returns the address of an emulator.
func serve(t *testing.T, o emulator.Options) (domain string) {
	t.Helper()
	d := open(t, o)
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func sdkCreate(domain string) *dbs.CreateRestoreTaskRequest {
	r := dbs.CreateCreateRestoreTaskRequest()
	r.Domain = domain
	r.BackupPlanId = "dbs1demomysql01"
	r.RestoreTaskName = "orders drill *~+"
	r.DestinationEndpointInstanceType = "RDS"
	r.DestinationEndpointRegion = "cn-hangzhou"
	r.DestinationEndpointInstanceID = "rm-demodrill01"
	r.DestinationEndpointUserName = "drill"
	r.DestinationEndpointPassword = "p@ss w+rd/=&é"
	r.RestoreObjects = `[{"DBName":"orders","NewDBName":"orders_drill"}]`
	r.RestoreTime = requests.NewInteger64(time.Now().UTC().Truncate(time.Hour).UnixMilli())
	return r
}

func TestVendorClientRestores(t *testing.T) {
	domain := serve(t, emulator.Options{TimeScale: 100})
	c := sdkClient(t, "emulator", "emulator")

	created, err := c.CreateRestoreTask(sdkCreate(domain))
	if err != nil || !created.Success {
		t.Fatalf("CreateRestoreTask: got %+v, %v", created, err)
	}
	start := dbs.CreateStartRestoreTaskRequest()
	start.Domain, start.RestoreTaskId = domain, created.RestoreTaskId
	started, err := c.StartRestoreTask(start)
	if err != nil || !started.Success || started.RestoreTaskId != created.RestoreTaskId {
		t.Fatalf("StartRestoreTask: got %+v, %v", started, err)
	}
	var task dbs.RestoreTaskDetail
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		list := dbs.CreateDescribeRestoreTaskListRequest()
		list.Domain, list.RestoreTaskId = domain, created.RestoreTaskId
		got, err := c.DescribeRestoreTaskList(list)
		if err != nil || len(got.Items.RestoreTaskDetail) != 1 {
			t.Fatalf("DescribeRestoreTaskList: got %+v, %v", got, err)
		}
		task = got.Items.RestoreTaskDetail[0]
		if task.RestoreStatus == "finish" {
			break
		}
		<-tick.C
	}
	if task.RestoreStatus != "finish" || task.ContinuousRestoreProgress != 100 || task.RestoreTaskFinishTime <= task.RestoreTaskCreateTime {
		t.Errorf("got %+v, want a finished task", task)
	}
	check := dbs.CreateDescribePreCheckProgressListRequest()
	check.Domain, check.RestoreTaskId = domain, created.RestoreTaskId
	precheck, err := c.DescribePreCheckProgressList(check)
	if err != nil || precheck.Status != "finish" || len(precheck.Items.PreCheckProgressDetail) == 0 {
		t.Errorf("DescribePreCheckProgressList: got %+v, %v", precheck, err)
	}
}

func TestVendorClientReadsBackups(t *testing.T) {
	domain := serve(t, emulator.Options{})
	c := sdkClient(t, "emulator", "emulator")

	plans := dbs.CreateDescribeBackupPlanListRequest()
	plans.Domain, plans.Region = domain, "cn-hangzhou"
	got, err := c.DescribeBackupPlanList(plans)
	if err != nil || got.TotalElements != 10 || len(got.Items.BackupPlanDetail) != 10 {
		t.Fatalf("DescribeBackupPlanList: got %+v, %v", got, err)
	}
	plan := got.Items.BackupPlanDetail[0]
	ranges := dbs.CreateDescribeRestoreRangeInfoRequest()
	ranges.Domain, ranges.BackupPlanId = domain, plan.BackupPlanId
	ranges.BeginTimestampForRestore = requests.NewInteger64(plan.BeginTimestampForRestore)
	ranges.EndTimestampForRestore = requests.NewInteger64(plan.EndTimestampForRestore)
	info, err := c.DescribeRestoreRangeInfo(ranges)
	if err != nil || len(info.Items.DBSRecoverRange) != 1 || info.Items.DBSRecoverRange[0].RangeType != "range" {
		t.Errorf("DescribeRestoreRangeInfo: got %+v, %v", info, err)
	}
	sets := dbs.CreateDescribeFullBackupListRequest()
	sets.Domain, sets.BackupPlanId = domain, plan.BackupPlanId
	list, err := c.DescribeFullBackupList(sets)
	if err != nil || len(list.Items.FullBackupFile) != 7 || list.Items.FullBackupFile[0].BackupStatus != "finish" {
		t.Errorf("DescribeFullBackupList: got %+v, %v", list, err)
	}
}

func TestVendorClientIsRefused(t *testing.T) {
	domain := serve(t, emulator.Options{})
	for _, tt := range []struct {
		name, key, secret, task, code string
		status                        int
	}{
		{"a wrong secret", "emulator", "wrong", "t", "SignatureDoesNotMatch", 400},
		{"an unknown key", "nobody", "emulator", "t", "InvalidAccessKeyId.NotFound", 404},
		{"a missing parameter", "emulator", "emulator", "", "MissingRestoreTaskName", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sdkCreate(domain)
			r.RestoreTaskName = tt.task
			_, err := sdkClient(t, tt.key, tt.secret).CreateRestoreTask(r)
			got, ok := errors.AsType[*sdkerrors.ServerError](err)
			if !ok || got.ErrorCode() != tt.code || got.HttpStatus() != tt.status {
				t.Fatalf("got %v, want %s with status %d", err, tt.code, tt.status)
			}
			// The SDK compares what it signed with what the emulator says it should have.
			if tt.code == "SignatureDoesNotMatch" && !strings.HasPrefix(got.Recommend(), "InvalidAccessKeySecret") {
				t.Errorf("got recommendation %q, want that the secret is wrong", got.Recommend())
			}
		})
	}
}
