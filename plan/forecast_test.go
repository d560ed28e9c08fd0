package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

func TestForecast(t *testing.T) {
	const h = time.Hour
	item := func(key, destination, backupPlan string, needs ...plan.Key) plan.Item {
		return plan.Item{Key: plan.Key(key), Action: plan.Restore, Destination: destination, Needs: needs,
			Parameters: plan.Parameters{BackupPlanId: backupPlan}}
	}
	within := func(rto time.Duration, it plan.Item) plan.Item {
		it.Objective = &schema.Objective{RTO: schema.Duration(rto)}
		return it
	}
	as := func(a plan.Action, it plan.Item) plan.Item { it.Action = a; return it }
	limits := schema.Limits{InFlight: 3, PerDestination: 2, PerBackupPlan: 2, RequestsPerSecond: 5}
	tests := []struct {
		name   string
		limits schema.Limits
		items  []plan.Item
		past   map[plan.Key]time.Duration
		want   plan.Forecast
	}{
		{"nothing to do", limits, []plan.Item{as(plan.Done, item("a", "x", "p")), as(plan.Blocked, item("b", "x", "p"))}, nil, plan.Forecast{}},
		{"one restore, duration unknown", limits, []plan.Item{item("a", "x", "p")}, nil, plan.Forecast{Rounds: 1, Of: "a", Items: 1}},
		{"rounds at a destination", limits,
			[]plan.Item{item("a", "x", "p"), item("b", "x", "q"), item("c", "x", "r"), item("d", "y", "s"), as(plan.Done, item("e", "x", "t"))}, nil,
			plan.Forecast{Rounds: 2, Binds: "inFlight", Items: 4}},
		{"a destination binds more than the whole", limits,
			[]plan.Item{item("a", "x", "p"), item("b", "x", "q"), item("c", "x", "r"), item("d", "x", "s"), item("e", "x", "t")}, nil,
			plan.Forecast{Rounds: 3, Binds: "perDestination", Of: "x", Items: 5}},
		{"the longest alone", limits, []plan.Item{item("a", "x", "p"), item("b", "y", "q"), item("c", "z", "r")},
			map[plan.Key]time.Duration{"a": 4 * h, "b": h},
			plan.Forecast{AtLeast: 4 * h, Known: 2, Of: "a", Items: 1}},
		{"a backup plan binds", limits, []plan.Item{item("a", "x", "p"), item("b", "y", "p"), item("c", "z", "p")},
			map[plan.Key]time.Duration{"a": h, "b": h, "c": 2 * h, "gone": 9 * h}, // the median is not used: all are known
			plan.Forecast{AtLeast: 2 * h, Known: 3, Of: "c", Items: 1}},
		{"a backup plan binds, by the median", schema.Limits{InFlight: 9, PerDestination: 9, PerBackupPlan: 1, RequestsPerSecond: 5},
			[]plan.Item{item("a", "x", "p"), item("b", "y", "p"), item("c", "z", "p")},
			map[plan.Key]time.Duration{"a": h},
			plan.Forecast{AtLeast: 3 * h, Known: 1, Binds: "perBackupPlan", Of: "p", Items: 3}},
		{"needs bind, and objectives cannot be met", limits,
			[]plan.Item{within(h, item("a", "x", "p")), within(h, item("b", "y", "q", "a")), within(2*h, item("c", "z", "r", "a", "absent"))},
			map[plan.Key]time.Duration{"a": h, "b": h, "c": h},
			plan.Forecast{AtLeast: 2 * h, Known: 3, Binds: "needs", Of: "b", Items: 1, Late: []plan.Key{"b"}}},
		{"needs in a circle", limits, []plan.Item{item("a", "x", "p", "b"), item("b", "y", "q", "a")},
			map[plan.Key]time.Duration{"a": h, "b": h},
			plan.Forecast{AtLeast: 2 * h, Known: 2, Binds: "needs", Of: "a", Items: 1}},
		{"the request rate", schema.Limits{InFlight: 99, PerDestination: 99, PerBackupPlan: 99, RequestsPerSecond: 0.5},
			[]plan.Item{item("a", "x", "p"), item("b", "x", "p"), item("c", "x", "p")},
			map[plan.Key]time.Duration{"a": time.Second},
			plan.Forecast{AtLeast: 12 * time.Second, Known: 1, Binds: "requestsPerSecond", Items: 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := plan.Plan{Limits: test.limits, Items: test.items}
			if diff := cmp.Diff(test.want, p.Forecast(test.past)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
