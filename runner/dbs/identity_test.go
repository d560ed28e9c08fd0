package dbs_test

import (
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

func TestTheAccountIsAskedOfTheTokenServiceOfTheRegion(t *testing.T) {
	for _, c := range []struct {
		name, endpoint, region, host string
	}{
		{"without an endpoint", "", "cn-hangzhou", "sts.cn-hangzhou.aliyuncs.com"},
		{"of a region that shares one", "", "cn-hangzhou-finance", "sts.aliyuncs.com"},
		{"of an unknown region", "", "xx-nowhere", "sts.aliyuncs.com"},
		{"with an endpoint of DBS", "https://dbs-api.cn-hangzhou.aliyuncs.com", "cn-hangzhou", "sts.cn-hangzhou.aliyuncs.com"},
		{"on loopback", "http://127.0.0.1:8080", "cn-hangzhou", "127.0.0.1:8080"},
		{"on loopback with TLS", "https://localhost:8443", "cn-hangzhou", "localhost:8443"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var host, version string
			o := options(c.endpoint)
			o.Transport = answering(func(w http.ResponseWriter, r *http.Request) {
				host, version = r.Host, r.PostFormValue("Version")+r.URL.Query().Get("Version")
				caller(w, r)
			})
			id, err := client(t, o).Account(t.Context(), plan.Site{Region: c.region})
			if err != nil || id == "" {
				t.Fatal(id, err)
			}
			if host != c.host || version != "2015-04-01" {
				t.Errorf("asked %s, version %s, want %s, 2015-04-01", host, version, c.host)
			}
		})
	}
}

func TestAnAccountThatCannotBeLearntIsAnError(t *testing.T) {
	unconfigured(t, "")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.test")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", keySecret)
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", securityToken)
	secrets := keySecret + " " + securityToken
	for _, c := range []struct {
		name   string
		status int
		body   string
		class  restore.Class
		fatal  bool
		want   string
	}{
		{"a key that is not known", 404, `{"Code":"InvalidAccessKeyId.NotFound","Message":"x"}`, restore.Refused, true,
			"GetCallerIdentity: InvalidAccessKeyId.NotFound: x: check the access key id"},
		{"a wrong secret", 400, `{"Code":"SignatureDoesNotMatch","Message":"string to sign: ` + secrets + `"}`, restore.Refused, true,
			"check the access key secret"},
		{"a policy that denies it", 403, `{"Code":"Forbidden.RAM","Message":"` + secrets + `"}`, restore.Refused, true,
			"REDACTED REDACTED: grant sts:GetCallerIdentity in RAM"},
		{"no account", 200, `{"RequestId":"R1"}`, restore.Lost, false, "MalformedReply: the AccountId is missing or not a number (RequestId R1)"},
		{"an account that is no number", 200, `{"AccountId":"` + secrets + `"}`, restore.Lost, false, "missing or not a number"},
		{"an account that is no whole number", 200, `{"AccountId":1e15}`, restore.Lost, false, "missing or not a number"},
		{"an account and more", 200, `{"AccountId":"1000000000000001\n"}`, restore.Lost, false, "missing or not a number"},
		{"an account that is too long", 200, `{"AccountId":"100000000000000000000"}`, restore.Lost, false, "missing or not a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, always(c.status, c.body))
			o := options(s.URL)
			o.AccessKeyID, o.AccessKeySecret = "", ""
			id, err := client(t, o).Account(t.Context(), hangzhou)
			f := failure(t, err)
			if id != "" || f.Class != c.class || f.Fatal != c.fatal || len(s.seen()) != 1 {
				t.Errorf("got %q and %+v after %d requests, want class %v, fatal %v after 1", id, *f, len(s.seen()), c.class, c.fatal)
			}
			wantText(t, err.Error(), "cannot learn which account this is: STS GetCallerIdentity: ", c.want)
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("got %q, which quotes a secret", err)
			}
		})
	}
}

func TestATokenServiceThatIsOutOfReachSaysWhichWayToOpen(t *testing.T) {
	const way = ": let this machine reach https://sts.cn-hangzhou.aliyuncs.com, directly or through HTTPS_PROXY"
	nobody := exchange(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}
	})
	for _, c := range []struct {
		name, endpoint string
		network        exchange
		code, end      string
	}{
		{"when nobody is there", "", nobody, "Connect", way},
		{"when only the endpoint can be reached", "https://dbs.example", nobody, "Connect", way},
		{"when a portal answers", "", answering(always(200, "<html>")), "NotJSON", way},
		{"but not when it refuses", "", answering(always(404, `{"Code":"InvalidAccessKeyId.NotFound"}`)), "InvalidAccessKeyId.NotFound", "is active"},
		{"nor on loopback", "http://127.0.0.1:1", nobody, "Connect", "no route to host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(c.endpoint)
				o.Transport = c.network
				_, err := client(t, o).Account(t.Context(), hangzhou)
				if f := failure(t, err); f.Code != c.code || !strings.HasSuffix(err.Error(), c.end) {
					t.Errorf("got %q, want %s and %q at its end", err, c.code, c.end)
				}
			})
		})
	}
}

// A read is sent again, each time with a nonce and a signature of its own.
func TestTheAccountIsAskedAgainWhenAnAnswerIsLost(t *testing.T) {
	s := serve(t, inTurn(always(500, `{"Code":"InternalError"}`), caller))
	id, err := client(t, options(s.URL)).Account(t.Context(), hangzhou)
	if id != "1000" || err != nil {
		t.Fatalf("got %q, %v, want 1000", id, err)
	}
	first, second := s.seen()[0].query, s.seen()[1].query
	if first.Get("SignatureNonce") == second.Get("SignatureNonce") || first.Get("Signature") == second.Get("Signature") {
		t.Errorf("got the nonce or the signature twice: %v, %v", first, second)
	}
}
