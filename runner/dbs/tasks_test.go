package dbs_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

func TestEveryParameterOfCreateRestoreTaskArrivesAndNothingElse(t *testing.T) {
	var p plan.Parameters
	v := reflect.ValueOf(&p).Elem()
	want := map[string]string{
		"ClientToken":                 "token0001",
		"RestoreTaskName":             "drill-orders-abc",
		"DestinationEndpointPassword": password,
	}
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("value of " + name)
			want[name] = f.String()
		default:
			f.SetInt(int64(1000 + i))
			want[name] = strconv.FormatInt(f.Int(), 10)
		}
	}
	s := serve(t, always(200, created))
	if _, err := client(t, options(s.URL)).CreateRestoreTask(t.Context(), hangzhou, attempt, p, fromEnv); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for name, values := range s.seen()[0].form {
		got[name] = strings.Join(values, " AND ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters differ (-want +got):\n%s", diff)
	}
	if len(got) != 22 {
		t.Errorf("got %d parameters, want the 21 documented ones and OwnerId", len(got))
	}
}

func TestAPasswordThatCannotBeReadStopsOnlyItsOwnCall(t *testing.T) {
	s := serve(t, always(200, created))
	o := options(s.URL)
	o.Password = fromNowhere
	_, err := create(t, client(t, o))
	f := failure(t, err)
	if f.Class != restore.Refused || f.Fatal || f.Code != "Secret" {
		t.Errorf("got %+v, want refused Secret, not fatal", *f)
	}
	wantText(t, f.Error(), "CreateRestoreTask: Secret: ", "DRILL_PASSWORD")
	if len(s.seen()) != 0 {
		t.Error("something was sent")
	}
}

func TestStartingSendsTheIdAndTheToken(t *testing.T) {
	s := serve(t, always(200, created))
	if err := client(t, options(s.URL)).StartRestoreTask(t.Context(), hangzhou, "s1abc", "token0001"); err != nil {
		t.Fatal(err)
	}
	if got, want := s.seen()[0].body, "ClientToken=token0001&RestoreTaskId=s1abc"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStartingAnotherTaskThanAskedIsLost(t *testing.T) {
	s := serve(t, always(200, created))
	err := client(t, options(s.URL)).StartRestoreTask(t.Context(), hangzhou, "s1other", "token0001")
	if f := failure(t, err); f.Class != restore.Lost || f.RequestID != "R1" {
		t.Errorf("got %+v, want lost", *f)
	}
}

// task is an element of DescribeRestoreTaskList.
func task(id string, created int64) string {
	return fmt.Sprintf(`{"RestoreTaskId":%q,"RestoreTaskCreateTime":%d}`, id, created)
}

func list(total int, tasks ...string) string {
	return fmt.Sprintf(`{"Success":true,"TotalElements":%d,"Items":{"RestoreTaskDetail":[%s]}}`, total, strings.Join(tasks, ","))
}

func ids(tasks []restore.Task) string {
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.ID)
	}
	return strings.Join(ids, " ")
}

// pages answers by PageNum.
func pages(pages ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		num, err := strconv.Atoi(r.PostFormValue("PageNum"))
		if err != nil || r.PostFormValue("PageSize") != "100" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		_, _ = io.WriteString(w, pages[min(num, len(pages)-1)])
	}
}

