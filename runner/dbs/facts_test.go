package dbs_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// account answers reads about backup plans: those named "gone…" do not exist,
// those named "odd…" are refused for another reason.
func account(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("BackupPlanId")
	switch action := r.URL.Query().Get("Action"); action {
	case "DescribeBackupPlanList":
		var items []string
		for id := range strings.SplitSeq(id, ",") {
			switch {
			case strings.HasPrefix(id, "gone"):
				_, _ = io.WriteString(w, `{"Success":false,"ErrCode":"InvalidParameterValid","ErrMessage":"no such plan"}`)
				return
			case strings.HasPrefix(id, "odd"):
				_, _ = io.WriteString(w, `{"Success":false,"ErrCode":"Param.NotFound","ErrMessage":"odd"}`)
				return
			case !strings.HasPrefix(id, "quiet"):
				items = append(items, fmt.Sprintf(`{"BackupPlanId":%q,"BackupPlanName":"orders","BackupPlanStatus":"running",
					"DatabaseType":"MySQL","BackupObjects":"[{\"DBName\":\"b\"},{\"DBName\":\"a\"},{\"DBName\":\"b\",\"SchemaName\":\"s\"}]",
					"BeginTimestampForRestore":1000,"EndTimestampForRestore":9000,
					"SourceEndpointInstanceType":"rds","SourceEndpointInstanceID":"rm-1","SourceEndpointIpPort":"10.0.0.7:3306"}`, id))
			}
		}
		_, _ = fmt.Fprintf(w, `{"Success":true,"TotalElements":%d,"Items":{"BackupPlanDetail":[%s]}}`, len(items), strings.Join(items, ","))
	case "DescribeRestoreRangeInfo":
		if strings.HasPrefix(id, "points") {
			_, _ = io.WriteString(w, `{"Success":true,"Items":{"DBSRecoverRange":[{"RangeType":"point","BeginTimestampForRestore":1000,"EndTimestampForRestore":1000}]}}`)
			return
		}
		if strings.HasPrefix(id, "ranges") {
			_, _ = io.WriteString(w, `{"Success":false,"ErrCode":"InvalidParameter","ErrMessage":"not supported by this plan"}`)
			return
		}
		_, _ = io.WriteString(w, `{"Success":true,"Items":{"DBSRecoverRange":[
			{"RangeType":"range","BeginTimestampForRestore":5000,"EndTimestampForRestore":9000},
			{"RangeType":"point","BeginTimestampForRestore":1000,"EndTimestampForRestore":1000,
				"FullBackupList":{"FullBackupDetail":[{"BackupSetId":"p2","StartTime":800,"EndTime":1000},{"BackupSetId":"","StartTime":1,"EndTime":2},
					{"BackupSetId":"p1","StartTime":500,"EndTime":700},{"BackupSetId":"under way","StartTime":900}]}},
			{"RangeType":"RANGE","BeginTimestampForRestore":1000,"EndTimestampForRestore":4000},
			{"RangeType":"range","BeginTimestampForRestore":3000,"EndTimestampForRestore":2000},
			{"RangeType":"point","BeginTimestampForRestore":1,"EndTimestampForRestore":10},
			{"RangeType":"range"}]}}`)
	case "DescribeBackupGatewayList":
		if r.PostFormValue("Region") == "cn-beijing" {
			_, _ = io.WriteString(w, `{"Success":false,"ErrCode":"InvalidParameter","ErrMessage":"no such region"}`)
			return
		}
		_, _ = io.WriteString(w, `{"Success":true,"TotalElements":2,"Items":{"BackupGateway":[
			{"BackupGatewayId":"101","DisplayName":"idc-a","BackupGatewayStatus":"ONLINE","Region":"cn-hangzhou"},
			{"BackupGatewayId":"102","DisplayName":"idc-b","BackupGatewayStatus":"OFFLINE","Region":"cn-hangzhou"}]}}`)
	case "DescribeFullBackupList":
		later := time.Now().Add(time.Hour).UnixMilli()
		_, _ = fmt.Fprintf(w, `{"Success":true,"TotalElements":5,"Items":{"FullBackupFile":[
			{"BackupSetId":"new","BackupStatus":"finish","StartTime":5000,"EndTime":6000,"BackupSetExpiredTime":%d},
			{"BackupSetId":"old","BackupStatus":"FINISH","StartTime":1000,"EndTime":2000},
			{"BackupSetId":"expired","BackupStatus":"finish","StartTime":1000,"EndTime":2000,"BackupSetExpiredTime":3000},
			{"BackupSetId":"failed","BackupStatus":"stop","StartTime":1000,"EndTime":2000},
			{"BackupSetId":"under way","BackupStatus":"running","StartTime":1000}]}}`, later)
	default:
		w.WriteHeader(http.StatusTeapot)
	}
}

