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

	"github.com/dbsrestore/dbsrestore/plan"
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
				_, third := c.BackupPlans(t.Context(), []plan.Question{{Site: hangzhou, BackupPlanID: "dbs1"}})
				for _, err := range []error{first, second, third} {
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
