package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// wholePlan is a plan of which every field is set somewhere.
func wholePlan(t testing.TB) *plan.Plan {
	t.Helper()
	m := declared()
	m.Limits = schema.Limits{InFlight: 16, PerDestination: 2, PerBackupPlan: 4, RequestsPerSecond: 5, PollInterval: 5e9}
	m.Failure = schema.Failure{Max: "2%", Attempts: 2, Timeout: 12 * 3600e9}
	m.Restores = append(m.Restores, simple("later", "blocked").Restores...)
	m.Restores[1].Needs = []string{"orders"}
	m.Restores[2].BackupPlanID = "dbs1gone"
	draft, problems := plan.Expand(plan.Input{Manifest: &m})
	if draft == nil {
		t.Fatal(problems)
	}
	site := plan.Site{Profile: "prod-reader", Region: "cn-hangzhou"}
	ranges := []plan.Range{{From: moment(t, "2026-11-10T00:00:00Z"), To: moment(t, "2026-11-23T11:55:00Z")}}
	p, problems := draft.Resolve(plan.Facts{Now: moment(t, "2026-11-23T12:00:00Z"), Answers: []plan.BackupPlan{
		{Site: site, ID: "dbs1orders", DatabaseType: "MySQL", Source: plan.Source{InstanceID: "rm-orders"}, Databases: []string{"orders"}, Ranges: ranges},
		{Site: plan.Site{Region: "cn-hangzhou"}, ID: "dbs1a", Databases: []string{"later", "<&>"}, Ranges: ranges},
		{Site: plan.Site{Region: "cn-hangzhou"}, ID: "dbs1gone", Missing: true},
	}})
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

func encoded(t testing.TB, p *plan.Plan) []byte {
	t.Helper()
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestThePlanFile(t *testing.T) {
	got := encoded(t, wholePlan(t))
	const golden = "testdata/plan.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestDecodeGivesBackWhatWasEncoded(t *testing.T) {
	want := wholePlan(t)
	data := encoded(t, want)
	got, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if again := encoded(t, got); !bytes.Equal(again, data) {
		t.Errorf("encoded again: got %s", again)
	}
	if _, err := plan.Decode(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))); err != nil {
		t.Errorf("with other line ends: got %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := string(encoded(t, wholePlan(t)))
	replace := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the plan has no %s", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	// forged is a plan that was changed together with its digest.
	forged := func(change func(*plan.Plan)) string {
		p := wholePlan(t)
		change(p)
		return string(encoded(t, p))
	}
	for _, tt := range []struct {
		name, data string
		problem    plan.FileProblem
		message    string
	}{
		{"nothing", " \n", plan.FileEmpty, "plan file is empty"},
		{"a part", good[:len(good)/2], plan.FileCut, "plan file is cut short"},
		{"all but the last brace", strings.TrimRight(good, "}\n"), plan.FileCut, "plan file is cut short"},
		{"another file", "version: 1\n", plan.FileMalformed, "plan file is not a plan file: invalid character 'v' looking for beginning of value (at byte 1)"},
		{"another JSON file", "{}", plan.FileMalformed, "plan file is not a plan file: it has no formatVersion"},
		{"a list", "[]", plan.FileMalformed, "plan file is not a plan file: unexpected array"},
		{"a newer format", replace(`"formatVersion": 1`, `"formatVersion": 2, "news": 1`), plan.FileNewer, "plan file was made by a newer version: format 2, this one reads 1"},
		{"an unknown field", replace(`"run":`, `"skip": true, "run":`), plan.FileUnknown, `plan file has an unknown field: "skip"`},
		{"a second plan behind it", good + good, plan.FileTrailing, "plan file goes on after its end (at byte "},
		{"a key twice", replace(`"run": "2026-q4"`, `"run": "x", "run": "2026-q4"`), plan.FileDuplicate, `plan file says something twice: "run" (at byte `},
		{"a key of an item twice", replace(`"action": "restore"`, `"action": "done", "action": "restore"`), plan.FileDuplicate, `plan file says something twice: "action"`},
		{"one letter changed", replace("dbs1orders", "dbs1ordert"), plan.FileAltered, "plan file does not match its digest: it was changed after it was made"},
		{"a digest of another plan", replace(`"digest": "sha256:`, `"digest": "sha256:0`), plan.FileAltered, "plan file does not match its digest"},
		{"no digest", good[:strings.LastIndex(good, ",")] + "}", plan.FileAltered, "plan file does not match its digest"},
		{"a forged token", forged(func(p *plan.Plan) { p.Items[1].ClientToken = p.Items[0].ClientToken }), plan.FileAltered, "the client token of item later is not its own"},
		{"a forged run key", forged(func(p *plan.Plan) { p.Run = "other" }), plan.FileAltered, "the client token of item orders is not its own"},
		{"an item twice", forged(func(p *plan.Plan) { p.Items[1] = p.Items[0] }), plan.FileAltered, "two items have one key"},
		{"an action of another world", forged(func(p *plan.Plan) { p.Items[0].Action = "drop" }), plan.FileAltered, `item orders has the unknown action "drop"`},
		{"a field in another case beside its own", replace(`"run": "2026-q4"`, `"Run": "x", "run": "2026-q4"`), plan.FileAltered, "a field is written otherwise than plan files are"},
		{"a field in another case", replace(`"action": "restore"`, `"Action": "restore"`), plan.FileAltered, "a field is written otherwise than plan files are"},
		{"a field that is left out when empty", replace(`"run": "2026-q4"`, `"run": "2026-q4", "offline": false`), plan.FileAltered, "a field is written otherwise than plan files are"},
		{"databases that are not sent", forged(func(p *plan.Plan) { p.Items[0].Databases[0].Target = "harmless" }), plan.FileAltered,
			"the list of databases of item orders is not what its parameters send"},
		{"databases that are not shown", forged(func(p *plan.Plan) { p.Items[0].Databases = nil }), plan.FileAltered,
			"the list of databases of item orders is not what its parameters send"},
		{"a destination that is not sent", forged(func(p *plan.Plan) { p.Items[0].Destination = "rm-harmless" }), plan.FileAltered,
			"the destination of item orders is not what its parameters send"},
		{"more items than a plan has", `{"formatVersion": 1, "items": [` + strings.Repeat("{},", plan.MaxItems) + "{}]}", plan.FileTooLarge, "plan file is too large: more than 100000 items"},
		{"a need of nothing", forged(func(p *plan.Plan) { p.Items[1].Needs = []plan.Key{"x"} }), plan.FileAltered, "item later needs x, which is not there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan.Decode([]byte(tt.data))
			e, ok := errors.AsType[*plan.FileError](err)
			if p != nil || !ok || e.Problem != tt.problem || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("got %v, %v, want %q", p, err, tt.message)
			}
		})
	}
}

