package emulator_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestGatewayRefusals(t *testing.T) {
	now := time.Now()
	stamp := func(ago time.Duration) string { return now.Add(-ago).UTC().Format("2006-01-02T15:04:05Z") }
	for _, tt := range []struct {
		name   string
		params map[string]string // of a DescribeBackupPlanList; "-" removes one
		code   string
		status int
	}{
		{"a request without a key", map[string]string{"AccessKeyId": "-"}, "MissingAccessKeyId", 400},
		{"a request without a signature", map[string]string{"Signature": ""}, "MissingSignature", 400},
		{"a wrong signature", map[string]string{"Signature": "AAAA"}, "SignatureDoesNotMatch", 400},
		{"another signature method", map[string]string{"SignatureMethod": "HMAC-SHA256"}, "InvalidSignatureMethod", 400},
		{"another signature version", map[string]string{"SignatureVersion": "2.0"}, "InvalidSignatureVersion", 400},
		{"a bearer token", map[string]string{"SignatureType": "BEARERTOKEN"}, "InvalidSignatureType", 400},
		{"an unknown key", map[string]string{"AccessKeyId": "nobody"}, "InvalidAccessKeyId.NotFound", 404},
		{"a security token for a key without one", map[string]string{"SecurityToken": "x"}, "InvalidSecurityToken.MismatchWithAccessKey", 400},
		{"no nonce", map[string]string{"SignatureNonce": "-"}, "MissingSignatureNonce", 400},
		{"no time", map[string]string{"Timestamp": "-"}, "MissingTimestamp", 400},
		{"a time of another format", map[string]string{"Timestamp": now.Format(time.RFC1123)}, "InvalidTimeStamp.Format", 400},
		{"a clock 16 minutes behind", map[string]string{"Timestamp": stamp(16 * time.Minute)}, "InvalidTimeStamp.Expired", 400},
		{"a clock 16 minutes ahead", map[string]string{"Timestamp": stamp(-16 * time.Minute)}, "InvalidTimeStamp.Expired", 400},
		{"a clock 14 minutes behind is fine", map[string]string{"Timestamp": stamp(14 * time.Minute)}, "", 200},
		{"no version", map[string]string{"Version": "-"}, "MissingVersion", 400},
		{"another version", map[string]string{"Version": "2021-01-01"}, "InvalidVersion", 400},
		{"no action", map[string]string{"Action": "-"}, "MissingAction", 400},
		{"an unknown action", map[string]string{"Action": "describeBackupPlanList"}, "InvalidAction.NotFound", 404},
		{"a client token too long", map[string]string{"ClientToken": strings.Repeat("x", 65)}, "InvalidClientToken.ValueNotSupported", 400},
		{"a client token not in ASCII", map[string]string{"ClientToken": "tökén"}, "InvalidClientToken.ValueNotSupported", 400},
		{"the longest client token is fine", map[string]string{"ClientToken": strings.Repeat("x", 64)}, "", 200},
		{"a number that is none", map[string]string{"PageSize": "many"}, "InvalidPageSize", 400},
		{"an unknown parameter is fine", map[string]string{"Frobnicate": "yes"}, "", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			params := map[string]string{"Action": "DescribeBackupPlanList"}
			maps.Copy(params, tt.params)
			query := sign("GET", params, "emulator", 1, now).Encode()
			a := send(t, open(t, emulator.Options{}), "GET", query, "")
			if a.Code != tt.code || a.Status != tt.status {
				t.Errorf("got %d %s, want %d %s", a.Status, a.Body, tt.status, tt.code)
			}
			if tt.code != "" && (a.RequestId == "" || a.HostId == "" || a.Message == "") {
				t.Errorf("got %s, want RequestId, HostId and Message", a.Body)
			}
		})
	}
}

func TestRequestsOfStrangeShapeAreRefused(t *testing.T) {
	params := map[string]string{"Action": "DescribeBackupPlanList"}
	good := sign("POST", params, "emulator", 1, time.Now()).Encode()
	many := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name, method, path, query, body, code string
		status                                int
	}{
		{"another method", "PUT", "/", good, "", "UnsupportedHTTPMethod", 400},
		{"another path", "POST", "/dbs", good, "", "InvalidApi.NotFound", 404},
		{"a parameter twice", "POST", "/", good + "&Action=StartRestoreTask", "", "InvalidParameter", 400},
		{"a parameter in query and body", "POST", "/", good, "Action=DescribeBackupPlanList", "InvalidParameter", 400},
		{"a broken escape", "POST", "/", good + "&x=%zz", "", "InvalidParameter.Format", 400},
		{"text that is not UTF-8", "POST", "/", good + "&x=%ff", "", "InvalidParameter.Format", 400},
		{"a body too large", "POST", "/", good, many + "x", "RequestEntityTooLarge", 413},
		{"a query too large", "POST", "/", good + "&x=" + many, "", "RequestEntityTooLarge", 413},
		{"too many parameters", "POST", "/", numbered(600), "", "InvalidParameter", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path+"?"+tt.query, strings.NewReader(tt.body))
			if a := do(t, open(t, emulator.Options{}), r); a.Code != tt.code || a.Status != tt.status {
				t.Errorf("got %d %.200s, want %d %s", a.Status, a.Body, tt.status, tt.code)
			}
		})
	}
}

