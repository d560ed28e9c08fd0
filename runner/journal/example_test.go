package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	guard, err := journal.Lock(dir, "emulator quickstart")
	if err != nil {
		log.Fatal(err) // a *journal.HeldError names the holder
	}
	j, err := journal.Open(dir)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	now := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	run, err := j.Begin(ctx, journal.Run{Target: "emulator", Manifest: "quickstart", Key: "default", Started: now}, nil)
	if err != nil {
		log.Fatal(err)
	}
	err = j.Append(ctx, run.ID, []journal.Entry{{At: now, Item: "orders", Kind: "intended", Body: []byte(`{"act":"create"}`)}})
	if err != nil {
		log.Fatal(err)
	}
	// From here on the intent survives a crash, and the effect may follow.

	entries, err := j.Entries(ctx, run.ID)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.At.Format(time.RFC3339), e.Item, e.Kind, string(e.Body))
	}
	if err := errors.Join(j.Close(), guard.Release()); err != nil {
		log.Fatal(err)
	}
	// Output: 2026-11-20T03:00:00Z orders intended {"act":"create"}
}
