package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// admin asks what looks into an emulator.
func admin(t testing.TB, d *emulator.DBS, method, path, body string) (status int, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	d.Admin().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestAdminIsServedBesideTheService(t *testing.T) {
	d := open(t, emulator.Options{})
	mux := http.NewServeMux()
	mux.Handle(emulator.AdminPath, d.Admin())
	mux.Handle("/", d)
	s := httptest.NewServer(mux)
	defer s.Close()
	for _, tt := range []struct {
		path, kind, text string
	}{
		{"", "text/plain", "GET    /_emulator/record?from=N"},
		{"record", "application/jsonl", ""},
		{"tasks", "application/json", `"Created":0`},
		{"faults", "application/yaml", "[]"},
	} {
		t.Run("GET "+emulator.AdminPath+tt.path, func(t *testing.T) {
			r, err := http.Get(s.URL + emulator.AdminPath + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			body, err := io.ReadAll(r.Body)
			if err != nil || r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), tt.kind) || !strings.Contains(string(body), tt.text) {
				t.Errorf("got %d %s %q, %v, want %s with %q", r.StatusCode, r.Header.Get("Content-Type"), body, err, tt.kind, tt.text)
			}
		})
	}
	if saw := (&visitor{t: t, d: d, url: s.URL, client: http.DefaultClient}).command([]string{"create", "a"}); saw != "200 ok" {
		t.Errorf("got %s from the service, want 200 ok", saw)
	}
}

func TestAdminTellsTheSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := changed(t)
		d := c.to.(*emulator.DBS)
		time.Sleep(time.Hour)
		_, text := admin(t, d, "GET", "/_emulator/tasks", "")
		var got emulator.Summary
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if want := d.Summary(); !reflect.DeepEqual(got, want) || got.Started != 1 {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestAdminChangesTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{t: t, to: open(t, emulator.Options{World: slow()})}
		d := c.to.(*emulator.DBS)
		id := c.create()
		for _, tt := range []struct {
			id, body string
			status   int
			text     string
		}{
			{id, "pause", 409, "task " + id + ` is init: it cannot be changed by "pause"`},
			{id, " start\n", 204, ""},
			{id, "start", 409, "it cannot be changed"},
			{id, "pause", 204, ""},
			{id, "resume", 204, ""},
			{id, "stop", 204, ""},
			{id, "", 400, `"" is nothing that can be done to a task; send one of start, pause, resume, stop, remove`},
			{id, "destroy", 400, `"destroy" is nothing that can be done to a task`},
			{id, strings.Repeat(" ", 2000) + "stop", 413, "more than 1024 bytes"},
			{id, "remove", 204, ""},
			{id, "remove", 404, id + ": there is no such task"},
			{"s1unknown", "stop", 404, "s1unknown: there is no such task"},
		} {
			status, text := admin(t, d, "POST", "/_emulator/tasks/"+tt.id, tt.body)
			if status != tt.status || !strings.Contains(text, tt.text) || (text == "") != (tt.text == "") {
				t.Errorf("got %d %q for %.20q, want %d %q", status, text, tt.body, tt.status, tt.text)
			}
			time.Sleep(40 * time.Second)
		}
		if got := d.Summary().Tasks[0]; got.Status != "stop" || !got.Removed {
			t.Errorf("got %+v, want a task that was stopped and removed", got)
		}
	})
}

