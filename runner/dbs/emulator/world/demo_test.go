package world_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestDemoIsTheSameAllDay(t *testing.T) {
	morning := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	evening := morning.Add(24*time.Hour - 1).In(time.FixedZone("elsewhere", -5*3600))
	if d := cmp.Diff(world.Demo(morning), world.Demo(evening)); d != "" {
		t.Errorf("got two worlds on one day in UTC, want one (-morning +evening):\n%s", d)
	}
	if cmp.Equal(world.Demo(evening), world.Demo(evening.Add(1))) {
		t.Error("got one world on two days in UTC, want its backups to follow the days")
	}
}

func TestDemoFileIsTheDemo(t *testing.T) {
	got, err := world.Read("demo.yaml", world.DemoFile(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(world.Demo(noon), got); d != "" {
		t.Errorf("world (-Demo +DemoFile):\n%s", d)
	}
	if err := got.Check(); err != nil {
		t.Errorf("got %v of Check, want nil", err)
	}
}

func TestDemoHasTheKeyThatOneKeyMakes(t *testing.T) {
	if d := cmp.Diff(world.OneKey("emulator", "emulator"), world.Demo(noon).Accounts); d != "" {
		t.Errorf("accounts (-OneKey +Demo):\n%s", d)
	}
}
