package dbs_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// unconfigured takes every source of credentials away, and puts config, if
// any, where the vendor's CLI has its configuration.
func unconfigured(t *testing.T, config string) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "PROFILE", "CLI_PROFILE_DISABLED"} {
		t.Setenv("ALIBABA_CLOUD_"+name, "")
	}
	if config != "" {
		configure(t, config)
	}
}

// configure writes the configuration of the vendor's CLI.
func configure(t *testing.T, config string) {
	t.Helper()
	dir := filepath.Join(os.Getenv("HOME"), ".aliyun")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

const profiles = `{"current":"one","profiles":[
	{"name":"one","mode":"AK","access_key_id":"LTAIone","access_key_secret":"s"},
	{"name":"two","mode":"StsToken","access_key_id":"STS.two","access_key_secret":"s","sts_token":"t"},
	{"name":"three","mode":"Canary"}]}`

// caller answers as the Security Token Service does. An account has several keys.
func caller(w http.ResponseWriter, r *http.Request) {
	account := map[string]string{"LTAIone": "1001", "STS.two": "1002"}[r.URL.Query().Get("AccessKeyId")]
	_, _ = fmt.Fprintf(w, `{"IdentityType":"Account","AccountId":%q,"RequestId":"R1"}`, cmp.Or(account, "1000"))
}

func TestTheAccountIsThatOfTheProfile(t *testing.T) {
	unconfigured(t, profiles)
	c := client(t, dbs.Options{Transport: answering(caller)})
	for profile, want := range map[string]string{"": "1001", "one": "1001", "two": "1002"} {
		if got, err := c.Account(t.Context(), plan.Site{Profile: profile, Region: "cn-hangzhou"}); got != want || err != nil {
			t.Errorf("profile %q: got %s, %v, want %s", profile, got, err, want)
		}
	}
	static := client(t, dbs.Options{Transport: answering(caller), AccessKeyID: "LTAIstatic", AccessKeySecret: "s"})
	if got, err := static.Account(t.Context(), plan.Site{Profile: "two", Region: "cn-hangzhou"}); got != "1000" || err != nil {
		t.Errorf("with given keys: got %s, %v, want 1000", got, err)
	}
}

func TestMissingCredentialsSayWhatWasLookedFor(t *testing.T) {
	for name, c := range map[string]struct {
		config, profile string
		env             map[string]string
		want            string
	}{
		"no file":         {"", "two", nil, "the file cannot be read"},
		"not JSON":        {`{"access_key_secret":"canary"`, "two", nil, "the file is not valid JSON"},
		"no profiles":     {`{"profiles":[]}`, "two", nil, "the file holds no profile"},
		"another profile": {profiles, "four", nil, `profile "four" of ~/.aliyun/config.json: there is no such profile`},
		"an odd mode":     {profiles, "three", nil, "its mode is not supported"},
		"disabled": {profiles, "one", map[string]string{"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"},
			"disabled by ALIBABA_CLOUD_CLI_PROFILE_DISABLED"},
		"an id without a secret": {profiles, "", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "canary"},
			"ALIBABA_CLOUD_ACCESS_KEY_ID is set but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"},
		"a secret without an id": {profiles, "", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "canary"},
			"ALIBABA_CLOUD_ACCESS_KEY_SECRET is set but ALIBABA_CLOUD_ACCESS_KEY_ID is not"},
		"a token alone": {profiles, "", map[string]string{"ALIBABA_CLOUD_SECURITY_TOKEN": "canary"},
			"ALIBABA_CLOUD_SECURITY_TOKEN is set but ALIBABA_CLOUD_ACCESS_KEY_ID is not"},
		"a line break": {profiles, "", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "canary\n"},
			"ALIBABA_CLOUD_ACCESS_KEY_SECRET has a space or a line break"},
	} {
		t.Run(name, func(t *testing.T) {
			unconfigured(t, c.config)
			for variable, value := range c.env {
				t.Setenv(variable, value)
			}
			k := client(t, dbs.Options{})
			for range 2 { // the second time the SDK would panic on a half-built profile
				_, err := k.Account(t.Context(), plan.Site{Profile: c.profile, Region: "cn-hangzhou"})
				f := failure(t, err)
				if f.Class != restore.Refused || !f.Fatal || f.Code != "Credentials" {
					t.Errorf("got %+v, want refused Credentials, fatal", *f)
				}
				wantText(t, f.Error(), c.want)
				if strings.Contains(f.Error(), "canary") {
					t.Errorf("got %q, which quotes a secret", f)
				}
			}
		})
	}
}

