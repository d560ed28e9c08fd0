package dbs_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// The tests of this file each hold off one of the ways in which the vendor's
// SDK bites. Source: dbs-api.md §7.

func TestCallsUseHTTPSAndTheRightHostByDefault(t *testing.T) {
	for region, host := range map[string]string{
		"cn-hangzhou":    "dbs-api.cn-hangzhou.aliyuncs.com",
		"us-west-1":      "dbs-api.cn-hangzhou.aliyuncs.com",
		"cn-zhangjiakou": "dbs-api.cn-zhangjiakou.aliyuncs.com",
		"cn-wulanchabu":  "dbs-api.cn-wulanchabu.aliyuncs.com",
		"ap-southeast-1": "dbs-api.ap-southeast-1.aliyuncs.com",
	} {
		t.Run(region, func(t *testing.T) {
			var got string
			o := options("")
			o.Transport = exchange(func(r *http.Request) (*http.Response, error) {
				got = r.URL.Scheme + "://" + r.URL.Host
				return answering(always(200, created))(r)
			})
			site := plan.Site{Region: region}
			if _, err := client(t, o).CreateRestoreTask(t.Context(), site, attempt, orders, nil); err != nil {
				t.Fatal(err)
			}
			if want := "https://" + host; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAnUnknownRegionIsRefusedInsteadOfGuessed(t *testing.T) {
	o := options("")
	o.Transport = exchange(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent to %s", r.URL.Host)
		return nil, io.EOF
	})
	_, err := client(t, o).CreateRestoreTask(t.Context(), plan.Site{Region: "cn-hangzouh"}, attempt, orders, nil)
	f := failure(t, err)
	if f.Class != restore.Refused || f.Code != "Endpoint" {
		t.Errorf("got %s %s, want refused Endpoint", f.Class, f.Code)
	}
	wantText(t, f.Message, `"cn-hangzouh"`, "cn-wulanchabu", "did you mean cn-hangzhou?")
}

func TestATimeoutOfOneCallDoesNotStickToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := true
		o := options("http://127.0.0.1:1")
		o.Timeout = 10 * time.Second
		o.Transport = exchange(func(r *http.Request) (*http.Response, error) {
			if slow {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			time.Sleep(9 * time.Second)
			return answering(always(200, created))(r)
		})
		c := client(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.CreateRestoreTask(ctx, hangzhou, attempt, orders, nil)
		if f := failure(t, err); f.Class != restore.Lost || f.Code != "Timeout" {
			t.Errorf("got %v, want a lost call that timed out", f)
		}
		slow = false
		if _, err := create(t, c); err != nil {
			t.Errorf("the next call: %v", err)
		}
	})
}

func TestTheTimeoutBoundsReadingTheBodyToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options("http://127.0.0.1:1")
		o.Transport = exchange(func(r *http.Request) (*http.Response, error) {
			body, w := io.Pipe()
			go func() {
				_, _ = io.WriteString(w, created[:20])
				<-r.Context().Done()
				_ = w.CloseWithError(r.Context().Err())
			}()
			return &http.Response{StatusCode: http.StatusOK, Body: body}, nil
		})
		start := time.Now()
		_, err := create(t, client(t, o))
		if f := failure(t, err); f.Class != restore.Lost || f.Code != "Timeout" || time.Since(start) != 30*time.Second {
			t.Errorf("got %v after %s, want a lost call that timed out after 30s", f, time.Since(start))
		}
	})
}

func TestTheContextEndsACallUnderWay(t *testing.T) {
	arrived, block := make(chan struct{}), make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-block
	})
	defer close(block)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := client(t, options(s.URL)).RestoreTasks(ctx, hangzhou, "dbs1orders", time.Time{})
	if f := failure(t, err); f.Class != restore.Lost {
		t.Errorf("got %v, want lost", f)
	}
	if n := len(s.seen()); n != 1 {
		t.Errorf("got %d attempts, want 1: a canceled read must not be repeated", n)
	}
}

func TestWritesAreSentExactlyOnce(t *testing.T) {
	for _, answer := range []http.HandlerFunc{
		always(500, `{"Code":"InternalError","Message":"oops"}`),
		always(503, `{"Code":"ServiceUnavailable"}`),
		always(400, `{"Code":"Throttling.User"}`),
		always(400, `{"Code":"SignatureNonceUsed"}`),
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		s := serve(t, answer)
		c := client(t, options(s.URL))
		if _, err := create(t, c); err == nil {
			t.Error("create: got no error")
		}
		if err := c.StartRestoreTask(t.Context(), hangzhou, "s1abc", "token"); err == nil {
			t.Error("start: got no error")
		}
		if got := len(s.seen()); got != 2 {
			t.Fatalf("got %d requests, want 2", got)
		}
	}
}

