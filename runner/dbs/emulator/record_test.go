package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// record returns what an emulator recorded from a number on, and the header
// that tells where it begins.
func record(t testing.TB, d *emulator.DBS, from string) (text, begins string) {
	t.Helper()
	w := httptest.NewRecorder()
	d.Admin().ServeHTTP(w, httptest.NewRequest("GET", "/_emulator/record?from="+from, nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/jsonl") {
		t.Fatalf("got %d %s, want JSON Lines", w.Code, w.Body)
	}
	return w.Body.String(), w.Header().Get("Emulator-Record-From")
}

// entries decodes a record, and fails for a field that it does not know.
func entries(t testing.TB, text string) (list []emulator.Entry) {
	t.Helper()
	for line := range strings.Lines(text) {
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		var e emulator.Entry
		if err := dec.Decode(&e); err != nil {
			t.Fatalf("got line %q, want an entry: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

func TestEveryRequestAndEffectIsALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := slow()
		w.Faults.Rules = []world.Fault{
			{Kind: "cut", Operation: "DescribeRegions"},
			{Kind: "delay", For: time.Minute, Operation: "DescribeNodeCidrList"},
			{Kind: "taskChanged", Word: "remove", Operation: "DescribePreCheckProgressList"},
			{Kind: "throttle", Operation: "DescribePreCheckProgressList", Skip: 1},
		}
		d := open(t, emulator.Options{World: w})
		c := &caller{t: t, to: d}
		id := c.create("ClientToken", "t")
		c.create("ClientToken", "t")
		c.call("CreateRestoreTask", orders("RestoreTime", ""))
		c.start(id)
		time.Sleep(time.Minute)
		c.change(id, "pause")
		if err := d.Change(id, "start"); err == nil {
			t.Error("got no error, want that it cannot be started")
		}
		c.call("DescribeBackupPlanList", map[string]string{"Signature": "AAAA"})
		c.call("Frobnicate", nil)
		c.call("DescribePreCheckProgressList", map[string]string{"RestoreTaskId": id})
		c.call("DescribePreCheckProgressList", map[string]string{"RestoreTaskId": id})
		v := visitInBubble(t, d)
		v.calls = 1000
		v.patient = time.Second
		for _, action := range []string{"DescribeRegions", "DescribeNodeCidrList"} {
			if saw, _ := v.ask(action, map[string]string{"Region": "cn-hangzhou"}); saw != "no answer" {
				t.Errorf("got %s, want no answer", saw)
			}
		}
		synctest.Wait()
		do(t, d, httptest.NewRequest("PUT", "/", nil))

		var got []string
		text, _ := record(t, d, "")
		for i, e := range entries(t, text) {
			if e.Number != uint64(i+1) || e.At.IsZero() || (e.RequestID == "") != (e.Operation == "") {
				t.Errorf("got %+v, want number %d with a time and a request id", e, i+1)
			}
			effects, err := json.Marshal(e.Effects)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.ReplaceAll(fmt.Sprintf("%s %s %d %s %v %s", e.Operation, e.Account, e.Status, e.Code, e.Faults, effects), id, "ID"))
		}
		const owner = "1000000000000001"
		want := []string{
			"CreateRestoreTask " + owner + ` 200  [] [{"create":"ID"}]`,
			"CreateRestoreTask " + owner + ` 200  [] [{"again":"ID"}]`,
			"CreateRestoreTask " + owner + ` 200 InvalidParameterValid [] null`,
			"StartRestoreTask " + owner + ` 200  [] [{"start":"ID"}]`,
			`  0  [] [{"change":"ID","word":"pause"}]`,
			"DescribeBackupPlanList  400 SignatureDoesNotMatch [] null",
			"Frobnicate  404 InvalidAction.NotFound [] null",
			"DescribePreCheckProgressList " + owner + ` 200  [taskChanged] [{"change":"ID","word":"remove"}]`,
			"DescribePreCheckProgressList " + owner + " 400 Throttling.User [taskChanged throttle] null",
			"DescribeRegions " + owner + " 0 cut [cut] null",
			"DescribeNodeCidrList " + owner + " 0  [delay] null",
			"-  400 UnsupportedHTTPMethod [] null",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestTheRecordHasWhatWasAsked(t *testing.T) {
	d := open(t, emulator.Options{})
	c := &caller{t: t, to: d}
	moment := orders()["RestoreTime"]
	a := c.call("CreateRestoreTask", orders("ClientToken", "t", "RestoreTime", moment, "Frobnicate", "yes"))
	text, _ := record(t, d, "")
	e := entries(t, text)[0]
	want := orders("ClientToken", "t", "RestoreTime", moment, "Format", "JSON", "DestinationEndpointPassword", "")
	if fmt.Sprint(e.Parameters) != fmt.Sprint(want) {
		t.Errorf("got parameters %q, want %q", e.Parameters, want)
	}
	if e.Method != "POST" || e.AccessKeyID != "emulator" || e.Nonce != "nonce-1" || e.RequestID != a.RequestId {
		t.Errorf("got %+v, want the POST of emulator with nonce-1 and %s", e, a.RequestId)
	}
}

func TestNothingThatIsWrittenHoldsASecret(t *testing.T) {
	const password, secret, token, signature = "canary-pass~w+rd", "canary-s3cret", "canary-t0ken", "canary-signature"
	var file, log bytes.Buffer
	w := world.Demo(time.Now())
	w.Accounts[0].AccessKeys = []world.AccessKey{{ID: "STS.key", Secret: secret, SecurityToken: token}}
	dir := t.TempDir()
	d := open(t, emulator.Options{World: w, Record: &file, Log: &log, Dir: dir})
	var signatures []string
	for i, extra := range []map[string]string{
		{}, {"ClientToken": "t"}, {"ClientToken": "t"}, {"ClientToken": "t", "RestoreTaskName": "other"},
		{"SecurityToken": token + "-wrong"}, {"RestoreTime": "never"}, {"BackupPlanId": "dbs1unknown"}, {"Action": "Frobnicate"},
		{"Signature": signature}, {"AccessKeyId": "nobody"}, {"Version": "-"}, {"Timestamp": "-"},
	} {
		params := orders("Action", "CreateRestoreTask", "AccessKeyId", "STS.key", "SecurityToken", token, "DestinationEndpointPassword", password)
		for name, value := range extra {
			params[name] = value
		}
		q := sign("POST", params, secret, i, time.Now())
		signatures = append(signatures, q.Get("Signature"))
		if i%2 == 0 {
			send(t, d, "POST", q.Encode(), "")
		} else {
			send(t, d, "POST", "", q.Encode())
		}
	}
	v3 := httptest.NewRequest("POST", "/?RestoreTaskId=x", nil)
	v3.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential=STS.key,SignedHeaders=host,Signature="+signature)
	v3.Header.Set("X-Acs-Security-Token", token)
	v3.Header.Set("X-Acs-Action", "StartRestoreTask")
	do(t, d, v3)
	kept, _ := record(t, d, "")
	if n := len(entries(t, kept)); n != 13 {
		t.Fatalf("got %d lines, want 13", n)
	}
	summary := httptest.NewRecorder()
	d.Admin().ServeHTTP(summary, httptest.NewRequest("GET", "/_emulator/tasks", nil))
	for where, text := range map[string]string{
		"record": kept, "file": file.String(), "log": log.String(), "summary": summary.Body.String(), "tasks": readAll(t, dir),
	} {
		if text == "" {
			t.Errorf("got nothing in the %s", where)
		}
		for _, canary := range append(signatures, "canary", password, secret, token) {
			if strings.Contains(text, canary) {
				t.Errorf("got %q in the %s", canary, where)
			}
		}
	}
}

func TestTheRecordIsWrittenAsItIsKept(t *testing.T) {
	var file bytes.Buffer
	d := open(t, emulator.Options{Record: &file})
	c := &caller{t: t, to: d}
	c.start(c.create())
	for range 20 {
		c.call("DescribeRegions", nil)
	}
	if kept, begins := record(t, d, ""); kept != file.String() || begins != "" {
		t.Errorf("got %d bytes from %q, want the %d of the file", len(kept), begins, file.Len())
	}
	for _, tt := range []struct {
		from  string
		first uint64
		lines int
	}{{"1", 1, 22}, {"2", 2, 21}, {"22", 22, 1}, {"23", 0, 0}, {"99", 0, 0}} {
		text, begins := record(t, d, tt.from)
		list := entries(t, text)
		if len(list) != tt.lines || tt.lines > 0 && list[0].Number != tt.first || begins != "" {
			t.Errorf("got %d lines from %s, want %d from %d on", len(list), tt.from, tt.lines, tt.first)
		}
	}
}

// full is a disk with room for some lines.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if f.left == 0 {
		return 0, errFull
	}
	f.left--
	return len(b), nil
}

func TestARecordThatCannotBeWrittenFailsNoRequest(t *testing.T) {
	d, err := emulator.New(emulator.Options{Record: &full{left: 1}})
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{t: t, to: d}
	c.start(c.create())
	if a := c.call("DescribeRegions", nil); !a.Success {
		t.Errorf("got %s, want success", a.Body)
	}
	if text, _ := record(t, d, ""); len(entries(t, text)) != 3 {
		t.Errorf("got %s, want 3 lines in memory", text)
	}
	if err := d.Close(); !errors.Is(err, errFull) || !strings.Contains(err.Error(), "record is not whole") {
		t.Errorf("got %v, want that the record is not whole", err)
	}
}

func TestTheRecordHoldsNothingThatStrangersSay(t *testing.T) {
	d := open(t, emulator.Options{})
	stranger := strings.Repeat("x", 1<<19)
	send(t, d, "POST", sign("POST", map[string]string{"Action": "CreateRestoreTask", "AccessKeyId": stranger, "RestoreDir": stranger}, "s", 1, time.Now()).Encode(), "")
	c := &caller{t: t, to: d}
	c.call("DescribeRegions", map[string]string{"BearerToken": "canary", "SourceEndpointPassword": "canary", "destinationendpointpassword": "canary"})
	text, _ := record(t, d, "")
	if len(text) > 2000 || strings.Contains(text, "canary") {
		t.Errorf("got %d bytes %.500s, want only what the operations look at", len(text), text)
	}
}

func TestTheRecordInMemoryIsBounded(t *testing.T) {
	const most = 16 << 20
	d := open(t, emulator.Options{})
	c := &caller{t: t, to: d}
	long := strings.Repeat("x", 1<<19)
	const n = 40 // of which 31 fit
	for i := range n {
		if i == n-1 {
			long = ""
		}
		c.call("DescribeBackupPlanList", map[string]string{"BackupPlanName": long})
	}
	text, begins := record(t, d, "1")
	list := entries(t, text)
	first := list[0].Number
	if len(text) > most || len(text) < most-1<<20 || first == 1 || list[len(list)-1].Number != n || uint64(len(list)) != n-first+1 {
		t.Errorf("got %d bytes with lines %d to %d, want at most %d with the newest", len(text), first, list[len(list)-1].Number, most)
	}
	if want := strconv.FormatUint(first, 10); begins != want {
		t.Errorf("got the header %q, want %s", begins, want)
	}
	if _, begins := record(t, d, strconv.FormatUint(first, 10)); begins != "" {
		t.Errorf("got the header %q for what is there, want none", begins)
	}
}

func TestAClientThatLeavesEndsADelay(t *testing.T) {
	c := disturbed(t, 1, world.Fault{Kind: "delay", For: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if got := recover(); got == nil {
			t.Error("got an answer, want that the connection is cut")
		}
		if text, _ := record(t, c.to.(*emulator.DBS), ""); len(entries(t, text)) != 1 {
			t.Errorf("got %q, want a line for it", text)
		}
	}()
	q := sign("POST", orders("Action", "CreateRestoreTask"), "emulator", 1, time.Now())
	c.to.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/?"+q.Encode(), nil).WithContext(ctx))
}

// readAll returns the file that tasks are kept in.
func readAll(t testing.TB, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "tasks.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
