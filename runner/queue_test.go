package runner

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// obvious finds the next item by looking at all of them.
func obvious(items []*item, u *usage, of *backupPlan, spent map[plan.Site]bool) *item {
	var first, same *item
	for _, it := range items {
		if spent[it.Site] || u.full() || u.planFull(it.backupPlan) || u.destinationFull(it.destination) {
			continue
		}
		if first == nil || it.rank < first.rank {
			first = it
		}
		if it.backupPlan == of && (same == nil || it.rank < same.rank) {
			same = it
		}
	}
	if same != nil {
		return same
	}
	return first
}

func TestQueueGivesWhatASearchWouldFind(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		limits := schema.Limits{InFlight: random.IntN(20), PerDestination: random.IntN(4), PerBackupPlan: random.IntN(4)}
		u := newUsage(limits)
		q := newQueue(&u)
		var waiting, running []*item
		var last *item
		ranks, front := 0, 0
		enter := func(it *item, rank int) {
			it.rank = rank
			it.state.Phase = restore.Absent
			q.add(it)
			q.mature(time.Time{})
			waiting = append(waiting, it)
		}
		for step := range 400 {
			spent := map[plan.Site]bool{{Region: "r0"}: random.IntN(5) == 0}
			switch {
			case random.IntN(3) == 0 && len(running) > 0: // one ends, and perhaps comes back
				i := random.IntN(len(running))
				it := running[i]
				running = slices.Delete(running, i, i+1)
				q.occupy(it, -1)
				if random.IntN(4) == 0 {
					front--
					enter(it, front)
				}
			case random.IntN(3) == 0:
				it := &item{Item: &plan.Item{Destination: fmt.Sprint("d", random.IntN(5)), Site: plan.Site{Region: fmt.Sprint("r", random.IntN(2))},
					Parameters: plan.Parameters{BackupPlanId: fmt.Sprint("p", random.IntN(5))}}}
				u.place(it)
				enter(it, ranks)
				ranks++
			default:
				var of *backupPlan
				if last != nil && random.IntN(2) == 0 {
					of = last.backupPlan
				}
				want, got := obvious(waiting, &u, of, spent), q.next(of, spent)
				if got != want {
					t.Fatalf("seed %d, step %d: got %+v, want %+v", seed, step, got, want)
				}
				if got != nil {
					last = got
					q.take(got)
					q.occupy(got, 1)
					waiting = slices.DeleteFunc(waiting, func(it *item) bool { return it == got })
					running = append(running, got)
				}
			}
		}
	}
}

func TestQueueHoldsBackWhatIsNotDue(t *testing.T) {
	u := newUsage(schema.Limits{})
	q := newQueue(&u)
	now := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	if due := q.mature(now); !due.IsZero() {
		t.Errorf("an empty queue tells %v", due)
	}
	it := &item{Item: &plan.Item{Destination: "d"}, state: absentUntil(t, now.Add(time.Minute))}
	u.place(it)
	q.add(it)
	due := q.mature(now)
	if want := it.state.Next().Due; !due.Equal(want) || !due.After(now) {
		t.Errorf("got %v, want %v", due, want)
	}
	if got := q.next(nil, nil); got != nil {
		t.Error("an item begins before it is due")
	}
	if due := q.mature(due); !due.IsZero() || q.next(nil, nil) != it {
		t.Errorf("got %v and %v, want nothing later, and the item", due, q.next(nil, nil))
	}
}

// absentUntil returns the state of a restore whose create was put off.
func absentUntil(t *testing.T, at time.Time) restore.State {
	t.Helper()
	s := restore.New(restore.Spec{Item: &plan.Item{Key: "a"}, Attempts: 1})
	now := at.Add(-time.Minute)
	for _, event := range []restore.Event{
		{Kind: restore.Looked, At: now},
		{Kind: restore.Intended, At: now},
		{Kind: restore.CreateFailed, At: now, Failure: &restore.Failure{Class: restore.Throttled, Code: "Throttling"}},
	} {
		var err error
		if s, err = s.Apply(event); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// An item that leaves those that wait for a list, and comes back before somebody has
// looked, is told of the list once.
func TestAnItemWaitsForAListOnce(t *testing.T) {
	it := &item{Item: &plan.Item{Key: "a"}, state: restore.New(restore.Spec{Item: &plan.Item{Key: "a"}, Attempts: 1}), backupPlan: &backupPlan{}}
	e := &engine{}
	for range 2 {
		e.await(it)
	}
	if n := len(it.backupPlan.unseen); n != 1 {
		t.Errorf("it waits %d times", n)
	}
	if n := len(e.looking); n != 1 {
		t.Errorf("its backup plan is looked at %d times", n)
	}
}
