package restore_test

import (
	"fmt"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// An engine asks for the next action, does it, and hands back what happened.
// Here the service is a few lines, and the answer to the create is lost.
func ExampleState_Next() {
	state := restore.New(restore.Spec{
		Item:     &plan.Item{Key: "orders"},
		Attempts: 1,
		Identity: func(int) plan.Attempt {
			return plan.Attempt{ClientToken: "token", RestoreTaskName: "drill-orders-token"}
		},
	})
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	var tasks []restore.Task
	do := func(a restore.Action) restore.Event {
		switch a.Kind {
		case restore.Create:
			tasks = append(tasks, restore.Task{ID: "s1", Name: state.Identity().RestoreTaskName, Status: restore.StatusInit})
			return restore.Event{Kind: restore.CreateFailed, Failure: &restore.Failure{Class: restore.Lost}}
		case restore.Start:
			tasks[0].Status = restore.StatusSucceeded
			return restore.Event{Kind: restore.Started}
		case restore.Poll:
			return restore.Event{Kind: restore.Polled, Tasks: tasks}
		}
		return restore.Event{Kind: restore.Looked, Tasks: state.Ours(restore.NewListing(tasks))}
	}
	apply := func(e restore.Event) {
		e.At = now
		next, err := state.Apply(e)
		if err != nil {
			fmt.Println(err)
		}
		state = next
	}
	for a := state.Next(); a.Kind != restore.Stop; a = state.Next() {
		if a.Due.After(now) {
			now = a.Due
		}
		fmt.Printf("%-8s -> %s\n", state.Phase, a.Kind)
		if a.Effect() {
			apply(state.Intend(a, now)) // and make it durable, before the effect
		}
		apply(do(a))
	}
	fmt.Println(state.Phase, state.TaskID)

	// Output:
	// waiting  -> look
	// absent   -> create
	// creating -> look
	// ready    -> start
	// running  -> poll
	// succeeded s1
}
