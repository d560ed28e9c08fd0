package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// items returns the list that is under Items in an answer.
func (a answer) items(t testing.TB, name string) []map[string]any {
	t.Helper()
	var body struct{ Items map[string][]map[string]any }
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || !a.Success {
		t.Fatalf("got %d %s, want success", a.Status, a.Body)
	}
	list, has := body.Items[name]
	if !has || list == nil {
		t.Fatalf("got %s, want a list %s", a.Body, name)
	}
	return list
}

func TestLogFilesAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // at midnight
		midnight := time.Now()
		time.Sleep(90 * time.Minute)
		w := world.World{
			Accounts: world.OneKey("emulator", "emulator"),
			BackupPlans: []world.BackupPlan{
				{ID: "dbs1open", DatabaseType: "MySQL", Source: world.Source{IPPort: "10.0.0.1:3306"},
					Ranges: []world.Range{{From: midnight.Add(-5 * time.Hour), To: midnight.Add(-3*time.Hour - time.Minute)}, {From: midnight}}},
				{ID: "dbs1none", DatabaseType: "PostgreSQL"},
			},
		}
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		files := func(params ...string) (got []string) {
			a := c.list("DescribeIncrementBackupList", append([]string{"BackupPlanId", "dbs1open"}, params...)...)
			for _, f := range a.items(t, "IncrementBackupFile") {
				since := time.UnixMilli(int64(f["StartTime"].(float64))).Sub(midnight)
				lasts := time.Duration(f["EndTime"].(float64)-f["StartTime"].(float64)) * time.Millisecond
				got = append(got, fmt.Sprintf("%v %v+%v %v", f["BackupSetId"], since, lasts, f["BackupStatus"]))
			}
			return got
		}
		want := []string{
			"mysql-bin.000004 1h0m0s+30m0s FILLING",
			"mysql-bin.000003 0s+1h0m0s COMPLETED",
			"mysql-bin.000002 -4h0m0s+59m0s COMPLETED",
			"mysql-bin.000001 -5h0m0s+1h0m0s COMPLETED",
		}
		if got := files(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := files("StartTimestamp", millis(midnight)); !slices.Equal(got, want[:2]) {
			t.Errorf("got %q since midnight, want %q", got, want[:2])
		}
		if got := files("EndTimestamp", millis(midnight.Add(-time.Millisecond))); !slices.Equal(got, want[2:]) {
			t.Errorf("got %q before midnight, want %q", got, want[2:])
		}
		if got := files("PageNum", "1", "PageSize", "30"); len(got) != 0 {
			t.Errorf("got %q on the second page, want nothing", got)
		}
		if got := c.list("DescribeIncrementBackupList", "BackupPlanId", "dbs1none").items(t, "IncrementBackupFile"); len(got) != 0 {
			t.Errorf("got %v of a plan without log, want nothing", got)
		}
		for _, show := range []struct {
			value string
			want  any
		}{{"", "Standard"}, {"true", "Standard"}, {"false", nil}} {
			file := c.list("DescribeIncrementBackupList", "BackupPlanId", "dbs1open", "ShowStorageType", show.value).items(t, "IncrementBackupFile")[0]
			if file["StorageMethod"] != show.want || file["SourceEndpointIpPort"] != "10.0.0.1:3306" {
				t.Errorf("got %v with ShowStorageType %q, want storage %v", file, show.value, show.want)
			}
		}
		for want, params := range map[string][]string{
			"200 InvalidParameterValid": {"BackupPlanId", "dbs1open", "PageSize", "20"},
			"400 MissingBackupPlanId":   nil,
			"400 InvalidStartTimestamp": {"BackupPlanId", "dbs1open", "StartTimestamp", "now"},
		} {
			if got := c.ends("DescribeIncrementBackupList", params...); got != want {
				t.Errorf("got %s with %q, want %s", got, params, want)
			}
		}
	})
}

func TestGatewaysAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.World{
			Accounts: world.OneKey("emulator", "emulator"),
			Gateways: []world.Gateway{
				{ID: 11, Identifier: "gw-a", Name: "a", Region: "cn-hangzhou", Host: "bk01", InternetIP: "203.0.113.7", IntranetIP: "10.9.0.7",
					Created: time.Now().Add(-time.Hour)},
				{ID: 12, Region: "cn-hangzhou", Status: "OFFLINE"},
				{ID: 13, Region: "cn-shanghai", Status: "UPGRADING"},
			},
		}
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		for _, tt := range []struct{ region, identifier, want string }{
			{"cn-hangzhou", "", "11 gw-a ONLINE 10s, 12 gw-12 OFFLINE 24h0m0s"},
			{"cn-shanghai", "", "13 gw-13 UPGRADING 24h0m0s"},
			{"cn-hangzhou", "gw-12", "12 gw-12 OFFLINE 24h0m0s"},
			{"cn-hangzhou", "gw-12,gw-a", "11 gw-a ONLINE 10s, 12 gw-12 OFFLINE 24h0m0s"},
			{"cn-hangzhou", "gw-13", ""},
			{"cn-beijing", "", ""},
		} {
			var got []string
			for _, g := range c.list("DescribeBackupGatewayList", "Region", tt.region, "Identifier", tt.identifier).items(t, "BackupGateway") {
				silent := time.Since(time.UnixMilli(int64(g["LastHeartbeatTime"].(float64))))
				got = append(got, fmt.Sprint(g["BackupGatewayId"], " ", g["Identifier"], " ", g["BackupGatewayStatus"], " ", silent))
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("got %q in %s with %q, want %q", got, tt.region, tt.identifier, tt.want)
			}
		}
		first := c.list("DescribeBackupGatewayList", "Region", "cn-hangzhou").items(t, "BackupGateway")[0]
		if first["SourceEndpointHostname"] != "bk01" || first["SourceEndpointIntranetIP"] != "10.9.0.7" || first["DisplayName"] != "a" ||
			first["BackupGatewayCreateTime"] != float64(time.Now().Add(-time.Hour).UnixMilli()) {
			t.Errorf("got %v, want what the world says", first)
		}
		for want, params := range map[string][]string{
			"400 MissingRegion":         nil,
			"200 InvalidParameterValid": {"Region", "atlantis"},
		} {
			if got := c.ends("DescribeBackupGatewayList", params...); got != want {
				t.Errorf("got %s with %q, want %s", got, params, want)
			}
		}
	})
}

func TestRegionsAndWhereTheServiceConnectsFrom(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	var regions struct{ Regions struct{ RegionCode []string } }
	if err := json.Unmarshal([]byte(c.call("DescribeRegions", nil).Body), &regions); err != nil {
		t.Fatal(err)
	}
	codes := regions.Regions.RegionCode
	if len(codes) != 24 || codes[0] != "cn-hangzhou" || !slices.Contains(codes, "cn-shanghai-finance-1") {
		t.Errorf("got regions %q, want 24 of them", codes)
	}
	cidrs := func(region string) string {
		a := c.list("DescribeNodeCidrList", "Region", region)
		var body struct {
			IntranetIPs struct{ IntranetIP []string }
			InternetIPs struct{ InternetIP []string }
		}
		if err := json.Unmarshal([]byte(a.Body), &body); err != nil || !a.Success {
			t.Fatalf("got %s for %s, want success", a.Body, region)
		}
		return strings.Join(body.IntranetIPs.IntranetIP, ",") + " " + strings.Join(body.InternetIPs.InternetIP, ",")
	}
	if got, want := cidrs("cn-hangzhou"), `"10.151.1.0/24" "198.51.101.0/24"`; got != want {
		t.Errorf("got %s, want %s, in quotes", got, want)
	}
	seen := make(map[string]string)
	for _, region := range codes {
		if other := seen[cidrs(region)]; other != "" {
			t.Errorf("got the same networks for %s and %s", region, other)
		}
		seen[cidrs(region)] = region
	}
	for _, short := range []string{"cn-shanghai-finance", "cn-shenzhen-finance"} {
		if got, want := cidrs(short), cidrs(short+"-1"); got != want {
			t.Errorf("got %s for %s, want %s: it is another name of it", got, short, want)
		}
	}
	if got, want := c.ends("DescribeNodeCidrList", "Region", "atlantis"), "200 InvalidParameterValid"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := c.ends("DescribeNodeCidrList"), "400 MissingRegion"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