func TestTheDigestDoesNotDependOnHowThePathIsSpelt(t *testing.T) {
	p := wholePlan(t)
	encoded(t, p)
	want := p.Digest
	p.Manifest.File = "./some/../" + p.Manifest.File
	if data := encoded(t, p); p.Digest != want || !bytes.Contains(data, []byte(`"file": "./some/../`)) {
		t.Errorf("got %s, want %s and the name in the file", p.Digest, want)
	}
}

func TestDecodeRefusesHugeFiles(t *testing.T) {
	_, err := plan.Decode(make([]byte, plan.MaxFile+1))
	if e, ok := errors.AsType[*plan.FileError](err); !ok || e.Problem != plan.FileTooLarge {
		t.Errorf("got %v, want that it is too large", err)
	}
}

func FuzzDecode(f *testing.F) {
	good := encoded(f, wholePlan(f))
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(`{"formatVersion":1,"items":null,"digest":""}`))
	f.Add([]byte(`{"formatVersion":1,"formatVersion":1}`))
	f.Add(bytes.Repeat([]byte("["), 20_000))
	f.Fuzz(func(t *testing.T, data []byte) {
		var forged plan.Plan
		if json.Unmarshal(data, &forged) == nil {
			data = encoded(t, &forged) // the digest stops nothing then
		}
		p, err := plan.Decode(data)
		if err != nil {
			return
		}
		once := encoded(t, p)
		again, err := plan.Decode(once)
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v", err)
		}
		if twice := encoded(t, again); !bytes.Equal(once, twice) {
			t.Errorf("encoded twice: got %s, want %s", twice, once)
		}
	})
}

func TestCount(t *testing.T) {
	want := map[plan.Action]int{plan.Restore: 2, plan.Blocked: 1}
	if diff := cmp.Diff(want, wholePlan(t).Count()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