func TestAProfileThatFailedIsTriedAnew(t *testing.T) {
	unconfigured(t, "")
	s := serve(t, always(200, created))
	o := options(s.URL)
	o.AccessKeyID, o.AccessKeySecret = "", ""
	c := client(t, o)
	site := plan.Site{Profile: "one", Region: "cn-hangzhou"}
	_, err := c.CreateRestoreTask(t.Context(), site, attempt, orders, nil)
	if f := failure(t, err); f.Class != restore.Refused || !f.Fatal || f.Code != "Credentials" {
		t.Fatalf("got %+v, want refused, fatal", *f)
	}
	configure(t, profiles)
	if _, err := c.CreateRestoreTask(t.Context(), site, attempt, orders, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.seen()[0].query.Get("AccessKeyId"); got != "LTAIone" {
		t.Errorf("got access key id %q, want LTAIone", got)
	}
}

// The SDK's chain remembers its last link when all fail, and asks no other.
func TestAChainThatFailedIsTriedAnewFromItsFirstLink(t *testing.T) {
	unconfigured(t, "")
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	c := client(t, dbs.Options{Transport: answering(caller)})
	_, err := c.Account(t.Context(), hangzhou)
	f := failure(t, err)
	if f.Class != restore.Refused || !f.Fatal || f.Code != "Credentials" {
		t.Fatalf("got %+v, want refused, fatal", *f)
	}
	wantText(t, f.Message, "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or name a profile")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIlater")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s")
	if got, err := c.Account(t.Context(), hangzhou); got != "1000" || err != nil {
		t.Errorf("got %q, %v, want 1000", got, err)
	}
}

func TestAnExpiredTokenIsFetchedAnewOnce(t *testing.T) {
	expired := always(403, `{"Code":"InvalidSecurityToken.Expired","Message":"expired"}`)
	two := plan.Site{Profile: "two", Region: "cn-hangzhou"}

	t.Run("and the call may be sent again with the new one", func(t *testing.T) {
		unconfigured(t, profiles)
		s := serve(t, inTurn(expired, always(200, created)))
		o := options(s.URL)
		o.AccessKeyID, o.AccessKeySecret = "", ""
		c := client(t, o)
		_, err := c.CreateRestoreTask(t.Context(), two, attempt, orders, nil)
		if f := failure(t, err); f.Class != restore.Throttled || f.Fatal {
			t.Errorf("got %+v, want throttled", *f)
		}
		configure(t, strings.Replace(profiles, `"sts_token":"t"`, `"sts_token":"newer"`, 1))
		if _, err := c.CreateRestoreTask(t.Context(), two, attempt, orders, nil); err != nil {
			t.Fatal(err)
		}
		if got := s.seen()[1].query.Get("SecurityToken"); got != "newer" {
			t.Errorf("got token %q, want newer", got)
		}
	})
	t.Run("and a run that worked waits when there is no newer one", func(t *testing.T) {
		unconfigured(t, profiles)
		s := serve(t, inTurn(always(200, created), expired))
		o := options(s.URL)
		o.AccessKeyID, o.AccessKeySecret = "", ""
		c := client(t, o)
		for range 2 {
			_, _ = c.CreateRestoreTask(t.Context(), two, attempt, orders, nil)
		}
		_, err := c.CreateRestoreTask(t.Context(), two, attempt, orders, nil)
		if f := failure(t, err); f.Class != restore.Throttled || f.Fatal || !f.Wait || len(s.seen()) != 2 {
			t.Errorf("got %+v after %d requests, want throttled, to be waited for, after 2", *f, len(s.seen()))
		}
		if wait := c.Turn(two); wait < 20*time.Second || wait > 30*time.Second {
			t.Errorf("got a turn in %v, want one in half a minute", wait)
		}
		if wait := c.Turn(plan.Site{Profile: "one", Region: "cn-hangzhou"}); wait != 0 {
			t.Errorf("another account: got a turn in %v, want one now", wait)
		}
	})
	t.Run("and a run that never did stops when there is no newer one", func(t *testing.T) {
		unconfigured(t, profiles)
		s := serve(t, expired)
		o := options(s.URL)
		o.AccessKeyID, o.AccessKeySecret = "", ""
		c := client(t, o)
		_, _ = c.CreateRestoreTask(t.Context(), two, attempt, orders, nil)
		_, err := c.CreateRestoreTask(t.Context(), two, attempt, orders, nil)
		f := failure(t, err)
		if f.Class != restore.Refused || !f.Fatal || len(s.seen()) != 1 {
			t.Errorf("got %+v after %d requests, want refused, fatal after 1", *f, len(s.seen()))
		}
		wantText(t, f.Error(), "CreateRestoreTask: Credentials: the security token has expired")
	})
}
