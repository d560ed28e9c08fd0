package runner

import (
	"testing"
	"time"
)

// While a machine is suspended one clock stands still and the other does not.
func TestListsAreOldByEitherClock(t *testing.T) {
	asked := time.Now()
	for name, tt := range map[string]struct {
		age, byWall time.Duration
		want        bool
	}{
		"at once":            {0, 0, true},
		"nearly too old":     {fresh - 1, fresh - 1, true},
		"too old":            {fresh, fresh, false},
		"after a suspension": {time.Second, 8 * time.Hour, false},
		"clock set back":     {time.Second, -time.Hour, false},
		"late by one clock":  {fresh, time.Second, false},
	} {
		if got := (Lists{{}: asked}).ifFresh(asked.Add(tt.age), asked.Add(tt.byWall)) != nil; got != tt.want {
			t.Errorf("%s: got taken over %t, want %t", name, got, tt.want)
		}
	}
	some := Lists{{BackupPlanID: "old"}: asked, {BackupPlanID: "new"}: asked.Add(fresh)}
	if now := asked.Add(fresh); some.ifFresh(now, now) != nil {
		t.Error("one list is too old, and the other is taken over")
	}
}
