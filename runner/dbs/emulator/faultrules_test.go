package emulator_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// disturbed returns a caller of an emulator with rules.
func disturbed(t testing.TB, seed uint64, rules ...world.Fault) *caller {
	t.Helper()
	w := world.Demo(time.Now())
	w.Faults = world.Faults{Seed: seed, Rules: rules}
	return &caller{t: t, to: open(t, emulator.Options{World: w})}
}

// strikes makes n calls and writes an x for each that a rule struck, the code of
// which it knows, and a dot for each other.
func (c *caller) strikes(n int, code, action string, params map[string]string) string {
	c.t.Helper()
	var b strings.Builder
	for range n {
		if c.call(action, params).code() == code {
			b.WriteByte('x')
		} else {
			b.WriteByte('.')
		}
	}
	return b.String()
}

// counts returns what the rules of an emulator saw and did, as "struck/seen".
func (c *caller) counts() string {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.to.(*emulator.DBS).Admin().ServeHTTP(w, httptest.NewRequest("GET", "/_emulator/faults", nil))
	var rules []struct{ Seen, Struck int }
	if err := yaml.Unmarshal(w.Body.Bytes(), &rules); err != nil {
		c.t.Fatal(err)
	}
	var words []string
	for _, r := range rules {
		words = append(words, fmt.Sprintf("%d/%d", r.Struck, r.Seen))
	}
	return strings.Join(words, " ")
}

func TestRulesCount(t *testing.T) {
	for _, tt := range []struct {
		name        string
		skip, count int
		want        string
	}{
		{"always", 0, 0, "xxxxxxxxxx"},
		{"after some calls", 3, 0, "...xxxxxxx"},
		{"some times", 0, 2, "xx........"},
		{"some times after some calls", 3, 2, "...xx....."},
	} {
		t.Run("a rule strikes "+tt.name, func(t *testing.T) {
			c := disturbed(t, 1, world.Fault{Kind: "throttle", Skip: tt.skip, Count: tt.count})
			if got := c.strikes(10, "Throttling.User", "DescribeRegions", nil); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got, want := c.counts(), fmt.Sprintf("%d/10", strings.Count(tt.want, "x")); got != want {
				t.Errorf("got counts %s, want %s", got, want)
			}
		})
	}
}

func TestRulesStrikeByChance(t *testing.T) {
	const n = 1000
	rule := world.Fault{Kind: "throttle", Operation: "DescribeRegions", Probability: 0.2}
	first := disturbed(t, 7, rule).strikes(n, "Throttling.User", "DescribeRegions", nil)
	if got := strings.Count(first, "x"); got < 160 || got > 240 {
		t.Errorf("got %d strikes of %d, want about 200", got, n)
	}
	// Neither in bursts nor in step: how many of the strikes follow another one.
	if got := strings.Count(strings.ReplaceAll(first, "xx", "xxx"), "xx"); got < 15 || got > 90 {
		t.Errorf("got %d strikes next to each other, want about 40", got)
	}
	t.Run("the same seed strikes the same calls", func(t *testing.T) {
		if again := disturbed(t, 7, rule).strikes(n, "Throttling.User", "DescribeRegions", nil); again != first {
			t.Errorf("got %.60s…, want %.60s…", again, first)
		}
	})
	t.Run("another seed strikes others", func(t *testing.T) {
		if again := disturbed(t, 8, rule).strikes(n, "Throttling.User", "DescribeRegions", nil); again == first {
			t.Errorf("got the same strikes %.60s…", again)
		}
	})
	t.Run("two rules of one seed strike apart", func(t *testing.T) {
		other := world.Fault{Kind: "fail", Operation: "DescribeNodeCidrList", Probability: 0.2}
		c := disturbed(t, 7, rule, other)
		if got := c.strikes(n, "InvalidParameter", "DescribeNodeCidrList", map[string]string{"Region": "cn-hangzhou"}); got == first {
			t.Errorf("got the same strikes %.60s…", got)
		}
	})
	t.Run("other rules and other operations change nothing", func(t *testing.T) {
		c := disturbed(t, 7, rule, world.Fault{Kind: "listTotal", Probability: 0.5}, world.Fault{Kind: "fail", Probability: 0.5, Count: 99})
		var got strings.Builder
		for i := range n {
			if i%3 == 0 {
				c.call("DescribeRestoreTaskList", map[string]string{"BackupPlanId": "dbs1demomysql01"})
			}
			got.WriteString(c.strikes(1, "Throttling.User", "DescribeRegions", nil))
		}
		if got.String() != first {
			t.Errorf("got %.60s…, want %.60s…", got.String(), first)
		}
	})
	t.Run("a certain rule strikes always, whatever the seed", func(t *testing.T) {
		sure := rule
		sure.Probability = 1
		if got := disturbed(t, 9, sure).strikes(50, "Throttling.User", "DescribeRegions", nil); strings.Contains(got, ".") {
			t.Errorf("got %s, want no dot", got)
		}
	})
}