func TestWritesNeverReuseAConnection(t *testing.T) {
	s := serve(t, always(200, created))
	c := client(t, options(s.URL))
	for range 3 {
		if _, err := create(t, c); err != nil {
			t.Fatal(err)
		}
	}
	from := make(map[string]bool)
	for _, r := range s.seen() {
		from[r.RemoteAddr] = true
	}
	if len(from) != 3 {
		t.Errorf("got %d connections for 3 writes, want 3", len(from))
	}
}

// net/http repeats a request by itself where it can rewind the body and nothing
// was read, or where a header calls the request idempotent.
func TestNoTransportCanSendAWriteAgainByItself(t *testing.T) {
	var sent []*http.Request
	o := options("http://127.0.0.1:1")
	o.Transport = exchange(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r)
		return answering(always(200, created))(r)
	})
	c := client(t, o)
	if _, err := create(t, c); err != nil {
		t.Fatal(err)
	}
	if err := c.StartRestoreTask(t.Context(), hangzhou, "s1abc", attempt.ClientToken); err != nil {
		t.Fatal(err)
	}
	for _, r := range sent {
		action := r.URL.Query().Get("Action")
		if r.GetBody != nil {
			t.Errorf("%s: the body can be rewound", action)
		}
		if r.Header.Get("Idempotency-Key")+r.Header.Get("X-Idempotency-Key") != "" {
			t.Errorf("%s: a header calls it idempotent", action)
		}
	}
	if len(sent) != 2 {
		t.Errorf("got %d requests, want 2", len(sent))
	}
}

// suspended is a context as it is after a machine slept over its deadline: by
// the clock that stood still meanwhile, there is time left.
type suspended struct{ context.Context }

func (suspended) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second).Round(0), true }

func TestAWriteIsNotSignedAfterItsDeadlineByTheWallClock(t *testing.T) {
	s := serve(t, always(200, created))
	c := client(t, options(s.URL))
	ctx := suspended{t.Context()}
	_, err := c.CreateRestoreTask(ctx, hangzhou, attempt, orders, fromEnv)
	if err == nil {
		t.Error("create: got no error")
	} else if f := failure(t, err); f.Class != restore.Throttled || f.Code != "Canceled" {
		t.Errorf("create: got %+v, want throttled Canceled: it did not happen", *f)
	}
	if err := c.StartRestoreTask(ctx, hangzhou, "s1abc", attempt.ClientToken); err == nil {
		t.Error("start: got no error")
	}
	if n := len(s.seen()); n != 0 {
		t.Errorf("got %d requests, want none", n)
	}
}

func TestEveryAttemptHasItsOwnNonceAndAValidSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s service
		o := options("http://127.0.0.1:1")
		o.Transport = answering(s.remember(always(503, `{"Code":"ServiceUnavailable"}`)))
		_, err := client(t, o).RestoreTasks(t.Context(), hangzhou, "dbs1orders", time.Time{})
		if f := failure(t, err); f.Code != "ServiceUnavailable" {
			t.Errorf("got %v, want ServiceUnavailable", f)
		}
		nonces := make(map[string]bool)
		for _, r := range s.seen() {
			nonces[r.query.Get("SignatureNonce")] = true
			if got, want := r.query.Get("Signature"), sign(r); got != want {
				t.Errorf("got signature %s, want %s", got, want)
			}
		}
		if len(nonces) != 4 {
			t.Errorf("got %d nonces in %d attempts, want 4 in 4", len(nonces), len(s.seen()))
		}
	})
}