func TestAdminReplacesAddsAndRemovesRules(t *testing.T) {
	c := disturbed(t, 1, world.Fault{Kind: "throttle", Operation: "DescribeRegions"})
	d := c.to.(*emulator.DBS)
	ask := func(want string) {
		t.Helper()
		if got := c.ends("DescribeRegions"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	ask("400 Throttling.User")
	if status, text := admin(t, d, "POST", "/_emulator/faults", "[{fault: refuse}]"); status != 200 || strings.Count(text, "fault:") != 2 {
		t.Errorf("got %d %s, want both rules", status, text)
	}
	ask("400 Throttling.User")
	if got, want := c.counts(), "2/2 0/1"; got != want {
		t.Errorf("got counts %s, want %s: the first counts on", got, want)
	}
	if status, text := admin(t, d, "PUT", "/_emulator/faults", `[{"fault": "refuse", "count": 1}]`); status != 200 || strings.Count(text, "fault:") != 1 {
		t.Errorf("got %d %s, want the new rule alone", status, text)
	}
	ask("503 ServiceUnavailable")
	ask("200 ok")
	if status, text := admin(t, d, "DELETE", "/_emulator/faults", ""); status != 200 || text != "[]\n" {
		t.Errorf("got %d %q, want no rules", status, text)
	}
	if status, text := admin(t, d, "PUT", "/_emulator/faults", "[]"); status != 200 || text != "[]\n" {
		t.Errorf("got %d %q for no rules, want no rules", status, text)
	}
}

func TestRulesThatWereReadCanBeSentAgain(t *testing.T) {
	rules := []world.Fault{{Kind: "cut", Operation: "Create*", Where: map[string]string{"ClientToken": "run-*: [x]", "RestoreTaskName": "true"},
		Skip: 3, Count: 2, Probability: 0.25, Executed: true}}
	for _, kind := range world.Kinds { // one with every argument that there is
		f := world.Fault{Kind: kind.Name}
		for _, name := range kind.Takes {
			switch name {
			case "executed":
				f.Executed = true
			case "code":
				f.Code = "Throttling.Api"
			case "status":
				f.Status = 429
			case "message":
				f.Message = "it's: \"so\"\n# no"
			case "location":
				f.Location = "http://elsewhere.example.com/?a=b"
			case "for":
				f.For = 90*time.Minute + 1500*time.Millisecond
			case "by":
				f.By = -5
			case "word":
				f.Word = "stop"
			default:
				t.Errorf("the argument %s of %s has no case", name, kind.Name)
			}
		}
		rules = append(rules, f)
	}
	c := disturbed(t, 1, rules...)
	d := c.to.(*emulator.DBS)
	read := func() string {
		_, text := admin(t, d, "GET", "/_emulator/faults", "")
		return text
	}
	text := read()
	status, again := admin(t, d, "PUT", "/_emulator/faults", text)
	if status != 200 || again != text {
		t.Fatalf("got %d %s, want %s", status, again, text)
	}
	d.SetFaults(rules)
	if got := read(); got != text {
		t.Errorf("got %s, want %s", got, text)
	}
}

func TestRulesThatCountedCanBeSentAgain(t *testing.T) {
	c := disturbed(t, 1, world.Fault{Kind: "throttle", Skip: 1})
	d := c.to.(*emulator.DBS)
	c.strikes(3, "Throttling.User", "DescribeRegions", nil)
	if got, want := c.counts(), "2/3"; got != want {
		t.Errorf("got counts %s, want %s", got, want)
	}
	_, text := admin(t, d, "GET", "/_emulator/faults", "")
	if status, text := admin(t, d, "PUT", "/_emulator/faults", text); status != 200 {
		t.Errorf("got %d %s, want 200", status, text)
	}
	if got, want := c.counts(), "0/0"; got != want {
		t.Errorf("got counts %s, want %s: they begin anew", got, want)
	}
}

func TestBadRulesAreRefusedAndChangeNothing(t *testing.T) {
	c := disturbed(t, 1, world.Fault{Kind: "throttle"})
	d := c.to.(*emulator.DBS)
	_, before := admin(t, d, "GET", "/_emulator/faults", "")
	for _, tt := range []struct {
		name, body string
		status     int
		text       string
	}{
		{"an empty body", " \n", 400, "the body is empty; send a list of rules"},
		{"no list", "fault: cut", 400, "not a list; write a list"},
		{"no YAML", "[{fault: cut", 400, "body:"},
		{"no rule", "[cut]", 400, "body:1:2"},
		{"an unknown fault", "- fault: cut\n- fault: flood", 400, "body:2:10"},
		{"an unknown key", "- {fault: cut, often: yes}", 400, "unknown key often"},
		{"an argument that it does not take", "- {fault: cut, code: X}", 400, "the fault cut takes no code"},
		{"a bad probability", "- {fault: cut, probability: 2}", 400, "body:1:29"},
		{"a bad pattern", "- {fault: cut, where: {ClientToken: \"[\"}}", 400, "is not a pattern"},
		{"a change that is none", "- {fault: taskChanged, word: destroy}", 400, "write one of start, pause"},
		{"two documents", "[]\n---\n[]", 400, "a second document begins"},
		{"a comment alone", "# nothing", 400, "body:"},
		{"a body too large", "[{fault: cut}]" + strings.Repeat(" ", 1<<20), 413, "more than 1048576 bytes"},
	} {
		for _, method := range []string{"PUT", "POST"} {
			t.Run(method+" of "+tt.name, func(t *testing.T) {
				if status, text := admin(t, d, method, "/_emulator/faults", tt.body); status != tt.status || !strings.Contains(text, tt.text) {
					t.Errorf("got %d %s, want %d with %q", status, text, tt.status, tt.text)
				}
				if _, after := admin(t, d, "GET", "/_emulator/faults", ""); after != before {
					t.Errorf("got rules %s, want %s", after, before)
				}
			})
		}
	}
}

func TestAdminRefusesWhatItHasNot(t *testing.T) {
	d := open(t, emulator.Options{})
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "nothing", 404}, {"POST", "record", 405}, {"DELETE", "tasks", 405}, {"PATCH", "faults", 405},
		{"GET", "tasks/s1", 405}, {"GET", "record?from=x", 400}, {"GET", "record?from=-1", 400},
	} {
		if status, text := admin(t, d, tt.method, emulator.AdminPath+tt.path, ""); status != tt.status || text == "" {
			t.Errorf("got %d %q for %s %s, want %d with a reason", status, text, tt.method, tt.path, tt.status)
		}
	}
	if _, text := admin(t, d, "GET", "/_emulator/record?from=x", ""); !strings.Contains(text, "write from=1") {
		t.Errorf("got %q, want what to write", text)
	}
}