func TestRulesAreAboutSomeCalls(t *testing.T) {
	for _, tt := range []struct {
		name, operation string
		where           map[string]string
		struck          bool
	}{
		{"every operation", "", nil, true},
		{"this operation", "CreateRestoreTask", nil, true},
		{"another operation", "StartRestoreTask", nil, false},
		{"operations by a star", "Create*", nil, true},
		{"operations by a question mark", "?reateRestoreTask", nil, true},
		{"other operations by a star", "Describe*", nil, false},
		{"this value", "", map[string]string{"BackupPlanId": "dbs1demomysql01"}, true},
		{"another value", "", map[string]string{"BackupPlanId": "dbs1demomysql02"}, false},
		{"values by a star", "", map[string]string{"BackupPlanId": "dbs1demo*01"}, true},
		{"values by a question mark", "", map[string]string{"BackupPlanId": "dbs1demomysql0?"}, true},
		{"a part of the value", "", map[string]string{"BackupPlanId": "demomysql"}, false},
		{"a star before a slash", "", map[string]string{"RestoreDir": "/data/*"}, true},
		{"two values", "", map[string]string{"BackupPlanId": "*", "RestoreTaskName": "orders"}, true},
		{"two values, one of them another", "", map[string]string{"BackupPlanId": "*", "RestoreTaskName": "x"}, false},
		{"a parameter that is not there", "", map[string]string{"BackupSetId": "?*"}, false},
		{"no parameter that is not there", "", map[string]string{"BackupSetId": ""}, true},
	} {
		t.Run("a rule about "+tt.name, func(t *testing.T) {
			c := disturbed(t, 1, world.Fault{Kind: "throttle", Operation: tt.operation, Where: tt.where})
			want, counts := "", "0/0"
			if tt.struck {
				want, counts = "Throttling.User", "1/1"
			}
			if got := c.call("CreateRestoreTask", orders("RestoreDir", "/data/mysql/8")); got.code() != want {
				t.Errorf("got %s, want code %q", got.Body, want)
			}
			if got := c.counts(); got != counts {
				t.Errorf("got counts %s, want %s: others are not seen", got, counts)
			}
		})
	}
}

func TestTheFirstRuleThatAnswersHasItsWay(t *testing.T) {
	c := disturbed(t, 1,
		world.Fault{Kind: "delay", For: time.Nanosecond},
		world.Fault{Kind: "throttle", Skip: 1, Count: 1},
		world.Fault{Kind: "fail", Count: 2},
		world.Fault{Kind: "refuse"},
	)
	for i, want := range []string{"InvalidParameter", "Throttling.User", "InvalidParameter", "ServiceUnavailable"} {
		if got := c.call("DescribeRegions", nil).code(); got != want {
			t.Errorf("got %s for call %d, want %s", got, i, want)
		}
	}
	if got, want := c.counts(), "4/4 1/4 2/4 1/4"; got != want {
		t.Errorf("got counts %s, want %s: only what struck is counted", got, want)
	}
}

func TestRulesMayNameEveryOperation(t *testing.T) {
	var served []string
	for _, o := range emulator.Operations() {
		served = append(served, o.Name)
	}
	if !slices.Equal(world.Operations, served) {
		t.Errorf("got %v, want %v", world.Operations, served)
	}
}

func TestAKindStrikesItsOwnOperationsOnly(t *testing.T) {
	c := disturbed(t, 1, world.Fault{Kind: "tokenProcessing"})
	if a := c.call("DescribeRegions", nil); !a.Success {
		t.Errorf("got %s, want success", a.Body)
	}
	if a := c.call("CreateRestoreTask", orders()); !a.Success {
		t.Errorf("got %s without a token, want success", a.Body)
	}
	if a := c.call("CreateRestoreTask", orders("ClientToken", "t")); a.code() != "LastTokenProcessing" {
		t.Errorf("got %s, want LastTokenProcessing", a.Body)
	}
	if got, want := c.counts(), "1/1"; got != want {
		t.Errorf("got counts %s, want %s", got, want)
	}
}

func TestCallsThatAreNotLetInMeetNoFault(t *testing.T) {
	w := world.Demo(time.Now())
	w.Accounts[0].AccessKeys = append(w.Accounts[0].AccessKeys,
		world.AccessKey{ID: "reader", Secret: "emulator", Permission: world.Permission{Allow: []string{"dbs:DescribeBackup*"}}})
	w.Faults.Rules = []world.Fault{{Kind: "fail"}}
	c := &caller{t: t, to: open(t, emulator.Options{World: w})}
	for name, tt := range map[string]struct {
		params map[string]string
		code   string
	}{
		"no key":             {map[string]string{"AccessKeyId": "-"}, "MissingAccessKeyId"},
		"an unknown key":     {map[string]string{"AccessKeyId": "nobody"}, "InvalidAccessKeyId.NotFound"},
		"a wrong signature":  {map[string]string{"Signature": "AAAA"}, "SignatureDoesNotMatch"},
		"an old time":        {map[string]string{"Timestamp": "2020-01-01T00:00:00Z"}, "InvalidTimeStamp.Expired"},
		"another version":    {map[string]string{"Version": "2021-01-01"}, "InvalidVersion"},
		"no right to call":   {map[string]string{"AccessKeyId": "reader"}, "Forbidden.RAM"},
		"an unknown action":  {map[string]string{"Action": "Frobnicate"}, "InvalidAction.NotFound"},
		"an unknown format":  {map[string]string{"Format": "CSV"}, "InvalidFormat"},
		"an unknown version": {map[string]string{"SignatureVersion": "9"}, "InvalidSignatureVersion"},
	} {
		t.Run("a call with "+name, func(t *testing.T) {
			c := &caller{t: t, to: c.to, calls: c.calls}
			if a := c.call("DescribeRegions", tt.params); a.code() != tt.code {
				t.Errorf("got %s, want %s", a.Body, tt.code)
			}
		})
		c.calls++
	}
	if got, want := c.counts(), "0/0"; got != want {
		t.Errorf("got counts %s, want %s", got, want)
	}
	if a := c.call("DescribeRegions", nil); a.code() != "InvalidParameter" {
		t.Errorf("got %s for a good call, want the fault", a.Body)
	}
}
