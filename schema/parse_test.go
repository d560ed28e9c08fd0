package schema_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const head = `version: 1
name: drill
defaults: {region: cn-hangzhou, at: latest, destination: {instanceType: RDS, instanceId: rm-1}}
`

const small = head + `restores:
  - {name: orders, backupPlanId: dbs1orders}
`

func mustParse(t *testing.T, src string) *schema.Manifest {
	t.Helper()
	m, problems := schema.Parse("m.yaml", []byte(src))
	if m == nil || problems != nil {
		t.Fatalf("got problems, want none:\n%s", lines(problems))
	}
	return m
}

func TestEveryFieldIsRead(t *testing.T) {
	src, err := os.ReadFile("testdata/good/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m := mustParse(t, string(src))
	set := map[string]bool{}
	markSet(set, reflect.ValueOf(*m), "Manifest")
	for name, ok := range set {
		if !ok {
			t.Errorf("%s is set nowhere in full.yaml, or not read", name)
		}
	}
	want := schema.Restore{
		Name: "tenants", Region: "cn-hangzhou", Profile: "prod-reader", BackupPlanID: "{{ .each.plan }}",
		At: schema.At{Text: "latest"}, Databases: []string{"tenant_*"}, Exclude: []string{"tenant_test"},
		Rename:  schema.Rename{Rules: []schema.RenameRule{{Match: "^(.*)_prod$", To: "${1}_{{ .vars.suffix }}"}}},
		ForEach: &schema.ForEach{CSV: "inventory/tenants.csv", Key: "tenant"},
		Destination: schema.Destination{
			InstanceType: "RDS", Region: "cn-hangzhou", InstanceID: "{{ .each.instance }}", UserName: "drill",
			Password: &schema.SecretRef{File: "/run/secrets/drill"},
		},
		Needs: []string{"orders"}, Labels: map[string]string{"tier": "gold"},
		Objective: &schema.Objective{RTO: schema.Duration(2 * time.Hour), RPO: schema.Duration(15 * time.Minute)},
	}
	if d := cmp.Diff(want, m.Restores[1]); d != "" {
		t.Errorf("restore tenants (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]any{"suffix": "drill", "keep": int64(7), "ratio": 0.5, "masked": true}, m.Vars); d != "" {
		t.Errorf("vars (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"eu", "007", "yes", "1.10"}, m.Restores[2].ForEach.Values); d != "" {
		t.Errorf("values of forEach as written (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]map[string]string{{"tenant": "acme", "plan": "a"}, {"tenant": "42", "plan": "b"}}, m.Restores[3].ForEach.Rows); d != "" {
		t.Errorf("rows of forEach (-want +got):\n%s", d)
	}
}

// markSet notes of every exported field below v whether it is set somewhere.
func markSet(set map[string]bool, v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			markSet(set, v.Elem(), name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			markSet(set, v.Index(i), name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				field := v.Type().Name() + "." + f.Name
				set[field] = set[field] || !v.Field(i).IsZero()
				markSet(set, v.Field(i), field)
			}
		}
	}
}

func TestAbsentLimitsAreFilledIn(t *testing.T) {
	m := mustParse(t, small)
	wantLimits := schema.Limits{InFlight: 16, PerDestination: 2, PerBackupPlan: 4, RequestsPerSecond: 5, PollInterval: schema.Duration(5 * time.Second)}
	if m.Limits != wantLimits {
		t.Errorf("got %+v, want %+v", m.Limits, wantLimits)
	}
	wantFailure := schema.Failure{Attempts: 1, Timeout: schema.Duration(12 * time.Hour),
		ListLag: schema.Duration(time.Minute), ResendAfter: schema.Duration(20 * time.Minute)}
	if m.Failure != wantFailure {
		t.Errorf("got %+v, want %+v", m.Failure, wantFailure)
	}
}

func TestDefaults(t *testing.T) {
	m := mustParse(t, `version: 1
name: drill
defaults:
  region: cn-hangzhou
  backupPlanId: dbs1shared
  at: {restoreTime: 1554560477000}
  databases: [a, b]
  labels: {tier: gold, team: dba}
  rename: "{{ .db }}_x"
  destination: {instanceType: RDS, instanceId: rm-1, password: {env: A}}
restores:
  - name: as-given
  - name: changed
    at: {backupSetId: set1}
    databases: [c]
    labels: {tier: lead}
    rename: [{match: a, to: b}]
    destination: {instanceId: rm-2, password: {file: /b}}
`)
	asGiven := schema.Restore{
		Name: "as-given", Region: "cn-hangzhou", BackupPlanID: "dbs1shared", At: schema.At{RestoreTime: "1554560477000"},
		Databases: []string{"a", "b"}, Labels: map[string]string{"tier": "gold", "team": "dba"},
		Rename:      schema.Rename{Template: "{{ .db }}_x"},
		Destination: schema.Destination{InstanceType: "RDS", InstanceID: "rm-1", Password: &schema.SecretRef{Env: "A"}},
	}
	changed := schema.Restore{
		Name: "changed", Region: "cn-hangzhou", BackupPlanID: "dbs1shared", At: schema.At{BackupSetID: "set1"},
		Databases: []string{"c"}, Labels: map[string]string{"tier": "lead", "team": "dba"},
		Rename:      schema.Rename{Rules: []schema.RenameRule{{Match: "a", To: "b"}}},
		Destination: schema.Destination{InstanceType: "RDS", InstanceID: "rm-2", Password: &schema.SecretRef{File: "/b"}},
	}
	if d := cmp.Diff([]schema.Restore{asGiven, changed}, m.Restores); d != "" {
		t.Errorf("mappings are merged, lists, at and password replaced (-want +got):\n%s", d)
	}
}

func TestMergeKeys(t *testing.T) {
	m := mustParse(t, head+`restores:
  - &a {name: a, backupPlanId: dbs1a, labels: &l {tier: gold}, ownerId: "1"}
  - <<: *a
    name: b
  - {<<: [{ownerId: "2"}, *a], name: c, labels: *l}
`)
	got := fmt.Sprint(m.Restores[1].Name, m.Restores[1].BackupPlanID, m.Restores[1].OwnerID, m.Restores[2].OwnerID, m.Restores[2].Labels)
	if want := "bdbs1a12map[tier:gold]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWholeNumbers(t *testing.T) {
	m := mustParse(t, strings.Replace(small, "dbs1orders", "dbs1orders, destination: {port: 3306.0, backupGatewayId: \"{{ .vars.g }}\"}", 1))
	if got := m.Restores[0].Destination; got.Port != "3306" || got.BackupGatewayID != "{{ .vars.g }}" {
		t.Errorf("got port %q and gateway %q, want 3306 and the template", got.Port, got.BackupGatewayID)
	}
}

func TestPos(t *testing.T) {
	src, err := os.ReadFile("testdata/good/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, _ := schema.Parse("full.yaml", src)
	if got := m.File(); got != "full.yaml" {
		t.Errorf("got file %q, want full.yaml", got)
	}
	for pointer, want := range map[string]string{
		"/restores/2/destination/port":       "full.yaml:55:13",
		"/restores/2/destination/port/x/y":   "full.yaml:55:13",
		"/restores/0/region":                 "full.yaml:21:11", // from the defaults
		"/restores/1/rename/0/to":            "full.yaml:43:36",
		"/restores/0/forEach":                "full.yaml:32:5", // absent: the restore
		"/restores/99":                       "full.yaml:32:3", // absent: the restores
		"":                                   "full.yaml:2:1",
		"/limits/requestsPerSecond":          "full.yaml:11:22",
		"/restores/1/destination/instanceId": "full.yaml:44:31",
	} {
		if got := m.Pos(pointer).String(); got != want {
			t.Errorf("Pos(%q): got %s, want %s", pointer, got, want)
		}
	}
	if got := new(schema.Manifest).Pos("/restores/0"); got != (diag.Pos{}) {
		t.Errorf("got %v of the zero manifest, want the zero place", got)
	}
}

func TestNamesEndAtTheirLimit(t *testing.T) {
	for _, tt := range []struct {
		src  string
		want int // the limit
	}{
		{"run: %s\n" + small, schema.MaxRunKey},
		{head + "restores:\n  - {name: a, backupPlanId: x, forEach: [%s]}\n", schema.MaxRowKey},
	} {
		mustParse(t, fmt.Sprintf(tt.src, strings.Repeat("é", tt.want)))
		if m, _ := schema.Parse("m.yaml", fmt.Appendf(nil, tt.src, strings.Repeat("é", tt.want+1))); m != nil {
			t.Errorf("got a manifest with a name of %d characters", tt.want+1)
		}
	}
	mustParse(t, "run: \"{{ .vars.ticket }}"+strings.Repeat("x", schema.MaxRunKey)+"\"\n"+small)
}

func TestInherited(t *testing.T) {
	m := mustParse(t, `version: 1
name: drill
defaults: {region: cn-hangzhou, at: latest, labels: {tier: gold}, destination: {instanceType: RDS, instanceId: rm-1, password: {env: A}}}
restores:
  - {name: a, backupPlanId: x}
  - {name: b, backupPlanId: x, region: cn-hangzhou, destination: {instanceId: rm-1, password: {env: A}}}
`)
	for pointer, want := range map[string]bool{
		"/restores/0/region":                   true,
		"/restores/0/destination":              true,
		"/restores/0/destination/instanceId":   true,
		"/restores/0/destination/password/env": true,
		"/restores/0/labels/tier":              true,
		"/restores/0/name":                     false,
		"/restores/0/destination/port":         false, // nobody sets it
		"/restores/1/region":                   false, // the same, but its own
		"/restores/1/destination":              false, // its own and the default's together
		"/restores/1/destination/instanceType": true,
		"/restores/1/destination/instanceId":   false,
		"/restores/1/destination/password/env": false,
		"/restores/9/region":                   false,
		"/restores/0":                          false,
		"/defaults/region":                     false,
		"/name":                                false,
		"":                                     false,
	} {
		if got := m.Inherited(pointer); got != want {
			t.Errorf("Inherited(%q): got %t, want %t", pointer, got, want)
		}
	}
	if new(schema.Manifest).Inherited("/restores/0/region") {
		t.Error("the zero manifest inherits something")
	}
}

func TestDigestIgnoresLineEndsAndByteOrderMark(t *testing.T) {
	want := mustParse(t, small).Digest()
	for name, src := range map[string]string{
		"CRLF":            strings.ReplaceAll(small, "\n", "\r\n"),
		"byte order mark": "\uFEFF" + small,
	} {
		if got := mustParse(t, src).Digest(); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got := mustParse(t, small+"# more\n").Digest(); got == want {
		t.Errorf("another source has the same digest %s", got)
	}
}

func TestBytesThatAreNoText(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"empty":          {"", "0:0 DBSR1003 the file is empty | write version, name and restores; 'dbsrestore schema' describes every field\n"},
		"only blanks":    {" \n\n", "0:0 DBSR1003 the file is empty | write version, name and restores; 'dbsrestore schema' describes every field\n"},
		"only a BOM":     {"\uFEFF", "0:0 DBSR1003 the file is empty | write version, name and restores; 'dbsrestore schema' describes every field\n"},
		"not UTF-8":      {"name: \xff", "1:7 DBSR1002 the byte at offset 6 is not UTF-8 | save the file as UTF-8\n"},
		"UTF-16":         {"\xff\xfen\x00a\x00", "0:0 DBSR1002 the file is UTF-16, a manifest is UTF-8 | save the file as UTF-8\n"},
		"NUL":            {"a: 1\nb: \x00", "2:4 DBSR1002 control character U+0000 | remove it\n"},
		"escape":         {"# \x1b[2J\n", "1:3 DBSR1002 control character U+001B | remove it\n"},
		"lone CR":        {"a: 1\rb: 2\n", "1:5 DBSR1002 carriage return without line feed | remove it\n"},
		"next line":      {"a: é\u0085b: 2\n", "1:5 DBSR1002 control character U+0085 | remove it\n"},
		"line separator": {"a: b\u2028c: d\n", "1:5 DBSR1002 line separator U+2028 | remove it\n"},
		"bidi":           {"names: a\u202eb\n", "1:9 DBSR1002 bidirectional control U+202E: the text is not what it looks like | remove it\n"},
		"in a secret":    {"password: hunter2\x00", "1:18 DBSR1002 control character U+0000 | remove it (hidden)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			m, problems := schema.Parse("m.yaml", []byte(c.src))
			if got := lines(problems); got != c.want || m != nil {
				t.Errorf("got %v, %q, want no manifest and %q", m, got, c.want)
			}
		})
	}
}

// Hostile sources end at a limit, long before the bound here, which only tells
// apart what grows with the square of the source.
func TestLimits(t *testing.T) {
	repeat := strings.Repeat
	const bound = 30 * time.Second
	for name, c := range map[string]struct{ src, want string }{
		"too many bytes":         {repeat("x", 33<<20), "DBSR1001"},
		"too many values":        {"[" + repeat("a,", 8<<20) + "]", "DBSR1001"},
		"long list":              {"a: [" + repeat("1,", 200_000) + "]", "DBSR1008"},
		"200,000 keys":           {repeat("k: v\n", 200_000), "DBSR1008"},
		"10,000 levels":          {repeat("[", 10_000), "DBSR1004"},
		"100 levels":             {"a: " + repeat("[", 100) + repeat("]", 100), "DBSR1007"},
		"levels by aliases":      {"a: &a " + repeat("[", 20) + repeat("]", 20) + "\nb: &b " + repeat("[", 20) + "*a" + repeat("]", 20), "DBSR1007"},
		"1 MiB scalar":           {head + "run: " + repeat("x", 1<<20) + "\nrestores: []\n", "DBSR1008"},
		"long key":               {head + repeat("k", 1000) + ": x\nrestores: []\n", "DBSR1008"},
		"many problems":          {head + "restores:\n" + repeat(" - {nme: x, needs: [a, b]}\n", 5000), "DBSR1014"},
		"misspelt needs":         {head + "restores:\n" + manyNeeds(2000), "DBSR1014"},
		"10,001 databases":       {head + "restores:\n - {name: a, backupPlanId: x, databases: [" + repeat("a,", 10_001) + "]}\n", "DBSR1008"},
		"a wall of secrets":      {"token: [" + repeat("a,", 90_000) + "\n" + repeat("  b,\n", 5000) + "]\n", "DBSR1021"},
		"aliases below bad keys": {"a0: &a0 {1: x}\n" + laughs("{1: [%s]}"), "DBSR1009"},
		"aliases of second keys": {"a0: &a0 {k: x, k: y}\n" + laughs("{k: x, k: [%s]}"), "DBSR1009"},
		"recursive merge key":    {"a: &a\n  <<: *a\n", "DBSR1009"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			m, problems := schema.Parse("m.yaml", []byte(c.src))
			if took := time.Since(start); took > bound {
				t.Errorf("took %s, want at most %s", took, bound)
			}
			if m != nil || len(problems) > 1001 || !strings.Contains(lines(problems), c.want) {
				t.Errorf("got %v and %d problems without %s: %.300s", m, len(problems), c.want, lines(problems))
			}
		})
	}
}

// laughs are 20 lines of which each holds the one before ten times.
func laughs(format string) string {
	var b strings.Builder
	for i := range 20 {
		ten := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ",")
		fmt.Fprintf(&b, "a%d: &a%d "+format+"\n", i+1, i+1, ten)
	}
	return b.String()
}

func manyNeeds(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " - {name: restore-%d, backupPlanId: x, needs: [restor-%d, retsore-%d]}\n", i, i, i)
	}
	return b.String()
}

