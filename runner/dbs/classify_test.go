package dbs_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// TestRepliesMeanWhatTheTableSays reads testdata/replies.txt: a status, the
// class ("ok" for success), "fatal" or "-", the code, and the body.
func TestRepliesMeanWhatTheTableSays(t *testing.T) {
	file, err := os.Open("testdata/replies.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.SplitN(line, " ", 5)
		if len(fields) != 5 {
			t.Fatalf("line %d: got %d fields, want 5", number, len(fields))
		}
		status, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Fatalf("line %d: %v", number, err)
		}
		body := strings.NewReplacer(`\n`, "\n", "LONG", strings.Repeat("x", 300)).Replace(fields[4])
		o := options("http://127.0.0.1:1")
		o.Transport = exchange(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		got := "ok - -"
		if _, err := create(t, client(t, o)); err != nil {
			f := failure(t, err)
			got = fmt.Sprintf("%s %s %s", f.Class, map[bool]string{true: "fatal", false: "-"}[f.Fatal], f.Code)
		}
		if want := strings.Join(fields[1:4], " "); got != want {
			t.Errorf("line %d: got %s, want %s: %s", number, got, want, line)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestFailuresSayHowToMendThem(t *testing.T) {
	for _, c := range []struct {
		ahead      time.Duration // of the service's clock
		body, want string
	}{
		{0, `{"Code":"Forbidden.RAM","Message":"not authorized"}`, "not authorized: grant dbs:CreateRestoreTask in RAM"},
		{-17 * time.Minute, `{"Code":"InvalidTimeStamp.Expired","Message":"expired."}`, "expired.: the clock of this machine is 17m0s ahead of the service's: set it"},
		{20 * time.Minute, `{"Code":"InvalidTimeStamp.Expired"}`, "the clock of this machine is 20m0s behind the service's: set it"},
		{0, `{"Code":"SignatureDoesNotMatch","Message":"server string to sign is:POST&%2F&canary"}`, "the signature is wrong: check the access key secret"},
		{0, `{"Code":"InvalidApi.NotFound","Message":"no api"}`, "no api: check the endpoint and the region"},
		{0, `{"Code":"Param.NotFound","Message":"see https://x/?a=b&Signature=c"}`, "the message is withheld, as it quotes the request"},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := options("http://127.0.0.1:1")
			o.Transport = answering(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat))
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := create(t, client(t, o))
			if got := failure(t, err).Message; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTextOfTheServiceIsCutAndInert(t *testing.T) {
	hostile := "\x1b]0;title\x07 \u202etxt.exe\u200b \x00 a\r\nb\t" + strings.Repeat("é", 2000)
	body, err := json.Marshal(map[string]string{"Code": "Param.NotFound", "Message": hostile})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, always(400, string(body)))
	_, err = create(t, client(t, options(s.URL)))
	got := failure(t, err).Message
	if strings.ContainsAny(got, "\x1b\x07\x00\r\n\t\u202e\u200b") {
		t.Errorf("got %q, want no control characters", got)
	}
	if len(got) > 2000 || !strings.HasSuffix(got, "é…") {
		t.Errorf("got %d bytes ending in %q, want at most 2000 ending in an ellipsis", len(got), got[len(got)-6:])
	}
}

func TestBrokenExchangesLeaveAWriteLost(t *testing.T) {
	hijack := func(reply string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, reply)
			_ = conn.Close()
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		code    string
	}{
		"the connection closes without a reply": {hijack(""), "Broken"},
		"the header is cut":                     {hijack("HTTP/1.1 200 OK\r\nContent-Le"), "Broken"},
		"the body is cut":                       {hijack("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + created), "Broken"},
		"the header is too large":               {hijack("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<17) + "\r\n\r\n" + created), "Broken"},
		"the reply is not HTTP":                 {hijack("220 mail.example.com ESMTP\r\n"), "Broken"},
		"the body is too large":                 {always(200, strings.Repeat(" ", 17<<20)), "ReplyTooLarge"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			_, err := create(t, client(t, options(s.URL)))
			if f := failure(t, err); f.Class != restore.Lost || f.Fatal || f.Code != c.code {
				t.Errorf("got %+v, want lost %s", *f, c.code)
			}
			if n := len(s.seen()); n != 1 {
				t.Errorf("got %d requests, want 1", n)
			}
		})
	}
}

// A redirect is lost and fatal at once: a write may have happened, and no call
// will succeed.
func TestARedirectEndsEveryOperationAtTheFirstAttempt(t *testing.T) {
	for name, call := range map[string]func(*dbs.Client) error{
		"create": func(c *dbs.Client) error { _, err := create(t, c); return err },
		"start": func(c *dbs.Client) error {
			return c.StartRestoreTask(t.Context(), hangzhou, "s1", attempt.ClientToken)
		},
		"tasks since": func(c *dbs.Client) error {
			_, err := c.RestoreTasks(t.Context(), hangzhou, "dbs1", time.UnixMilli(5000))
			return err
		},
		"tasks by id": func(c *dbs.Client) error {
			_, err := c.RestoreTasksByID(t.Context(), hangzhou, []string{"s1", "s2"})
			return err
		},
		"precheck": func(c *dbs.Client) error { _, err := c.Precheck(t.Context(), hangzhou, "s1"); return err },
		"backup plans": func(c *dbs.Client) error {
			_, err := c.BackupPlans(t.Context(), []plan.Question{{Site: hangzhou, BackupPlanID: "a"}, {Site: hangzhou, BackupPlanID: "b"}}, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(307, ""))
			f := failure(t, call(client(t, options(s.URL))))
			if f.Class != restore.Lost || !f.Fatal || f.Code != "Redirect" || len(s.seen()) != 1 {
				t.Errorf("got %+v after %d requests, want lost Redirect, fatal, after 1", *f, len(s.seen()))
			}
		})
	}
}

func TestAnErrorThatProvesNothingLeavesAWriteLost(t *testing.T) {
	for _, cause := range []error{io.EOF, errors.New("what"), os.ErrDeadlineExceeded} {
		o := options("http://127.0.0.1:1")
		o.Transport = exchange(func(*http.Request) (*http.Response, error) { return nil, cause })
		_, err := create(t, client(t, o))
		if f := failure(t, err); f.Class != restore.Lost || f.Fatal {
			t.Errorf("%v: got %+v, want lost", cause, *f)
		}
	}
}

func TestWithoutAConnectionAWriteDidNotHappen(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	refused, unknown := options(closed.URL), options("https://dbs.invalid")
	unknown.Transport = exchange(func(r *http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
	})
	for want, o := range map[string]dbs.Options{"connection refused": refused, "lookup dbs.invalid: no such host": unknown} {
		_, err := create(t, client(t, o))
		f := failure(t, err)
		if f.Class != restore.Throttled || f.Fatal || f.Code != "Connect" {
			t.Errorf("got %+v, want throttled Connect", *f)
		}
		wantText(t, f.Message, want)
	}
}

func TestAServerThatCannotBeTrustedIsRefusedForGood(t *testing.T) {
	var handled bool
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { handled = true })
	start := func(config *tls.Config) *httptest.Server {
		s := httptest.NewUnstartedServer(handler)
		s.TLS = config
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	plain := httptest.NewServer(handler)
	defer plain.Close()
	for endpoint, want := range map[string]string{
		start(nil).URL: "certificate signed by unknown authority",
		start(&tls.Config{MaxVersion: tls.VersionTLS11}).URL: "protocol version not supported",
		strings.Replace(plain.URL, "http", "https", 1):       "the server speaks plain HTTP",
	} {
		t.Run(want, func(t *testing.T) {
			c := client(t, options(endpoint))
			_, err := c.RestoreTasks(t.Context(), hangzhou, "dbs1orders", time.Time{})
			f := failure(t, err)
			if f.Class != restore.Refused || !f.Fatal || f.Code != "TLS" {
				t.Errorf("got %+v, want refused TLS, fatal", *f)
			}
			wantText(t, f.Message, want)
			if n := c.Calls()["DescribeRestoreTaskList"]; n != 1 || handled {
				t.Errorf("got %d attempts, handled %v, want 1 and false", n, handled)
			}
		})
	}
}

func TestAHandshakeThatBreaksOffMayBeTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	_, err = create(t, client(t, options("https://"+l.Addr().String())))
	if f := failure(t, err); f.Class != restore.Throttled || f.Code != "Connect" {
		t.Errorf("got %+v, want throttled Connect", *f)
	}
}
