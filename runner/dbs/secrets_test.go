package dbs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/schema"
)

const securityToken = "canary-STS/Token+=="

// parrot answers with everything that it received, in each way in which a
// service, a gateway or a proxy may quote it.
func parrot(status int, body func(everything string) string) exchange {
	return answering(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(sent))
		signed := url.QueryEscape(strings.ReplaceAll(string(sent)+"&"+r.URL.RawQuery, "+", "%20"))
		everything := fmt.Sprint(r.URL, r.Header, string(sent), form, signed, url.QueryEscape(string(sent)),
			keySecret, securityToken, url.QueryEscape(securityToken))
		w.Header().Set("Location", "https://elsewhere.example/?"+string(sent))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body(everything))
	})
}

func TestNoFailureShowsASecret(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAItest")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", keySecret)
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", securityToken)
	quoting := func(code string) func(string) string {
		return func(everything string) string {
			b, _ := json.Marshal(map[string]any{"Success": false, "Code": code, "Message": everything, "ErrMessage": everything})
			return string(b)
		}
	}
	in := func(everything string) string {
		b, _ := json.Marshal(map[string]any{"Success": false, "ErrCode": everything, "ErrMessage": everything, "RequestId": everything})
		return string(b)
	}
	itself := func(everything string) string { return everything }
	networks := map[string]exchange{
		"a refusal":              parrot(400, quoting("Param.NotFound")),
		"a permission":           parrot(403, quoting("Forbidden.RAM")),
		"throttling":             parrot(400, quoting("Throttling.User")),
		"a wrong signature":      parrot(400, quoting("SignatureDoesNotMatch")),
		"an unfinished one":      parrot(400, quoting("IncompleteSignature")),
		"an expired token":       parrot(403, quoting("InvalidSecurityToken.Expired")),
		"an internal error":      parrot(500, quoting("InternalError")),
		"an unknown code":        parrot(200, quoting("Never.Heard.Of")),
		"every field":            parrot(200, in),
		"a page instead of JSON": parrot(502, itself),
		"a redirect":             parrot(307, itself),
		"broken JSON":            parrot(200, func(e string) string { return `{"Success":true,"` + e }),
		"a long repetition": parrot(400, func(e string) string {
			return quoting("Param.NotFound")(strings.Repeat("x", 1990) + password)
		}),
		"a broken exchange": func(r *http.Request) (*http.Response, error) {
			sent, _ := io.ReadAll(r.Body)
			return nil, errors.New(r.URL.String() + string(sent))
		},
	}
	for name, network := range networks {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options("http://127.0.0.1:1")
				o.AccessKeyID, o.AccessKeySecret = "", ""
				o.Transport = network
				c := client(t, o)
				_, first := create(t, c)
				_, second := c.RestoreTasks(t.Context(), hangzhou, "dbs1", time.Time{})
				_, third := c.BackupPlans(t.Context(), []plan.Question{{Site: hangzhou, BackupPlanID: "dbs1"}}, nil)
				_, fourth := c.Account(t.Context(), hangzhou)
				for _, err := range []error{first, second, third, fourth} {
					text := fmt.Sprintf("%v %+v %#v", err, err, err)
					for _, part := range []string{"canary", "p@ss", "p%40ss", "w+rd", "Signature=", "127.0.0.1:1/?"} {
						if strings.Contains(text, part) {
							t.Errorf("got %q in %.300s", part, text)
						}
					}
				}
			})
		})
	}
}

func TestAPasswordThatTheServiceTellsLaterIsMasked(t *testing.T) {
	const short = "run"
	quoted, err := json.Marshal(password)
	if err != nil {
		t.Fatal(err)
	}
	echo, err := json.Marshal("told " + password + " " + url.QueryEscape(password) + " " + string(quoted) + " on a " + short)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("Action") {
		case "CreateRestoreTask":
			_, _ = io.WriteString(w, created)
		case "DescribeRestoreTaskList":
			_, _ = io.WriteString(w, list(1, fmt.Sprintf(`{"RestoreTaskId":"s1","RestoreStatus":%s,"ErrMessage":%[1]s,
				"DestinationEndpointUserName":%[1]s}`, echo)))
		case "DescribePreCheckProgressList":
			_, _ = fmt.Fprintf(w, `{"Success":true,"Status":"failed","ErrMessage":%s,"Items":{"PreCheckProgressDetail":[
				{"Item":%[1]s,"State":"failed","ErrMsg":%[1]s}]}}`, echo)
		default:
			_, _ = fmt.Fprintf(w, `{"Success":false,"ErrCode":"Param.NotFound","ErrMessage":%s}`, echo)
		}
	})
	o := options(s.URL)
	o.Password = func(ref schema.SecretRef) (secret.Value, error) {
		return secret.New(map[string]string{"LONG": password, "PART": password[:8], "SHORT": short}[ref.Env]), nil
	}
	c := client(t, o)
	for _, name := range []string{"PART", "SHORT", "LONG", "LONG"} {
		if _, err := c.CreateRestoreTask(t.Context(), hangzhou, attempt, orders, &schema.SecretRef{Env: name}); err != nil {
			t.Fatal(err)
		}
	}
	tasks, err := c.RestoreTasksByID(t.Context(), hangzhou, []string{"s1"})
	if err != nil {
		t.Fatal(err)
	}
	precheck, err := c.Precheck(t.Context(), hangzhou, "s1")
	if err != nil {
		t.Fatal(err)
	}
	answers, err := c.BackupPlans(t.Context(), []plan.Question{{Site: hangzhou, BackupPlanID: "dbs1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = c.StartRestoreTask(t.Context(), hangzhou, "s1", attempt.ClientToken)
	const masked = `told REDACTED REDACTED "REDACTED" on a run`
	got := []string{tasks[0].Message, tasks[0].RawStatus, answers[0].Problem, failure(t, err).Message}
	got = append(got, precheck.Reasons...)
	want := []string{masked, masked, "DescribeBackupPlanList: Param.NotFound: " + masked, masked, masked + ": " + masked}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts differ (-want +got):\n%s", diff)
	}
	if !strings.Contains(tasks[0].Parameters.DestinationEndpointUserName, password) {
		t.Error("a parameter was masked, want what is compared as the service gave it")
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "canary p@ss") {
		t.Error("the client prints a password that it remembers")
	}
}
