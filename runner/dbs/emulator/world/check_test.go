package world_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// Worlds made in Go have met no schema.
func TestCheckOfWorldsMadeInGo(t *testing.T) {
	rule := func(f world.Fault) world.World {
		return world.World{Faults: world.Faults{Rules: []world.Fault{{Kind: "cut"}, f}}}
	}
	for _, c := range []struct {
		name  string
		world world.World
		want  string
	}{
		{"with a key and nothing else is fine", world.World{}, ""},
		{"without a key serves nobody", world.World{Accounts: []world.Account{{ID: "1"}}},
			"the world's accounts: there is no access key: nobody could ask for anything; write accounts: [{id: \"1\", accessKeys: [{id: …, secret: …}]}]"},
		{"with a key without an id", world.World{Accounts: world.OneKey("", "canary")},
			"the world's accounts.0.accessKeys.0.id: an access key has no id; give it one"},
		{"with one account twice", world.World{Accounts: append(world.OneKey("a", "canary"), world.OneKey("b", "canary")...)},
			"the world's accounts.1.id: there are two accounts \"1000000000000001\"; give one another id"},
		{"with a plan without an id", world.World{BackupPlans: []world.BackupPlan{{}}},
			"the world's backupPlans.0.id: the id \"\" is empty or not unique; give it another"},
		{"with a plan of nobody", world.World{BackupPlans: []world.BackupPlan{{ID: "p", Account: "9"}}},
			"the world's backupPlans.0.account: there is no account \"9\"; write the id of one, or leave it out for the first"},
		{"with a plan behind no gateway", world.World{BackupPlans: []world.BackupPlan{{ID: "p", Source: world.Source{GatewayID: 7}}}},
			"the world's backupPlans.0.source.gatewayId: there is no gateway 7; write the id of one of gateways"},
		{"with a plan behind a gateway is fine", world.World{Gateways: []world.Gateway{{ID: 7}}, BackupPlans: []world.BackupPlan{{ID: "p", Source: world.Source{GatewayID: 7}}}}, ""},
		{"with a range that is open is fine", world.World{BackupPlans: []world.BackupPlan{{ID: "p", Ranges: []world.Range{{From: noon}}}}}, ""},
		{"with a range of one moment is fine", world.World{BackupPlans: []world.BackupPlan{{ID: "p", Ranges: []world.Range{{From: noon, To: noon}}}}}, ""},
		{"with a backup that ends before it begins", world.World{BackupPlans: []world.BackupPlan{{ID: "p", BackupSets: []world.BackupSet{{ID: "s", From: noon}}}}},
			"the world's backupPlans.0.backupSets.0.to: the backup ends before it begins; write a later end"},
		{"with a status of no HTTP", world.World{Behaviour: world.Behaviour{FailureStatus: 99}},
			"the world's behaviour.failureStatus: 99 is not a status of HTTP; write one from 200 to 599"},
		{"with a fault of no kind", rule(world.Fault{Kind: "explode"}),
			"the world's faults.rules.1.fault: there is no fault \"explode\"; 'dbsrestore help emulator-faults' lists them"},
		{"with a fault that has arguments of others, told in order", rule(world.Fault{Kind: "cutBody", Word: "w", Status: 500, Message: "m", Location: "l", For: 1, Executed: true, Code: "c", By: 1}),
			"the world's faults.rules.1.by: the fault cutBody takes no by; leave it out"},
		{"with a fault of no probability", rule(world.Fault{Kind: "cut", Probability: math.NaN()}),
			"the world's faults.rules.1.probability: a probability is from 0 to 1; write one such as 0.1"},
		{"with a fault for less than no time", rule(world.Fault{Kind: "delay", For: -time.Second}),
			"the world's faults.rules.1: skip, count and for are not negative; write 0 or more"},
		{"with a fault of a status that HTTP cannot send", rule(world.Fault{Kind: "throttle", Status: 600}),
			"the world's faults.rules.1.status: 600 is not a status of HTTP that can be sent; write one from 200 to 599"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.world.Accounts == nil {
				c.world.Accounts = world.OneKey("k", "canary")
			}
			var got string
			if err := c.world.Check(); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCheckOfARule(t *testing.T) {
	if err := (world.Fault{Kind: "taskChanged", Word: "stop", Operation: "StartRestoreTask"}).Check(); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	err := world.Fault{Kind: "taskChanged", Word: "explode"}.Check()
	if want := "fault taskChanged: word is what somebody else does; write one of " + strings.Join(world.Changes, ", "); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestOperationsThatARuleStrikes(t *testing.T) {
	for _, c := range []struct {
		pattern, operation string
		want               bool
	}{
		{"", "CreateRestoreTask", true},
		{"CreateRestoreTask", "CreateRestoreTask", true},
		{"CreateRestoreTask", "CreateRestoreTasks", false},
		{"Describe*", "DescribeRestoreTaskList", true},
		{"Describe*", "CreateRestoreTask", false},
		{"StartRestoreTas?", "StartRestoreTask", true},
		{"[", "[", false},
	} {
		t.Run("of "+c.pattern+", "+c.operation, func(t *testing.T) {
			if got := (world.Fault{Kind: "cut", Operation: c.pattern}).Strikes(c.operation); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestClientTokens(t *testing.T) {
	for _, c := range []struct {
		form string
		want world.ClientTokens
		ages map[time.Duration]bool // whether a token that old is remembered
	}{
		{"honoured", world.ClientTokens{}, map[time.Duration]bool{0: true, 100 * 365 * 24 * time.Hour: true}},
		{"ignored", world.ClientTokens{Ignored: true}, map[time.Duration]bool{0: false, time.Hour: false}},
		{"10m", world.ClientTokens{Lifetime: 10 * time.Minute}, map[time.Duration]bool{0: true, 10*time.Minute - 1: true, 10 * time.Minute: false, time.Hour: false}},
	} {
		t.Run(c.form+" is read and kept to", func(t *testing.T) {
			w, err := world.Read("w.yaml", []byte(head+"behaviour: {clientTokens: "+c.form+"}"), noon)
			if err != nil {
				t.Fatal(err)
			}
			got := w.Behaviour.ClientTokens
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			for age, want := range c.ages {
				if got := got.Remember(noon, noon.Add(age)); got != want {
					t.Errorf("got %v for a token used %v ago, want %v", got, age, want)
				}
			}
		})
	}
	for _, form := range []string{"0s", "-10m", "forever", "1d", `""`} {
		t.Run(form+" is refused", func(t *testing.T) {
			_, err := world.Read("w.yaml", []byte(head+"behaviour: {clientTokens: "+form+"}"), noon)
			const want = "w.yaml:3:27: clientTokens is not of the right form; write it in a form such as honoured or ignored or 10m"
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}
