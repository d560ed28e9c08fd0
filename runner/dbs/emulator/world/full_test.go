package world_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func full(t *testing.T, now time.Time) world.World {
	t.Helper()
	src, err := os.ReadFile("testdata/good/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Read("full.yaml", src, now)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestFullFileIsRead(t *testing.T) {
	today := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	want := world.World{
		Accounts: []world.Account{
			{
				ID:         "1000000000000001",
				Permission: world.Permission{Allow: []string{"dbs:Describe*", "dbs:CreateRestoreTask"}, Denial: world.DenialByGateway},
				AccessKeys: []world.AccessKey{
					{ID: "permanent", Secret: "made-up"},
					{ID: "temporary", Secret: "made-up-too", SecurityToken: "token", Lifetime: 90 * time.Minute, Inactive: true,
						Permission: world.Permission{Allow: []string{"dbs:*"}, Denial: world.DenialByDBS}},
				},
			},
			{ID: "2", AccessKeys: []world.AccessKey{{ID: "other", Secret: "made-up"}}},
		},
		Gateways: []world.Gateway{{ID: 7, Identifier: "gw-1", Name: "idc", Account: "2", Region: "cn-hangzhou", Status: "UPGRADING",
			Host: "bk01", InternetIP: "203.0.113.7", IntranetIP: "10.9.0.7", Created: today.AddDate(0, 0, -300)}},
		BackupPlans: []world.BackupPlan{{
			ID: "dbs1full", Name: "orders", Account: "2", Region: "cn-hangzhou", Status: "pause", DatabaseType: "MySQL", BackupMethod: "physical",
			Created: time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC),
			Source:  world.Source{InstanceType: "Agent", InstanceID: "i-1", IPPort: "10.20.0.10:3306", UserName: "backup", GatewayID: 7},
			Databases: []world.Database{
				{Name: "bytes", Size: 4096}, {Name: "bytes_in_words", Size: 10}, {Name: "kibibytes", Size: 2048}, {Name: "mebibytes", Size: 1 << 19},
				{Name: "gibibytes", Size: 92 << 30}, {Name: "tebibytes", Size: 1 << 40}, {Name: "no_size"},
			},
			Ranges: []world.Range{
				{From: time.Date(2026, 11, 16, 6, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 20, 3, 0, 0, 5e8, time.UTC)},
				{From: time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)},
			},
			BackupSets: []world.BackupSet{{ID: "old", Status: "stop", From: time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC),
				To: time.Date(2026, 10, 24, 1, 0, 0, 0, time.UTC), Expires: today, Size: 1 << 30, StorageMethod: "Archive"}},
			Schedule: world.Schedule{Days: 2, At: "03:30", Lasts: 20 * time.Minute, Keep: 7},
		}},
		Destinations: []world.Destination{{ID: "rm-1", Databases: []string{"orders"},
			Users:     []world.User{{Name: "restorer", Password: "made-up", Rights: world.RightsDatabases}},
			FreeSpace: 3 << 29, Down: true, Full: true, Flaky: 2}},
		Speed: world.Speed{Throughput: 64 << 20, MinDuration: 700 * time.Millisecond, Precheck: 300 * time.Millisecond},
		Behaviour: world.Behaviour{
			FinishWord: "finished", PrecheckAtCreate: true, SecondStartIsFine: true,
			ClientTokens: world.ClientTokens{Lifetime: 10 * time.Minute}, TokenMismatchCode: "Mismatch",
			FailureStatus: 400, FailuresAsGatewayErrors: true, DefaultFormat: "JSON", FormParametersIgnored: true, RequestsPerSecond: 2.5,
			ListLag: 5 * time.Second, MaxIDs: 30, UnknownIDsRefused: true, FixedPageSizes: true, ListTimestamps: "milliseconds",
			ShowFlagsNeeded: true, PointTimesRefused: true, MomentOptional: true, MomentCheckedAtRun: true, ObjectsAreRegexps: true,
			RenamedName: "{name}-{task}", UniqueTaskNames: true, OnlyKnownDestinations: true,
			Needs: map[string][]string{"dg": {"DestinationEndpointInstanceID"}},
		},
		Faults: world.Faults{Seed: 7, Rules: []world.Fault{
			{Kind: "refuse", Operation: "CreateRestoreTask", Where: map[string]string{"BackupPlanId": "dbs1*"}, Skip: 1, Count: 2,
				Probability: 0.5, Executed: true, Code: "Busy", Status: 500, Message: "Try again."},
			{Kind: "redirect", Location: "http://127.0.0.1:1"},
			{Kind: "delay", For: 62 * time.Second},
			{Kind: "contentLength", By: -3},
			{Kind: "statusUnknown", Word: "LOST"},
		}},
	}
	for name, now := range map[string]time.Time{
		"at the first moment of the day":      today,
		"late, where it is the day before":    today.Add(2 * time.Hour).In(time.FixedZone("west", -12*3600)),
		"late, where it is the day after":     today.Add(23 * time.Hour).In(time.FixedZone("east", 14*3600)),
		"where hours are not whole, at night": today.Add(24*time.Hour - 1).In(time.FixedZone("odd", 5*3600+45*60)),
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(want, full(t, now)); d != "" {
				t.Errorf("world (-want +got):\n%s", d)
			}
		})
	}
}

