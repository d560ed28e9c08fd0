package dbs_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/plan"
)

func TestTheBackupPlansOfAnAccountAreListedToTheLastPage(t *testing.T) {
	const all = 230
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		num, _ := strconv.Atoi(r.PostFormValue("PageNum"))
		size, _ := strconv.Atoi(r.PostFormValue("PageSize"))
		var items []string
		for i := num * size; i < min(all, (num+1)*size); i++ {
			items = append(items, fmt.Sprintf(`{"BackupPlanId":"dbs%03d","BackupPlanName":"n\u0007%d","DatabaseType":"MySQL"}`, i, i))
		}
		_, _ = fmt.Fprintf(w, `{"Success":true,"TotalElements":%d,"Items":{"BackupPlanDetail":[%s]}}`, all, strings.Join(items, ","))
	})
	plans, err := client(t, options(s.URL)).AccountPlans(t.Context(), hangzhou)
	if err != nil || len(plans) != all {
		t.Fatalf("got %d backup plans, %v, want %d", len(plans), err, all)
	}
	if last := plans[all-1]; last.ID != "dbs229" || last.Site != hangzhou || last.DatabaseType != "MySQL" {
		t.Errorf("got %+v as the last one", last)
	}
	for _, r := range s.seen() {
		if r.form.Get("Region") != hangzhou.Region || r.form.Get("BackupPlanId") != "" {
			t.Errorf("got the question %v, want all of the region", r.form)
		}
	}
}

func TestTheBackupPlansOfAnotherRegionAreNotListed(t *testing.T) {
	c, _ := against(t)
	for region, want := range map[string]string{"cn-shanghai": "dbs1demomysql06", "cn-chengdu": ""} {
		plans, err := c.AccountPlans(t.Context(), plan.Site{Region: region})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, p := range plans {
			ids = append(ids, p.ID)
		}
		if got := strings.Join(ids, " "); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", region, got, want)
		}
	}
	if regions := c.Regions(); !slices.Contains(regions, "cn-shanghai") || !slices.IsSorted(regions) {
		t.Errorf("got the regions %v", regions)
	}
}