// sign is the vendor's RPC signature 1.0 by its specification, dbs-api.md §4.2.
func sign(r received) string {
	escape := func(s string) string {
		return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
	}
	var pairs []string
	for _, values := range []url.Values{r.query, r.form} {
		for name := range values {
			if name != "Signature" {
				pairs = append(pairs, escape(name)+"="+escape(values.Get(name)))
			}
		}
	}
	slices.Sort(pairs)
	mac := hmac.New(sha1.New, []byte(keySecret+"&"))
	_, _ = io.WriteString(mac, r.Method+"&%2F&"+escape(strings.Join(pairs, "&")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestParametersTravelInTheBodyAndThePasswordOnlyThere(t *testing.T) {
	s := serve(t, always(200, created))
	if _, err := create(t, client(t, options(s.URL))); err != nil {
		t.Fatal(err)
	}
	r := s.seen()[0]
	if got := r.form.Get("DestinationEndpointPassword"); got != password {
		t.Errorf("got password %q in the body, want %q", got, password)
	}
	if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		t.Errorf("got content type %q", got)
	}
	for name := range r.query {
		switch name {
		case "AccessKeyId", "Action", "Format", "RegionId", "Signature", "SignatureMethod", "SignatureNonce",
			"SignatureType", "SignatureVersion", "Timestamp", "Version":
		default:
			t.Errorf("parameter %s is in the URL", name)
		}
	}
	if strings.Contains(fmt.Sprint(r.URL, r.Header), "canary") {
		t.Error("a secret is in the URL or the headers")
	}
}

func TestSuccessFalseWithHTTP200IsAnError(t *testing.T) {
	s := serve(t, always(200, `{"Success":false,"ErrCode":"Param.NotFound","ErrMessage":"no such plan","RequestId":"R9"}`))
	_, err := create(t, client(t, options(s.URL)))
	f := failure(t, err)
	want := restore.Failure{Class: restore.Refused, Action: "CreateRestoreTask", Code: "Param.NotFound", Message: "no such plan", RequestID: "R9"}
	if *f != want {
		t.Errorf("got %+v, want %+v", *f, want)
	}
}

func TestAnErrorCodeBesideSuccessTrueIsNoError(t *testing.T) {
	s := serve(t, always(200, `{"Success":true,"ErrCode":"Param.NotFound","ErrMessage":"demo","RestoreTaskId":"s1abc"}`))
	if id, err := create(t, client(t, options(s.URL))); id != "s1abc" || err != nil {
		t.Errorf("got %q, %v, want s1abc", id, err)
	}
}

func TestACodeThatIsANumberDoesNotPanic(t *testing.T) {
	s := serve(t, always(400, `{"Code":400,"Message":{"a":1},"RequestId":7,"HostId":[]}`))
	_, err := create(t, client(t, options(s.URL)))
	if f := failure(t, err); f.Class != restore.Lost || f.Code != "400" || f.RequestID != "7" {
		t.Errorf("got %+v, want lost 400 with RequestId 7", *f)
	}
}

func TestARequestCarriesNothingOfTheOneBefore(t *testing.T) {
	s := serve(t, always(200, created))
	c := client(t, options(s.URL))
	if _, err := create(t, c); err != nil {
		t.Fatal(err)
	}
	small := plan.Parameters{BackupPlanId: "dbs1other", DestinationEndpointInstanceType: "dg"}
	if _, err := c.CreateRestoreTask(t.Context(), hangzhou, attempt, small, nil); err != nil {
		t.Fatal(err)
	}
	want := "BackupPlanId=dbs1other&ClientToken=token0001&DestinationEndpointInstanceType=dg&RestoreTaskName=drill-orders-abc"
	if got := s.seen()[1].body; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOneClientServesManyGoroutines(t *testing.T) {
	s := serve(t, always(200, created))
	c := client(t, options(s.URL))
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			site := plan.Site{Region: []string{"cn-hangzhou", "cn-chengdu"}[i%2]}
			if _, err := c.CreateRestoreTask(t.Context(), site, attempt, orders, fromEnv); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := c.Calls()["CreateRestoreTask"]; got != 16 {
		t.Errorf("got %d calls, want 16", got)
	}
	nonces := make(map[string]bool)
	for _, r := range s.seen() {
		nonces[r.query.Get("SignatureNonce")] = true
	}
	if len(nonces) != 16 {
		t.Errorf("got %d nonces, want 16", len(nonces))
	}
}

func TestRedirectsAreRefusedAndNameOnlyTheHost(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		other := serve(t, always(200, created))
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL+"/path?canary=1")
			w.WriteHeader(status)
		})
		_, err := create(t, client(t, options(s.URL)))
		f := failure(t, err)
		if f.Class != restore.Lost || !f.Fatal || f.Code != "Redirect" {
			t.Errorf("%d: got %+v, want lost, fatal", status, *f)
		}
		wantText(t, f.Message, "host 127.0.0.1 refused")
		if len(other.seen()) != 0 || strings.Contains(f.Error(), "canary") {
			t.Errorf("%d: followed or quoted: %v", status, f)
		}
	}
}
