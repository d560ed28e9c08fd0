package torture_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// The command leaves a record and a state directory behind, and nothing of what
// its processes knew.
func TestCollectReadsWhatARunLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &history{mode: modes[0], seed: 1, crashes: []int{30}, t: t}
		h.live()
		file := filepath.Join(t.TempDir(), "record.jsonl")
		if err := os.WriteFile(file, h.record.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := torture.Collect(file, h.hosts[0].dir)
		if err != nil {
			t.Fatal(err)
		}
		want := h.evidence()
		want.Items = torture.Items(h.plan, 1)
		want.Journals[0].Outcomes = nil // told to the caller only
		if diff := cmp.Diff([]any{want.Items, want.Journals}, []any{got.Items, got.Journals}); diff != "" {
			t.Errorf("items and journals (-kept +collected):\n%s", diff)
		}
		if violations := torture.Check(got); violations != nil || len(got.Calls) < len(want.Calls) {
			t.Errorf("got %v of %d calls, want nothing of %d", violations, len(got.Calls), len(want.Calls))
		}
	})
}

func TestARecordThatTheEmulatorWasKilledOverIsReadToItsLastWholeLine(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "record.jsonl")
	if err := os.WriteFile(file, []byte("{\"n\":1,\"operation\":\"DescribeRegions\"}\n{\"n\":2,\"oper"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := torture.Collect(file, filepath.Join(dir, "none"))
	if err != nil || len(e.Calls) != 1 || e.Calls[0].Operation != "DescribeRegions" || e.Journals != nil {
		t.Errorf("got %+v, %v, want one call and no journal", e, err)
	}
}
