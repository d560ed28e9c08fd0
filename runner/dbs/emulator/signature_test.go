package emulator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// vector is one signed request of a client of the vendor, as recorded.
type vector struct {
	Client, Action, Algorithm, Method string
	Query, Body, AccessKeySecret      string
	ExpectedSignature                 string
	Headers                           map[string]string
}

// vectors returns the recorded requests signed with an algorithm.
func vectors(t *testing.T, algorithm string) (list []vector) {
	t.Helper()
	data, err := os.ReadFile("testdata/signature-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for i, v := range list {
		if q := v.params(t); !q.Has("Signature") && v.Algorithm == "HMAC-SHA1" { // the samples of the documents
			list[i].Query += "&Signature=" + url.QueryEscape(v.ExpectedSignature)
		}
	}
	list = slices.DeleteFunc(list, func(v vector) bool { return v.Algorithm != algorithm })
	if len(list) == 0 {
		t.Fatalf("got no vector of %s", algorithm)
	}
	return list
}

// send plays the request.
func (v vector) send(t *testing.T, to http.Handler) answer {
	t.Helper()
	r := httptest.NewRequest(v.Method, "/?"+v.Query, strings.NewReader(v.Body))
	for k, h := range v.Headers {
		if r.Header.Set(k, h); strings.EqualFold(k, "host") {
			r.Host = h
		}
	}
	return do(t, to, r)
}

// params returns all parameters.
func (v vector) params(t *testing.T) url.Values {
	t.Helper()
	q, err := url.ParseQuery(strings.Trim(v.Query+"&"+v.Body, "&"))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// open returns an emulator that knows the vector's key, at the vector's time.
func (v vector) open(t *testing.T, secret string) *emulator.DBS {
	t.Helper()
	q := v.params(t)
	stamp := q.Get("Timestamp") + q.Get("TimeStamp") + v.Headers["x-acs-date"]
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(at))
	return open(t, emulator.Options{World: world.World{
		Accounts: []world.Account{{ID: "1", AccessKeys: []world.AccessKey{
			{ID: "testid", Secret: secret}, {ID: "STS.testid", Secret: secret, SecurityToken: q.Get("SecurityToken")},
		}}},
	}})
}

func TestRecordedSignaturesAreVerified(t *testing.T) {
	for i, v := range vectors(t, "HMAC-SHA1") {
		t.Run(fmt.Sprintf("%d %s %s", i, v.Client, v.Action), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := v.params(t)
				want := "an answer of DBS itself"
				switch {
				case !q.Has("Timestamp"): // the sample spells it TimeStamp
					want = "MissingTimestamp"
				case q.Get("Version") != "2019-03-06":
					want = "InvalidVersion"
				}
				a := v.send(t, v.open(t, v.AccessKeySecret))
				if got := a.Code; got != want && (got != "" || want != "an answer of DBS itself") {
					t.Errorf("got %d %s, want %s", a.Status, a.Body, want)
				}
				wrong := v.send(t, v.open(t, v.AccessKeySecret[1:]))
				if wrong.Code != "SignatureDoesNotMatch" {
					t.Errorf("got %s with another secret, want SignatureDoesNotMatch", wrong.Body)
				}
			})
		})
	}
}

func TestTamperedRequestsAreRefused(t *testing.T) {
	// A change of these is noticed before the signature is.
	early := []string{"AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureType"}
	for i, v := range vectors(t, "HMAC-SHA1") {
		t.Run(fmt.Sprintf("%d %s %s", i, v.Client, v.Action), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := v.open(t, v.AccessKeySecret)
				refused := func(what string, early bool, a answer) {
					if a.Code != "SignatureDoesNotMatch" && !early || a.Status < 400 || a.Success || a.ErrCode != "" {
						t.Fatalf("got %d %s with %s, want SignatureDoesNotMatch", a.Status, a.Body, what)
					}
				}
				for name, values := range v.params(t) {
					early := slices.Contains(early, name)
					for at := range len(values[0]) + 1 {
						w := v
						w.Query, w.Body = tamper(t, v.params(t), name, at), ""
						refused(fmt.Sprintf("byte %d of %s changed", at, name), early, w.send(t, d))
					}
					q := v.params(t)
					q.Del(name)
					w := v
					w.Query, w.Body = q.Encode(), ""
					refused(name+" removed", early, w.send(t, d))
				}
				w := v
				w.Method = map[string]string{"GET": "POST", "POST": "GET"}[v.Method]
				refused("another method", false, w.send(t, d))
			})
		})
	}
}

// tamper returns the query with one byte of a parameter changed, or one added
// at its end.
func tamper(t *testing.T, q url.Values, name string, at int) string {
	t.Helper()
	b := []byte(q.Get(name) + "\x00")
	b[at] ^= 1
	// A changed byte of UTF-8 may not be UTF-8 any more, which is refused as such.
	q.Set(name, strings.ToValidUTF8(strings.TrimSuffix(string(b), "\x00"), "?"))
	return q.Encode()
}

func TestRecordedSignaturesOfNewerClientsAreVerified(t *testing.T) {
	for _, v := range vectors(t, "ACS3-HMAC-SHA256") {
		t.Run(v.Client, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := v.open(t, v.AccessKeySecret)
				if a := v.send(t, v.open(t, v.AccessKeySecret[1:])); a.Code != "SignatureDoesNotMatch" {
					t.Errorf("got %d %s with another secret, want SignatureDoesNotMatch", a.Status, a.Body)
				}
				refused := func(what string, w vector) {
					if a := w.send(t, d); a.Status < 400 || a.Success || a.ErrCode != "" {
						t.Errorf("got %d %s with %s, want it refused", a.Status, a.Body, what)
					}
				}
				w := v
				w.Method = "GET"
				refused("another method", w)
				w = v
				w.Query += "&RestoreDir=x"
				refused("one more parameter", w)
				w = v
				w.Query += "&RestoreDir=a;b"
				refused("one more parameter, with a semicolon", w)
				w = v
				w.Body = "RestoreDir=x"
				refused("a body", w)
				for name, value := range v.Headers {
					lower := strings.ToLower(name)
					if lower != "host" && lower != "authorization" && !strings.HasPrefix(lower, "x-acs-") {
						continue // not signed
					}
					for at := range len(value) {
						w := v
						w.Headers = maps.Clone(v.Headers)
						b := []byte(value)
						b[at] ^= 1
						w.Headers[name] = string(b)
						refused(fmt.Sprintf("byte %d of %s changed", at, name), w)
					}
				}
				w = v
				w.Headers = maps.Clone(v.Headers)
				w.Headers["x-acs-security-token"] = "t"
				refused("one more header", w)
				// Last, as its nonce counts once.
				if a := v.send(t, d); a.Code != "MissingDestinationEndpointInstanceType" && a.ErrCode == "" && a.Code != "MissingRestoreTaskName" {
					t.Errorf("got %d %s, want an answer of DBS itself", a.Status, a.Body)
				}
				if a := v.send(t, d); a.Code != "SignatureNonceUsed" {
					t.Errorf("got %d %s the second time, want SignatureNonceUsed", a.Status, a.Body)
				}
			})
		})
	}
}