func ms(n int64) time.Time { return time.UnixMilli(n).UTC() }

func TestBackupPlansAnswerWhatWasAskedInOrder(t *testing.T) {
	s := serve(t, account)
	got, err := client(t, options(s.URL)).BackupPlans(t.Context(), []plan.Question{
		{Site: hangzhou, BackupPlanID: "dbs2", Ranges: true, BackupSets: true},
		{Site: hangzhou, BackupPlanID: "gone1", Ranges: true},
		{Site: hangzhou, BackupPlanID: "quiet1", BackupSets: true},
		{Site: hangzhou, BackupPlanID: "odd1"},
		{Site: hangzhou, BackupPlanID: "ranges1", Ranges: true},
		{Site: plan.Site{Region: "cn-chengdu"}, BackupPlanID: "dbs2"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	readable := plan.BackupPlan{Site: hangzhou, ID: "dbs2", Name: "orders", Status: "running", DatabaseType: "MySQL",
		Databases: []string{"b", "a"}, Source: plan.Source{InstanceType: "rds", InstanceID: "rm-1", IPPort: "10.0.0.7:3306"}}
	full, unsupported, chengdu := readable, readable, readable
	full.Points = []plan.BackupSet{{From: ms(1), To: ms(10)}, {ID: "p1", From: ms(500), To: ms(700)}, {ID: "p2", From: ms(800), To: ms(1000)}}
	full.Ranges = []plan.Range{{From: ms(1000), To: ms(4000)}, {From: ms(5000), To: ms(9000)}}
	full.BackupSets = []plan.BackupSet{{ID: "old", From: ms(1000), To: ms(2000)}, {ID: "new", From: ms(5000), To: ms(6000)}}
	unsupported.ID, unsupported.Problem = "ranges1", "DescribeRestoreRangeInfo: InvalidParameter: not supported by this plan"
	chengdu.Site.Region = "cn-chengdu"
	want := []plan.BackupPlan{
		full,
		{Site: hangzhou, ID: "gone1", Missing: true},
		{Site: hangzhou, ID: "quiet1", Missing: true},
		{Site: hangzhou, ID: "odd1", Problem: "DescribeBackupPlanList: Param.NotFound: odd"},
		unsupported,
		chengdu,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers differ (-want +got):\n%s", diff)
	}
}

func TestTheNewestMomentNeedsBackupSetsOnlyWithoutRanges(t *testing.T) {
	s := serve(t, account)
	c := client(t, options(s.URL))
	answers, err := c.BackupPlans(t.Context(), []plan.Question{{Site: hangzhou, BackupPlanID: "dbs1", Latest: true}, {Site: hangzhou, BackupPlanID: "points1", Latest: true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"DescribeBackupPlanList": 1, "DescribeRestoreRangeInfo": 2, "DescribeFullBackupList": 1}
	if diff := cmp.Diff(want, c.Calls()); diff != "" {
		t.Errorf("calls differ (-want +got):\n%s", diff)
	}
	if len(answers[0].Ranges) == 0 || len(answers[1].Ranges) != 0 || len(answers[1].BackupSets) != 2 {
		t.Errorf("got %+v, want ranges of the first and backup sets of the second", answers)
	}
}

func TestGatewaysAreListedSiteBySite(t *testing.T) {
	s := serve(t, account)
	beijing := plan.Site{Region: "cn-beijing"}
	got, err := client(t, options(s.URL)).Gateways(t.Context(), []plan.Site{hangzhou, beijing})
	if err != nil {
		t.Fatal(err)
	}
	want := []plan.GatewayList{
		{Site: hangzhou, Gateways: []plan.Gateway{{ID: "101", Name: "idc-a", Status: "ONLINE"}, {ID: "102", Name: "idc-b", Status: "OFFLINE"}}},
		{Site: beijing, Problem: "DescribeBackupGatewayList: InvalidParameter: no such region"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gateways differ (-want +got):\n%s", diff)
	}
	// Who may not ask can plan all the same; who has no valid key cannot.
	s = serve(t, always(403, `{"Code":"Forbidden.RAM","Message":"no"}`))
	got, err = client(t, options(s.URL)).Gateways(t.Context(), []plan.Site{hangzhou})
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v, want a problem of the site", got, err)
	}
	wantText(t, got[0].Problem, "grant dbs:DescribeBackupGatewayList in RAM")
	s = serve(t, always(403, `{"Code":"InvalidAccessKeyId.NotFound"}`))
	if _, err = client(t, options(s.URL)).Gateways(t.Context(), []plan.Site{hangzhou}); !failure(t, err).Fatal {
		t.Errorf("got %v, want fatal", err)
	}
}

func TestManyBackupPlansNeedFewCalls(t *testing.T) {
	s := serve(t, account)
	c := client(t, options(s.URL))
	var qs []plan.Question
	for i := range 100 {
		qs = append(qs, plan.Question{Site: hangzhou, BackupPlanID: fmt.Sprintf("dbs%03d", i), Ranges: i < 10, BackupSets: i >= 90})
	}
	if _, err := c.BackupPlans(t.Context(), qs, nil); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"DescribeBackupPlanList": 4, "DescribeRestoreRangeInfo": 10, "DescribeFullBackupList": 10}
	if diff := cmp.Diff(want, c.Calls()); diff != "" {
		t.Errorf("calls differ (-want +got):\n%s", diff)
	}
	for _, r := range s.seen() {
		if n := strings.Count(r.form.Get("BackupPlanId"), ",") + 1; n > 30 {
			t.Errorf("got %d ids in one question, want at most 30", n)
		}
	}
}

func TestUnknownBackupPlansAreIsolated(t *testing.T) {
	s := serve(t, account)
	var qs []plan.Question
	for i := range 30 {
		id := fmt.Sprintf("dbs%03d", i)
		if i == 7 || i == 23 {
			id = "gone" + id
		}
		qs = append(qs, plan.Question{Site: hangzhou, BackupPlanID: id})
	}
	answers, err := client(t, options(s.URL)).BackupPlans(t.Context(), qs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if a.ID != qs[i].BackupPlanID || a.Missing != strings.HasPrefix(a.ID, "gone") {
			t.Errorf("%s: got %s, missing %v", qs[i].BackupPlanID, a.ID, a.Missing)
		}
	}
	if n := len(s.seen()); n > 20 {
		t.Errorf("got %d calls, want at most 20", n)
	}
}

func TestWhatConcernsEveryBackupPlanFailsTheWhole(t *testing.T) {
	for _, body := range []string{`{"Code":"Forbidden.RAM"}`, `{"Code":"InvalidAccessKeyId.NotFound"}`} {
		s := serve(t, always(403, body))
		_, err := client(t, options(s.URL)).BackupPlans(t.Context(), []plan.Question{
			{Site: hangzhou, BackupPlanID: "a"}, {Site: hangzhou, BackupPlanID: "b"}}, nil)
		if f := failure(t, err); f.Class != restore.Refused || !f.Fatal {
			t.Errorf("got %+v, want refused, fatal", *f)
		}
		if n := len(s.seen()); n != 1 {
			t.Errorf("got %d calls, want 1", n)
		}
	}
}

// Of a site where nothing is asked in the end it does not matter that it could not be.
func TestASiteThatIsNotAskedFailsNothing(t *testing.T) {
	beijing := plan.Site{Region: "cn-beijing"}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("RegionId") == beijing.Region {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"Code":"Forbidden.RAM"}`)
			return
		}
		account(w, r)
	})
	c := client(t, options(s.URL))
	may := []plan.Question{{Site: beijing, BackupPlanID: "dbs1"}, {Site: hangzhou, BackupPlanID: "dbs2"}}
	answers, err := c.BackupPlans(t.Context(), may, func() ([]plan.Question, error) { return may[1:], nil })
	if err != nil || len(answers) != 1 || answers[0].DatabaseType != "MySQL" {
		t.Errorf("got %+v, %v, want the backup plan at the other site", answers, err)
	}
	if _, err := c.BackupPlans(t.Context(), may, nil); err == nil {
		t.Error("got no error of the site that is asked")
	}
}

func TestAMisspeltRegionConcernsItsOwnBackupPlans(t *testing.T) {
	o := options("")
	o.Transport = answering(account)
	answers, err := client(t, o).BackupPlans(t.Context(), []plan.Question{
		{Site: plan.Site{Region: "cn-hangzouh"}, BackupPlanID: "dbs1"}, {Site: hangzhou, BackupPlanID: "dbs2"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, answers[0].Problem, "did you mean cn-hangzhou?")
	if answers[1].Problem != "" || !slices.Equal(answers[1].Databases, []string{"b", "a"}) {
		t.Errorf("got %+v, want the other backup plan to be read", answers[1])
	}
}