func TestFullFileUsesEveryProperty(t *testing.T) {
	src, err := os.ReadFile("testdata/good/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values any
	if err := yaml.Unmarshal(src, &values); err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, child := range v {
				used[at+"/"+key] = true
				walk(at+"/"+key, child)
			}
		case []any:
			for _, child := range v {
				walk(at, child)
			}
		}
	}
	walk("", values)
	for at := range properties(t) {
		if !used[at] {
			t.Errorf("got no %s in testdata/good/full.yaml, want every property of the schema", at)
		}
	}
}

// properties returns the rules of all properties in the schema, by their keys
// from the top: /accounts/accessKeys/id.
func properties(t *testing.T) map[string]map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(world.JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]map[string]any)
	var walk func(at string, rule map[string]any)
	walk = func(at string, rule map[string]any) {
		if ref, ok := rule["$ref"].(string); ok {
			own := rule
			rule = maps.Clone(doc["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any))
			maps.Copy(rule, own)
		}
		if at != "" && all[at] == nil {
			all[at] = rule
		}
		if items, ok := rule["items"].(map[string]any); ok {
			walk(at, items)
		}
		children, _ := rule["properties"].(map[string]any)
		for name, child := range children {
			walk(at+"/"+name, child.(map[string]any))
		}
	}
	walk("", doc)
	return all
}

func TestTimesMayBeQuotedOrNot(t *testing.T) {
	for _, created := range []string{"2026-01-02T03:04:05Z", `"2026-01-02T03:04:05Z"`, "'2026-01-02T11:04:05+08:00'", "2026-01-02T03:04:05.000Z"} {
		t.Run(created, func(t *testing.T) {
			w, err := world.Read("w.yaml", []byte(head+"gateways: [{id: 1, region: a, created: "+created+"}]"), noon)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := w.Gateways[0].Created, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestAliasesStandForWhatTheyName(t *testing.T) {
	const src = head + `
destinations:
  - {id: &text 92GiB, freeSpace: *text, users: &users [{name: u}]}
  - &other {id: rm-2, flaky: 1, freeSpace: 1KiB}
  - {<<: *other, id: rm-3, users: *users}
  - {<<: [{down: true}, *other], id: rm-4}
`
	w, err := world.Read("w.yaml", []byte(src), noon)
	if err != nil {
		t.Fatal(err)
	}
	users := []world.User{{Name: "u"}}
	want := []world.Destination{
		{ID: "92GiB", FreeSpace: 92 << 30, Users: users},
		{ID: "rm-2", Flaky: 1, FreeSpace: 1024},
		{ID: "rm-3", Flaky: 1, FreeSpace: 1024, Users: users},
		{ID: "rm-4", Flaky: 1, FreeSpace: 1024, Down: true},
	}
	if d := cmp.Diff(want, w.Destinations); d != "" {
		t.Errorf("destinations (-want +got):\n%s", d)
	}
}

func TestParametersAreNotReadAsUnits(t *testing.T) {
	w, err := world.Read("w.yaml", []byte(head+`faults: {rules: [{fault: cut, where: {size: 1GiB, to: "-1d"}}]}`), noon)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"size": "1GiB", "to": "-1d"}
	if got := w.Faults.Rules[0].Where; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSetsOfASchedule(t *testing.T) {
	day := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, time.UTC) }
	for _, c := range []struct {
		name string
		plan world.BackupPlan
		want []world.BackupSet
	}{
		{"has a set a day, of a quarter of the databases' size", full(t, noon).BackupPlans[0], []world.BackupSet{
			full(t, noon).BackupPlans[0].BackupSets[0],
			{ID: "1ibfull20261121", From: day(21, 3, 30), To: day(21, 3, 50), Expires: day(28, 3, 30), Size: (4096 + 10 + 2048 + 1<<19 + 92<<30 + 1<<40) / 4},
			{ID: "1ibfull20261122", From: day(22, 3, 30), To: day(22, 3, 50), Expires: day(29, 3, 30), Size: (4096 + 10 + 2048 + 1<<19 + 92<<30 + 1<<40) / 4},
		}},
		{"begins at 18:00, lasts 45 minutes and keeps for 30 days when nothing is said", world.BackupPlan{ID: "dbs1a", Schedule: world.Schedule{Days: 1}}, []world.BackupSet{
			{ID: "1iba20261122", From: day(22, 18, 0), To: day(22, 18, 45), Expires: day(22, 18, 0).AddDate(0, 0, 30)},
		}},
		{"is sorted among the sets that are written out", world.BackupPlan{
			ID: "dbs1a", Schedule: world.Schedule{Days: 1},
			BackupSets: []world.BackupSet{{ID: "new", From: day(23, 1, 0)}, {ID: "old", From: day(1, 1, 0)}},
		}, []world.BackupSet{
			{ID: "old", From: day(1, 1, 0)},
			{ID: "1iba20261122", From: day(22, 18, 0), To: day(22, 18, 45), Expires: day(22, 18, 0).AddDate(0, 0, 30)},
			{ID: "new", From: day(23, 1, 0)},
		}},
		{"makes nothing without days", world.BackupPlan{ID: "dbs1a"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.plan.BackupSets)
			if d := cmp.Diff(c.want, c.plan.Sets(noon.In(time.FixedZone("east", 14*3600)))); d != "" {
				t.Errorf("sets (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, c.plan.BackupSets); d != "" {
				t.Errorf("the plan changed (-before +after):\n%s", d)
			}
		})
	}
}