func TestTasksAreListedToTheLastPage(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		since   time.Time
		want    string // ids, or the code of the failure
		calls   int
	}{
		"none":                    {always(200, list(0)), time.Time{}, "", 1},
		"items are null":          {always(200, `{"Success":true,"TotalElements":0,"Items":null}`), time.Time{}, "", 1},
		"items are an array":      {always(200, `{"Success":true,"TotalElements":0,"Items":[]}`), time.Time{}, "", 1},
		"items are an empty text": {always(200, `{"Success":true,"TotalElements":"0","Items":""}`), time.Time{}, "", 1},
		"pages count from 0, oldest comes first": {
			pages(list(3, task("s3", 3), task("s1", 1)), list(3, task("s2", 2))), time.Time{}, "s1 s2 s3", 2},
		"a task on two pages counts once": {
			pages(list(3, task("s3", 3), task("s2", 2)), list(3, task("s2", 2), task("s1", 1))), time.Time{}, "s1 s2 s3", 2},
		"only those since a moment, and those of which the service does not say": {
			always(200, list(3, task("s1", 1000), task("s2", 2000), task("s0", 0))), time.UnixMilli(2000).Add(time.Microsecond), "s0 s2", 1},
		"a list that changes while it is read is read again": {
			inTurn(always(200, list(2, task("s1", 1))), always(200, list(2)), always(200, list(1, task("s1", 1)))), time.Time{}, "s1", 3},
		"a list that never comes out even is an error": {always(200, list(5, task("s1", 1))), time.Time{}, "IncompleteList", 12},
		"a negative total is an error":                 {always(200, list(-1)), time.Time{}, "IncompleteList", 6},
		"more than the total is an error":              {always(200, list(0, task("s1", 1))), time.Time{}, "IncompleteList", 6},
		"a task without an id is an error":             {always(200, list(1, task("", 1))), time.Time{}, "MalformedReply", 1},
		"a list of another shape is an error":          {always(200, `{"Success":true,"Items":{"RestoreTaskDetail":7}}`), time.Time{}, "MalformedReply", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			tasks, err := client(t, options(s.URL)).RestoreTasks(t.Context(), hangzhou, "dbs1orders", c.since)
			got := ids(tasks)
			if err != nil {
				got = failure(t, err).Code
			}
			if got != c.want || len(s.seen()) != c.calls {
				t.Errorf("got %q in %d calls, want %q in %d", got, len(s.seen()), c.want, c.calls)
			}
		})
	}
}

func TestTheListIsFilteredByTimeAndAskedWithoutWhereTheServiceRefuses(t *testing.T) {
	since := time.UnixMilli(5000)
	for name, refuses := range map[string]bool{"the service filters": false, "the service refuses": true} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch start := r.PostFormValue("StartTimestamp"); {
				case start == "":
					_, _ = io.WriteString(w, list(2, task("s1", 1000), task("s2", 9000)))
				case refuses:
					_, _ = io.WriteString(w, `{"Success":false,"ErrCode":"InvalidParameter","ErrMessage":"StartTimestamp","HttpStatusCode":400}`)
				case start == "5000":
					_, _ = io.WriteString(w, list(1, task("s2", 9000)))
				}
			})
			tasks, err := client(t, options(s.URL)).RestoreTasks(t.Context(), hangzhou, "dbs1orders", since)
			if got := ids(tasks); err != nil || got != "s2" {
				t.Errorf("got %q, %v, want s2", got, err)
			}
			if want := map[bool]int{false: 1, true: 2}[refuses]; len(s.seen()) != want {
				t.Errorf("got %d calls, want %d", len(s.seen()), want)
			}
		})
	}
}

func TestTasksAreAskedByIDInOneCall(t *testing.T) {
	s := serve(t, pages(list(2, task("s1", 1), task("s2", 2), task("s9", 9))))
	tasks, err := client(t, options(s.URL)).RestoreTasksByID(t.Context(), hangzhou, []string{"s2", "s1"})
	if got, want := ids(tasks), "s1 s2"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if got, want := s.seen()[0].body, "PageNum=0&PageSize=100&RestoreTaskId=s2%2Cs1"; got != want || len(s.seen()) != 1 {
		t.Errorf("got %d calls, the first %s, want 1 call %s", len(s.seen()), got, want)
	}
}

func TestAnUnknownIDDoesNotHideTheOthers(t *testing.T) {
	known := []string{"s1", "s2", "s4"}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var found []string
		for id := range strings.SplitSeq(r.PostFormValue("RestoreTaskId"), ",") {
			if !slices.Contains(known, id) {
				_, _ = io.WriteString(w, `{"Success":false,"ErrCode":"InvalidParameterValid"}`)
				return
			}
			found = append(found, task(id, 1))
		}
		_, _ = io.WriteString(w, list(len(found), found...))
	})
	tasks, err := client(t, options(s.URL)).RestoreTasksByID(t.Context(), hangzhou, []string{"s1", "s2", "gone", "s4"})
	if got, want := ids(tasks), "s1 s2 s4"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestARefusedIDConcernsItselfOnly(t *testing.T) {
	for _, code := range []string{"InvalidParameterValid", "InvalidJobId", "Param.NotFound", "InvalidRestoreTaskId.NotFound"} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			var found []string
			for id := range strings.SplitSeq(r.PostFormValue("RestoreTaskId"), ",") {
				if id == "odd" {
					_, _ = fmt.Fprintf(w, `{"Success":false,"ErrCode":%q,"HttpStatusCode":400}`, code)
					return
				}
				found = append(found, task(id, 1))
			}
			_, _ = io.WriteString(w, list(len(found), found...))
		})
		c := client(t, options(s.URL))
		for _, asked := range [][]string{{"s1", "odd", "s2", "s3"}, {"odd"}} {
			want := strings.Join(slices.DeleteFunc(slices.Clone(asked), func(id string) bool { return id == "odd" }), " ")
			tasks, err := c.RestoreTasksByID(t.Context(), hangzhou, asked)
			if got := ids(tasks); err != nil || got != want {
				t.Errorf("%s for %v: got %q, %v, want %q", code, asked, got, err, want)
			}
		}
	}
}

