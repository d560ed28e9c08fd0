package emulator_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/conformance"
)

// open returns an emulator that is closed with the test.
func open(t testing.TB, o emulator.Options) *emulator.DBS {
	t.Helper()
	d, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// answer is a reply of any operation.
type answer struct {
	Status int // of HTTP
	Body   string

	Success                                               bool
	RequestId, HostId, Code, Message, ErrCode, ErrMessage string
	RestoreTaskId                                         string
	PageNum, PageSize, TotalElements, TotalPages          int
	PrecheckStatus                                        string `json:"Status"`
	Progress                                              int
	Items                                                 struct {
		RestoreTaskDetail      []map[string]any
		PreCheckProgressDetail []map[string]any
		BackupPlanDetail       []map[string]any
		DBSRecoverRange        []map[string]any
		FullBackupFile         []map[string]any
	}
}

// code is the error code in either dialect.
func (a answer) code() string { return a.Code + a.ErrCode }

// sign completes params with what every request carries, and signs them, by the
// hand of the conformance suite, which shares nothing with the one under test.
func sign(method string, params map[string]string, secret string, nonce int, now time.Time) url.Values {
	all := map[string]string{"SignatureNonce": "nonce-" + strconv.Itoa(nonce)}
	maps.Copy(all, params)
	return conformance.Sign(method, all, conformance.Key{ID: "emulator", Secret: secret}, now)
}

// caller makes signed calls of one emulator.
type caller struct {
	t     testing.TB
	to    http.Handler
	calls int
}

// call sends action with params, by POST in the query, and decodes the answer.
func (c *caller) call(action string, params map[string]string) answer {
	c.t.Helper()
	c.calls++
	all := map[string]string{"Action": action}
	maps.Copy(all, params)
	return send(c.t, c.to, "POST", sign("POST", all, "emulator", c.calls, time.Now()).Encode(), "")
}

// send makes one raw request.
func send(t testing.TB, to http.Handler, method, query, body string) answer {
	t.Helper()
	r := httptest.NewRequest(method, "/?"+query, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return do(t, to, r)
}

func do(t testing.TB, to http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	decode := json.Unmarshal
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") {
		decode = xml.Unmarshal
	}
	if err := decode(raw, &a); err != nil {
		t.Fatalf("got %d %q, want JSON or XML: %v", w.Code, raw, err)
	}
	a.Status, a.Body = w.Code, string(raw)
	return a
}

// orders are the parameters of a good CreateRestoreTask in the demo's world.
// Extra ones follow as pairs; the value "" removes one.
func orders(extra ...string) map[string]string {
	p := map[string]string{
		"BackupPlanId": "dbs1demomysql01", "RestoreTaskName": "orders",
		"DestinationEndpointInstanceType": "RDS", "DestinationEndpointRegion": "cn-hangzhou",
		"DestinationEndpointInstanceID": "rm-demodrill01", "DestinationEndpointUserName": "drill",
		"DestinationEndpointPassword": "hunter2 is secret", "ClientToken": "",
		"RestoreObjects": `[{"DBName":"orders","NewDBName":"orders_drill"}]`,
		"RestoreTime":    millis(time.Now().Truncate(time.Hour)),
	}
	for pair := range slices.Chunk(extra, 2) {
		if p[pair[0]] = pair[1]; pair[1] == "" {
			delete(p, pair[0])
		}
	}
	return p
}

// millis writes a time as the API wants it.
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// create makes a restore task and returns its id.
func (c *caller) create(extra ...string) string {
	c.t.Helper()
	a := c.call("CreateRestoreTask", orders(extra...))
	if a.Status != 200 || !a.Success || !strings.HasPrefix(a.RestoreTaskId, "s1") {
		c.t.Fatalf("CreateRestoreTask: got %d %s", a.Status, a.Body)
	}
	return a.RestoreTaskId
}

// start starts a task.
func (c *caller) start(id string) {
	c.t.Helper()
	if a := c.call("StartRestoreTask", map[string]string{"RestoreTaskId": id}); !a.Success {
		c.t.Fatalf("StartRestoreTask: got %d %s", a.Status, a.Body)
	}
}

// task returns how a task is listed.
func (c *caller) task(id string) map[string]any {
	c.t.Helper()
	a := c.call("DescribeRestoreTaskList", map[string]string{"RestoreTaskId": id})
	if !a.Success || len(a.Items.RestoreTaskDetail) != 1 {
		c.t.Fatalf("DescribeRestoreTaskList: got %d %s", a.Status, a.Body)
	}
	return a.Items.RestoreTaskDetail[0]
}
