package runner

import (
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

func TestSinceWhenCallsFail(t *testing.T) {
	start := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	here, there := plan.Site{Region: "cn-hangzhou"}, plan.Site{Region: "cn-beijing"}
	lost, refused := &restore.Failure{Class: restore.Lost}, &restore.Failure{Class: restore.Refused}
	ts := troubles{}
	for _, step := range []struct {
		name    string
		at      time.Duration
		site    plan.Site
		kind    restore.ActionKind
		failure *restore.Failure
		want    time.Duration // since when, negative for not
	}{
		{"the first", 0, here, restore.Create, lost, 0},
		{"of another restore", 9 * time.Minute, here, restore.Create, lost, 0},
		{"at another site", 9 * time.Minute, there, restore.Create, lost, 9 * time.Minute},
		{"of another kind", 9 * time.Minute, here, restore.Poll, lost, 9 * time.Minute},
		{"of another kind, well", 9 * time.Minute, here, restore.Poll, nil, -1},
		{"again", 18 * time.Minute, here, restore.Create, lost, 0},
		{"after a lull", 29 * time.Minute, here, restore.Create, lost, 29 * time.Minute},
		{"credentials expired", 30 * time.Minute, here, restore.Create, &restore.Failure{Class: restore.Refused, Wait: true}, 29 * time.Minute},
		{"credentials are wrong", 31 * time.Minute, here, restore.Create, &restore.Failure{Class: restore.Refused, Fatal: true}, 29 * time.Minute},
		{"refused", 32 * time.Minute, here, restore.Create, refused, -1},
		{"after what was refused", 33 * time.Minute, here, restore.Create, lost, 33 * time.Minute},
		{"well", 34 * time.Minute, here, restore.Create, nil, -1},
		{"after what went well", 35 * time.Minute, here, restore.Create, lost, 35 * time.Minute},
	} {
		r := result{call: call{kind: step.kind, items: []*item{{Item: &plan.Item{Site: step.site}}}},
			events: []itemEvent{{event: restore.Event{Failure: step.failure}}, {event: restore.Event{Failure: step.failure}}}}
		ts.note(r, start.Add(step.at), 10*time.Minute)
		for _, e := range r.events {
			got := e.event.Since.Sub(start)
			if e.event.Since.IsZero() {
				got = -1
			}
			if got != step.want {
				t.Errorf("%s: got since %v, want %v", step.name, got, step.want)
			}
		}
	}
}

// Two polls of a task are up to twelve intervals apart.
func TestALullIsLongerThanAPauseBetweenPolls(t *testing.T) {
	for interval, want := range map[time.Duration]time.Duration{time.Second: 10 * time.Minute, 10 * time.Minute: 130 * time.Minute} {
		if got := lullOf(interval); got != want {
			t.Errorf("interval %v: got %v, want %v", interval, got, want)
		}
	}
}