func TestWhatConcernsEveryTaskFailsTheWholePoll(t *testing.T) {
	for name, c := range map[string]struct {
		site plan.Site
		body string
		want string
	}{
		"a missing permission":         {hangzhou, `{"Code":"Forbidden.RAM"}`, "Forbidden.RAM"},
		"a region without an endpoint": {plan.Site{Region: "cn-hangzouh"}, ``, "Endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options("")
			o.Transport = answering(always(403, c.body))
			tasks, err := client(t, o).RestoreTasksByID(t.Context(), c.site, []string{"s1", "s2"})
			if got := failure(t, err).Code; got != c.want || tasks != nil {
				t.Errorf("got %s and %v, want %s and no tasks", got, tasks, c.want)
			}
		})
	}
}

func TestATaskIsTranslated(t *testing.T) {
	s := serve(t, always(200, list(1, `{"RestoreTaskId":"s1","RestoreTaskName":"n","BackupPlanId":"dbs1","BackupSetId":"1ib",
		"RestoreStatus":" FINISHED","RestoreObjects":"[ {\"DBName\":\"a\"} ]","RestoreTime":"1760000000000",
		"RestoreTaskCreateTime":1760003600000,"RestoreTaskFinishTime":1760003700000,"ErrMessage":"NULL",
		"FullStruforeRestoreProgress":100,"FullDataRestoreProgress":"42","FullStruAfterRestoreProgress":101,
		"ContinuousRestoreProgress":-7,"DestinationEndpointInstanceType":"RDS","DestinationEndpointRegion":"cn-hangzhou",
		"DestinationEndpointInstanceID":"rm-1","DestinationEndpointIpPort":"[fe80::1]:3306","DestinationEndpointUserName":"u",
		"DestinationEndpointDatabaseName":"d","DestinationEndpointOracleSID":"o","RestoreDir":"/r","BackupGatewayId":23210001,
		"CrossAliyunId":"2749","CrossRoleName":"role","SomethingNew":{"a":[1]}}`)))
	got, err := client(t, options(s.URL)).RestoreTasks(t.Context(), hangzhou, "dbs1", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	want := []restore.Task{{
		ID: "s1", Name: "n", Status: restore.StatusSucceeded, RawStatus: " FINISHED",
		Created: time.UnixMilli(1760003600000).UTC(), Finished: time.UnixMilli(1760003700000).UTC(),
		Progress: restore.Progress{Structure: 100, Data: 42, After: -1, Log: -1},
		Parameters: &plan.Parameters{
			BackupPlanId: "dbs1", BackupSetId: "1ib", RestoreObjects: `[ {"DBName":"a"} ]`, RestoreTime: 1760000000000,
			DestinationEndpointInstanceType: "rds", DestinationEndpointRegion: "cn-hangzhou", DestinationEndpointInstanceID: "rm-1",
			DestinationEndpointIP: "fe80::1", DestinationEndpointPort: 3306, DestinationEndpointUserName: "u",
			DestinationEndpointDatabaseName: "d", DestinationEndpointOracleSID: "o", RestoreDir: "/r", BackupGatewayId: 23210001,
			CrossAliyunId: "2749", CrossRoleName: "role",
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tasks differ (-want +got):\n%s", diff)
	}
}

func TestOnlyKnownWordsAreStatuses(t *testing.T) {
	words := map[string]restore.Status{
		"init": restore.StatusInit, "CHECK_PASS": restore.StatusCheckPass, "Running": restore.StatusRunning,
		"pause": restore.StatusPause, "stop": restore.StatusFailed, "finish": restore.StatusSucceeded,
		"Succeeded": restore.StatusSucceeded, "completed": restore.StatusSucceeded, "complete": restore.StatusSucceeded,
		"success": restore.StatusSucceeded, "succeed": restore.StatusSucceeded,
		"": restore.StatusUnrecognized, "7": restore.StatusUnrecognized, "unfinished": restore.StatusUnrecognized,
		"unrecognized": restore.StatusUnrecognized,
	}
	for _, word := range slices.Sorted(maps.Keys(words)) {
		s := serve(t, always(200, list(1, fmt.Sprintf(`{"RestoreTaskId":"s1","RestoreStatus":%q}`, word))))
		tasks, err := client(t, options(s.URL)).RestoreTasks(t.Context(), hangzhou, "dbs1", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tasks[0].Status, words[word]; got != want || tasks[0].RawStatus != word {
			t.Errorf("%q: got %s and raw %q, want %s", word, got, tasks[0].RawStatus, want)
		}
	}
}

func TestAPrecheckFailsAsAWholeOrByOneItem(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want restore.Precheck
	}{
		"running": {`{"Success":true,"Status":"running","Progress":20,"Items":{"PreCheckProgressDetail":[{"State":"init"}]}}`,
			restore.Precheck{Status: "running"}},
		"nothing of it has begun": {`{"Success":true,"Status":"running","Progress":0,"Items":{"PreCheckProgressDetail":[{"State":"init"},{"State":"INIT"}]}}`,
			restore.Precheck{Status: "init"}},
		"its first check has begun": {`{"Success":true,"Status":"running","Progress":0,"Items":{"PreCheckProgressDetail":[{"State":"running"},{"State":"init"}]}}`,
			restore.Precheck{Status: "running"}},
		"it does not tell its checks": {`{"Success":true,"Status":"running","Progress":0,"Items":{}}`,
			restore.Precheck{Status: "running"}},
		"a warning does not fail it": {`{"Success":true,"Status":"Finish","Items":{"PreCheckProgressDetail":[{"Item":"A","State":"warning"}]}}`,
			restore.Precheck{Status: "finish"}},
		"one item failed": {`{"Success":true,"Status":"running","Items":{"PreCheckProgressDetail":[
				{"Item":"CHECK_A","State":"FAILED","OrderNum":"10","ErrMsg":"connect timed out"},{"Item":"CHECK_B","State":"catched"}]}}`,
			restore.Precheck{Status: "running", Failed: true, Reasons: []string{"CHECK_A: connect timed out", "CHECK_B"}}},
		"it failed as a whole": {`{"Success":true,"Status":"failed","ErrMessage":"java.lang.Exception","Items":[]}`,
			restore.Precheck{Status: "failed", Failed: true, Reasons: []string{"java.lang.Exception"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(200, c.body))
			got, err := client(t, options(s.URL)).Precheck(t.Context(), hangzhou, "s1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("prechecks differ (-want +got):\n%s", diff)
			}
			if got, want := s.seen()[0].body, "RestoreTaskId=s1"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAFailedPrecheckIsExplainedByTheJobsErrorCode(t *testing.T) {
	failed := always(200, `{"Success":true,"Status":"failed","Items":{"PreCheckProgressDetail":[{"Item":"CHECK_A","State":"failed","ErrMsg":"connect timed out"}]}}`)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   []string
	}{
		"with what it adds": {always(200, `{"Success":true,"Item":{"JobId":"s1","ErrorCode":"DBS-1","ErrorMessage":"open the \u001b[31mport","Language":"en"}}`),
			[]string{"CHECK_A: connect timed out", "DBS-1: open the \uFFFD[31mport"}},
		"not twice":                  {always(200, `{"Success":true,"Item":{"ErrorMessage":"connect timed out"}}`), []string{"CHECK_A: connect timed out"}},
		"when it has nothing to say": {always(200, `{"Success":true,"Item":{"JobId":"s1","Language":"en"}}`), []string{"CHECK_A: connect timed out"}},
		"when it does not answer":    {always(403, `{"Code":"Forbidden.RAM"}`), []string{"CHECK_A: connect timed out"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, inTurn(failed, c.answer))
			got, err := client(t, options(s.URL)).Precheck(t.Context(), hangzhou, "s1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(restore.Precheck{Status: "failed", Failed: true, Reasons: c.want}, got); diff != "" {
				t.Errorf("prechecks differ (-want +got):\n%s", diff)
			}
			if got, want := s.seen()[1].query.Get("Action")+" "+s.seen()[1].body, "DescribeJobErrorCode Language=en&TaskId=s1"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
