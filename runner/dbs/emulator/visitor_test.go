package emulator_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// visitor is a client on a connection, that tells what it saw in a word or two.
type visitor struct {
	t       *testing.T
	d       *emulator.DBS
	client  *http.Client
	url     string
	calls   int
	patient time.Duration // how long it waits for an answer; 0 for ever
}

// visit serves an emulator on this machine's network.
func visit(t *testing.T, d *emulator.DBS) *visitor {
	t.Helper()
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return &visitor{t: t, d: d, url: s.URL, client: onlyOnce(&http.Transport{DisableKeepAlives: true})}
}

// visitInBubble serves an emulator on connections inside the process, for
// virtual time.
func visitInBubble(t *testing.T, d *emulator.DBS) *visitor {
	t.Helper()
	l := &pipes{dialed: make(chan net.Conn), closed: make(chan struct{})}
	s := &http.Server{Handler: d}
	var served sync.WaitGroup
	served.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		served.Wait()
	})
	return &visitor{t: t, d: d, url: "http://dbs.example.com",
		client: onlyOnce(&http.Transport{DisableKeepAlives: true, DialContext: l.dial})}
}

// onlyOnce returns a client that follows no redirect.
func onlyOnce(t *http.Transport) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// pipes is a listener without a network.
type pipes struct {
	dialed chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.dialed <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialed:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// mostOfAnswer is what a careful client reads at most, in bytes.
const mostOfAnswer = 1 << 20

// ask makes one signed call and says what came: its status with ok or the code,
// or how the answer was no answer.
func (v *visitor) ask(action string, params map[string]string) (saw string, a answer) {
	v.t.Helper()
	v.calls++
	params["Action"] = action
	client := *v.client
	client.Timeout = v.patient
	r, err := client.Post(v.url+"/?"+sign("POST", params, "emulator", v.calls, time.Now()).Encode(), "", nil)
	if err != nil {
		return "no answer", a
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, mostOfAnswer))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("%d cut short", r.StatusCode), a
	case err != nil:
		v.t.Fatal(err)
	case len(body) == mostOfAnswer:
		return fmt.Sprintf("%d without end", r.StatusCode), a
	case r.Header.Get("Location") != "":
		return fmt.Sprintf("%d to %s", r.StatusCode, r.Header.Get("Location")), a
	case strings.HasPrefix(r.Header.Get("Content-Type"), "text/html"):
		return fmt.Sprintf("%d in HTML", r.StatusCode), a
	case json.Unmarshal(body, &a) != nil:
		return fmt.Sprintf("%d no JSON", r.StatusCode), a
	case a.Success:
		return fmt.Sprintf("%d ok", r.StatusCode), a
	}
	return fmt.Sprintf("%d %s", r.StatusCode, a.code()), a
}

// script runs lines of "command -> what is seen".
func (v *visitor) script(script string) {
	v.t.Helper()
	for line := range strings.Lines(strings.TrimSpace(script)) {
		command, want, _ := strings.Cut(strings.TrimSpace(line), " -> ")
		if got := v.command(strings.Fields(command)); got != strings.TrimSpace(want) {
			v.t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
}

// command runs one of these, and says what is seen:
//
//	create NAME [TOKEN]      make a task that restores to a database NAME
//	start N [TOKEN]          start the N-th task that was made, counted from 1
//	list [PAGE SIZE]         names, the newest first, and how many there are said to be
//	status N                 of the N-th task, for somebody who asks by its id
//	made                     what really happened
//	wait DURATION
//	patience DURATION        how long to wait for answers from here on
func (v *visitor) command(words []string) string {
	v.t.Helper()
	word := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	switch words[0] {
	case "create":
		objects := fmt.Sprintf(`[{"DBName":"orders","NewDBName":%q}]`, word(1))
		saw, _ := v.ask("CreateRestoreTask", orders("RestoreTaskName", word(1), "ClientToken", word(2), "RestoreObjects", objects,
			"RestoreTime", millis(time.Now().Add(-time.Hour).Truncate(24*time.Hour))))
		return saw
	case "start":
		saw, _ := v.ask("StartRestoreTask", map[string]string{"RestoreTaskId": v.made(word(1)), "ClientToken": word(2)})
		return saw
	case "list":
		params := map[string]string{"BackupPlanId": "dbs1demomysql01"}
		if len(words) > 1 {
			params["PageNum"], params["PageSize"] = word(1), word(2)
		}
		_, a := v.ask("DescribeRestoreTaskList", params)
		var names []string
		for _, task := range a.Items.RestoreTaskDetail {
			names = append(names, task["RestoreTaskName"].(string))
		}
		return fmt.Sprintf("%s of %d", cmp.Or(strings.Join(names, " "), "nothing"), a.TotalElements)
	case "status":
		saw, a := v.ask("DescribeRestoreTaskList", map[string]string{"RestoreTaskId": v.made(word(1))})
		if len(a.Items.RestoreTaskDetail) == 1 {
			return a.Items.RestoreTaskDetail[0]["RestoreStatus"].(string)
		}
		return saw + ", unknown"
	case "made":
		s := v.d.Summary()
		return fmt.Sprintf("%d created, %d started", s.Created, s.Started)
	case "wait", "patience":
		d, err := time.ParseDuration(word(1))
		if err != nil {
			v.t.Fatal(err)
		}
		if words[0] == "patience" {
			v.patient = d
			return ""
		}
		time.Sleep(d)
		return ""
	}
	v.t.Fatalf("there is no command %s", words[0])
	return ""
}

// made returns the id of the n-th task that was made.
func (v *visitor) made(n string) string {
	v.t.Helper()
	var i int
	if _, err := fmt.Sscan(n, &i); err != nil {
		v.t.Fatal(err)
	}
	return v.d.Summary().Tasks[i-1].ID
}
