package dbs_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// against returns a client of a new emulator, for virtual time.
func against(t *testing.T) (*dbs.Client, *emulator.DBS) {
	t.Helper()
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := options("http://127.0.0.1:1")
	o.AccessKeyID, o.AccessKeySecret = "emulator", "emulator"
	o.Transport = answering(e.ServeHTTP)
	return client(t, o), e
}

func TestARestoreRunsFromCreationToSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, e := against(t)
		ctx, started := t.Context(), time.Now()
		answers, err := c.BackupPlans(ctx, []plan.Question{{Site: hangzhou, BackupPlanID: "dbs1demomysql01", Ranges: true, BackupSets: true}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := answers[0]
		if b.Missing || b.Problem != "" || len(b.Ranges) == 0 || len(b.BackupSets) == 0 || strings.Join(b.Databases, " ") != "orders orders_archive order_events" {
			t.Fatalf("got %+v, want a backup plan with ranges, sets and databases", b)
		}
		p := orders
		p.BackupPlanId, p.DestinationEndpointInstanceID = b.ID, "rm-demodrill01"
		p.RestoreTime = b.Ranges[0].To.Add(-time.Hour).UnixMilli()
		id, err := c.CreateRestoreTask(ctx, hangzhou, attempt, p, fromEnv)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.CreateRestoreTask(ctx, hangzhou, attempt, p, fromEnv)
		if again != id || err != nil {
			t.Errorf("the same token again: got %s, %v, want %s", again, err, id)
		}
		if err := c.StartRestoreTask(ctx, hangzhou, id, attempt.ClientToken); err != nil {
			t.Fatal(err)
		}
		for status := restore.Status(""); status != restore.StatusSucceeded; time.Sleep(time.Second) {
			tasks, err := c.RestoreTasksByID(ctx, hangzhou, []string{id})
			if err != nil || len(tasks) != 1 {
				t.Fatalf("got %d tasks, %v, want 1", len(tasks), err)
			}
			if status = tasks[0].Status; status == restore.StatusFailed || time.Since(started) > time.Hour {
				t.Fatalf("got %s: %s, want it to succeed", tasks[0].RawStatus, tasks[0].Message)
			}
		}
		check, err := c.Precheck(ctx, hangzhou, id)
		if err != nil || check.Failed || check.Status != "finish" {
			t.Errorf("precheck: got %+v, %v, want finish", check, err)
		}
		tasks, err := c.RestoreTasks(ctx, hangzhou, b.ID, started)
		if err != nil || len(tasks) != 1 {
			t.Fatalf("got %d tasks, %v, want 1", len(tasks), err)
		}
		if got := tasks[0]; got.ID != id || got.Name != attempt.RestoreTaskName || got.Finished.IsZero() || got.Parameters.DestinationEndpointInstanceID != "rm-demodrill01" {
			t.Errorf("got %+v, want the finished task as it was asked for", got)
		}
		if r := e.Summary(); r.Created != 1 || r.Started != 1 {
			t.Errorf("the service created %d and started %d tasks, want 1 and 1", r.Created, r.Started)
		}
	})
}

func TestUnknownPlansAndTasksAreToldApartFromTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := against(t)
		answers, err := c.BackupPlans(t.Context(), []plan.Question{
			{Site: hangzhou, BackupPlanID: "dbs1nowhere"}, {Site: hangzhou, BackupPlanID: "dbs1demomysql02"}}, nil)
		if err != nil || !answers[0].Missing || answers[1].Missing {
			t.Errorf("got %+v, %v, want only the first to be missing", answers, err)
		}
		tasks, err := c.RestoreTasksByID(t.Context(), hangzhou, []string{"s1nowhere"})
		if err != nil || len(tasks) != 0 {
			t.Errorf("got %v, %v, want no tasks", tasks, err)
		}
	})
}

func TestAWrongSecretStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := emulator.New(emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		o := options("http://127.0.0.1:1")
		o.AccessKeyID = "emulator"
		o.Transport = answering(e.ServeHTTP)
		_, err = create(t, client(t, o))
		if f := failure(t, err); f.Class != restore.Refused || !f.Fatal || f.Code != "SignatureDoesNotMatch" {
			t.Errorf("got %+v, want refused, fatal", *f)
		}
	})
}

func Example() {
	service, err := emulator.New(emulator.Options{})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(service)
	defer server.Close()

	client, err := dbs.New(dbs.Options{Endpoint: server.URL, AccessKeyID: "emulator", AccessKeySecret: "emulator"})
	if err != nil {
		log.Fatal(err)
	}
	plans, err := client.BackupPlans(context.Background(), []plan.Question{
		{Site: plan.Site{Region: "cn-hangzhou"}, BackupPlanID: "dbs1demomysql02"},
		{Site: plan.Site{Region: "cn-hangzhou"}, BackupPlanID: "dbs1nowhere"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range plans {
		fmt.Println(p.ID, p.Missing, p.DatabaseType, p.Databases)
	}
	// Output:
	// dbs1demomysql02 false MySQL [customers addresses loyalty]
	// dbs1nowhere true  []
}