// numbered returns n parameters.
func numbered(n int) string {
	q := url.Values{}
	for i := range n {
		q.Set(fmt.Sprint("p", i), "")
	}
	return q.Encode()
}

func TestParametersMayBeSplitBetweenQueryAndBody(t *testing.T) {
	d := open(t, emulator.Options{})
	for i, name := range []string{"Action", "Version", "Signature", "AccessKeyId", "SignatureType", "DestinationEndpointPassword"} {
		params := orders("DestinationEndpointPassword", "a+b *~/é&=", "Action", "CreateRestoreTask")
		q := sign("POST", params, "emulator", i, time.Now())
		body := url.Values{name: q[name]}
		q.Del(name)
		if a := send(t, d, "POST", q.Encode(), body.Encode()); !a.Success {
			t.Errorf("got %d %s with %s in the body", a.Status, a.Body, name)
		}
	}
	q := sign("POST", map[string]string{"Action": "DescribeBackupPlanList"}, "emulator", 99, time.Now())
	if a := send(t, d, "POST", "", q.Encode()); !a.Success {
		t.Errorf("got %d %s with everything in the body", a.Status, a.Body)
	}
}

func TestRequestsMayBeHandedOverInMemory(t *testing.T) {
	q := sign("GET", map[string]string{"Action": "DescribeBackupPlanList"}, "emulator", 1, time.Now())
	r, err := http.NewRequest(http.MethodGet, "http://dbs.example.com?"+q.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := do(t, open(t, emulator.Options{}), r); !a.Success {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestNoncesCountOnceInFifteenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{})
		list := func() answer {
			q := sign("GET", map[string]string{"Action": "DescribeBackupPlanList"}, "emulator", 1, time.Now())
			return send(t, d, "GET", q.Encode(), "")
		}
		if a := list(); !a.Success {
			t.Fatalf("got %s", a.Body)
		}
		time.Sleep(15 * time.Minute)
		if a := list(); a.Code != "SignatureNonceUsed" || a.Status != 400 {
			t.Errorf("got %d %s within 15 minutes, want SignatureNonceUsed", a.Status, a.Body)
		}
		time.Sleep(time.Second)
		if a := list(); !a.Success {
			t.Errorf("got %s after 15 minutes, want success", a.Body)
		}
	})
}

func TestTemporaryKeysNeedTheirToken(t *testing.T) {
	d := open(t, emulator.Options{World: world.World{
		Accounts: []world.Account{{ID: "1", AccessKeys: []world.AccessKey{
			{ID: "STS.temporary", Secret: "s", SecurityToken: "CAIS+/tok=en=="},
		}}},
	}})
	for i, tt := range []struct{ token, code string }{
		{"CAIS+/tok=en==", ""}, {"-", "MissingSecurityToken"}, {"other", "InvalidSecurityToken.Malformed"},
	} {
		q := sign("POST", map[string]string{
			"Action": "DescribeBackupPlanList", "AccessKeyId": "STS.temporary", "SecurityToken": tt.token,
		}, "s", i, time.Now())
		if a := send(t, d, "POST", q.Encode(), ""); a.Code != tt.code {
			t.Errorf("got %s with token %q, want code %q", a.Body, tt.token, tt.code)
		}
	}
}

func TestLogSaysWhatWasAskedAndNothingMore(t *testing.T) {
	var log strings.Builder
	d := open(t, emulator.Options{Log: &log})
	c := &caller{t: t, to: d}
	c.create()
	c.call("CreateRestoreTask", orders("BackupPlanId", "dbs1unknown"))
	c.call("no such\naction", nil)
	c.call(strings.Repeat("long", 1000), nil)
	do(t, d, httptest.NewRequest(http.MethodGet, "/", nil))
	q := sign("POST", map[string]string{"Action": "CreateRestoreTask", "DestinationEndpointPassword": "hunter2"}, "wrong", 9, time.Now())
	send(t, d, "POST", q.Encode(), "")

	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	for i, want := range []string{
		"CreateRestoreTask emulator 200 -",
		"CreateRestoreTask emulator 200 InvalidParameterValid",
		`"no such\naction" emulator 404 InvalidAction.NotFound`,
		strings.Repeat("long", 20) + " emulator 404 InvalidAction.NotFound",
		"- - 400 MissingAccessKeyId",
		"CreateRestoreTask emulator 400 SignatureDoesNotMatch",
	} {
		if i >= len(lines) {
			t.Fatalf("got %d lines: %q", len(lines), lines)
		}
		if _, got, _ := strings.Cut(lines[i], " "); got != want {
			t.Errorf("got line %q, want a time and %q", lines[i], want)
		}
	}
	if len(lines) != 6 || strings.Contains(log.String(), "hunter2") {
		t.Errorf("got log %q", log.String())
	}
}
