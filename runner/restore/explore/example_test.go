package explore_test

import (
	"fmt"
	"os"

	"github.com/dbsrestore/dbsrestore/runner/restore/explore"
)

// The service does not know client tokens, and the answer to the create is
// lost: the task is found by its name.
func ExampleReplay() {
	if _, err := explore.Replay(os.Stdout, "1/0.1.0.0.0.1/002"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// token ignored; processes: 1, a journal each; the list lags 0s
	// 00:00:00  p1 begins -> waiting
	// 00:00:00  p1 looks -> absent
	// 00:00:00  p1 intends to create -> creating
	// 00:00:00  p1 sends it; executed, its sender gets an error   [t01 created 00:00:00]
	// 00:00:00  p1 receives Lost -> creating
	// 00:00:01  p1 looks -> ready t01
	// 00:00:01  p1 intends to start -> starting t01
	// 00:00:01  p1 sends it; executed   [t01 created 00:00:00 started 00:00:01]
	// 00:00:01  p1 receives the reply -> running t01
	// 00:01:01  p1 polls -> running t01
	// 00:02:01  p1 polls -> succeeded t01
	// end: nothing amiss; tasks: t01 created 00:00:00 started 00:00:01
}