func TestBillionLaughsEndsAtOnce(t *testing.T) {
	src, err := os.ReadFile("testdata/bad/billion-laughs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	schema.Parse("warm.yaml", []byte(small)) // the JSON Schema is compiled once
	start := time.Now()
	schema.Parse("m.yaml", src)
	if took := time.Since(start); took > 100*time.Millisecond {
		t.Errorf("took %s, want some milliseconds", took)
	}
}

func TestProblemsAreOrderedAndOnce(t *testing.T) {
	src, err := os.ReadFile("testdata/bad/defaults-wrong.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, problems := schema.Parse("m.yaml", src)
	if d := cmp.Diff(problems.Sort(), problems); d != "" {
		t.Errorf("the list is not sorted (-want +got):\n%s", d)
	}
	for _, d := range problems {
		if d.Pos.Line > 7 {
			t.Errorf("a problem of the defaults is reported at a restore: %v", d)
		}
	}
}

func TestWarningsComeWithAManifest(t *testing.T) {
	m, problems := schema.Parse("m.yaml", []byte(small+"run: \"$JOB\"\n"))
	if m == nil || len(problems) != 1 || problems.HasErrors() {
		t.Errorf("got %v and %v, want a manifest and one warning", m, problems)
	}
}

func TestProblemsNameTheirField(t *testing.T) {
	src := "version: 1\nname: drill\nlimits:\n  inflight: 3\nrestores:\n  - name: a\n    destination: {port: 70000}\n  - {name: b, prot: 1}\n"
	_, problems := schema.Parse("m.yaml", []byte(src))
	got := map[string][]string{}
	for _, d := range problems {
		got[d.Code] = append(got[d.Code], d.Field)
	}
	want := map[string][]string{
		schema.CodeUnknownKey: {"/limits/inflight", "/restores/*/prot"},
		schema.CodeRange:      {"/restores/*/destination/port"},
	}
	for code, fields := range want {
		if !slices.Equal(got[code], fields) {
			t.Errorf("%s: got %q, want %q", code, got[code], fields)
		}
	}
}

func TestManyRestoresAreCheckedLikeFew(t *testing.T) {
	restores := make([]string, 2500)
	for i := range restores {
		restores[i] = fmt.Sprintf("- {name: r%d, backupPlanId: dbs1x}\n", i)
	}
	restores[1200] = "- {backupPlanId: dbs1x}\n"
	restores[2499] = "- {name: last, prot: 1}\n"
	src := "version: 1\nname: drill\nlimits: {inflight: 3}\nrestores:\n" + strings.Join(restores, "")
	_, problems := schema.Parse("m.yaml", []byte(src))
	got := lines(problems)
	for _, want := range []string{"3:10 DBSR1020 unknown key \"inflight\"", "1205:3 DBSR1021 restores[1200] has no name", "2504:16 DBSR1020 unknown key \"prot\" in restore \"last\""} {
		if strings.Count(got, want) != 1 {
			t.Errorf("got %.500s, want once %s", got, want)
		}
	}
}
