package dbs_test

import (
	"net/http"
	"strings"
	"testing"

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
	for _, c := range []struct {
		name   string
		status int
		body   string
		class  restore.Class
		want   string
	}{
		{"a key that is not known", 404, `{"Code":"InvalidAccessKeyId.NotFound","Message":"x"}`, restore.Refused, "cannot learn which account this is"},
		{"a wrong secret", 400, `{"Code":"SignatureDoesNotMatch","Message":"string to sign: ` + keySecret + `"}`, restore.Refused, "check the access key secret"},
		{"no account", 200, `{"RequestId":"R1"}`, restore.Lost, "AccountId is missing"},
		{"an odd account", 200, `{"AccountId":"\u001b[31m","RequestId":"R1"}`, restore.Lost, "malformed"},
		{"a portal", 200, `<html>`, restore.Lost, "a proxy or portal answered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, always(c.status, c.body))
			o := options(s.URL)
			_, err := client(t, o).Account(t.Context(), hangzhou)
			f := failure(t, err)
			if f.Class != c.class {
				t.Errorf("got %+v, want class %v", *f, c.class)
			}
			wantText(t, f.Error(), c.want)
			if strings.Contains(f.Error(), keySecret) {
				t.Errorf("got %q, which quotes the secret", f)
			}
		})
	}
}
