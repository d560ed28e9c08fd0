package journal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func TestRunIsFoundByTargetManifestAndKey(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "state"))
	ctx := t.Context()
	want := journal.Run{Target: "https://dbs.example 1234", Manifest: "drill", Key: "2026-q4",
		PlanDigest: "sha256:0011", Started: t0}
	got, err := j.Begin(ctx, want, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	want.ID = got.ID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Begin (-want +got):\n%s", diff)
	}
	got, ok, err := j.Find(ctx, want.Target, want.Manifest, want.Key)
	if err != nil || !ok {
		t.Fatalf("Find: got %v, %v, want the run", ok, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Find (-want +got):\n%s", diff)
	}
	for _, other := range [][3]string{
		{"emulator", want.Manifest, want.Key},
		{want.Target, "other", want.Key},
		{want.Target, want.Manifest, "2027-q1"},
	} {
		if _, ok, err := j.Find(ctx, other[0], other[1], other[2]); ok || err != nil {
			t.Errorf("Find(%q): got %v, %v, want no run", other, ok, err)
		}
	}
}

func TestBeginOpensAnEndedRunAgain(t *testing.T) {
	j := open(t, t.TempDir())
	ctx := t.Context()
	first := begin(t, j)
	ended := t0.Add(time.Hour)
	if err := j.End(ctx, first.ID, ended, "failed"); err != nil {
		t.Fatal(err)
	}
	got, _, err := j.Find(ctx, "t", "m", "default")
	if err != nil || !got.Ended.Equal(ended) || got.Outcome != "failed" {
		t.Fatalf("after End: got %v %q (%v), want %v %q", got.Ended, got.Outcome, err, ended, "failed")
	}

	again := journal.Run{Target: "t", Manifest: "m", Key: "default", Started: t0.Add(2 * time.Hour),
		PlanDigest: "sha256:0022"}
	got, err = j.Begin(ctx, again, []byte("new"))
	if err != nil {
		t.Fatal(err)
	}
	want := again
	want.ID, want.Started = first.ID, t0 // when it was started first
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Begin again (-want +got):\n%s", diff)
	}
	stored, _, err := j.Find(ctx, "t", "m", "default")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if text, err := j.Plan(ctx, first.ID); err != nil || string(text) != "new" {
		t.Errorf("got the plan %s, %v, want the new one", text, err)
	}
}

func TestUnfinishedAndRunsAreNewestFirst(t *testing.T) {
	j := open(t, t.TempDir())
	ctx := t.Context()
	ids := map[string]int64{}
	for _, key := range []string{"monday", "tuesday", "wednesday"} {
		run, err := j.Begin(ctx, journal.Run{Target: "t", Manifest: "m", Key: key, Started: t0}, []byte("plan"))
		if err != nil {
			t.Fatal(err)
		}
		ids[key] = run.ID
	}
	if _, err := j.Begin(ctx, journal.Run{Target: "t", Manifest: "another", Key: "monday", Started: t0}, nil); err != nil {
		t.Fatal(err)
	}
	if err := j.End(ctx, ids["tuesday"], t0, "succeeded"); err != nil {
		t.Fatal(err)
	}

	keys := func(runs []journal.Run, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, r := range runs {
			keys = append(keys, r.Manifest+" "+r.Key)
		}
		return strings.Join(keys, ", ")
	}
	if got, want := keys(j.Unfinished(ctx, "t", "m")), "m wednesday, m monday"; got != want {
		t.Errorf("Unfinished: got %s, want %s", got, want)
	}
	if got, want := keys(j.Runs(ctx)), "another monday, m wednesday, m tuesday, m monday"; got != want {
		t.Errorf("Runs: got %s, want %s", got, want)
	}
}

// The text of a plan is long and says much the same again and again.
func TestPlansTakeLittleRoom(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	text := bytes.Repeat([]byte(`{"key": "orders", "action": "restore"}`+"\n"), 10_000)
	run, err := j.Begin(t.Context(), journal.Run{Target: "t", Manifest: "m", Key: "k", Started: t0}, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Stat(filepath.Join(dir, "journal.db"))
	if err != nil || file.Size() > int64(len(text)/5) {
		t.Errorf("%v: a plan of %d bytes makes a journal of %d", err, len(text), file.Size())
	}
	if got, err := open(t, dir).Plan(t.Context(), run.ID); err != nil || !bytes.Equal(got, text) {
		t.Errorf("got %d bytes, %v, want those that were stored", len(got), err)
	}
}

// A journal that was written in format 1 is read as it is, and brought to the present
// format by the next that writes.
func TestTheFormatBeforePlansWereCompressedIsRead(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir)
	db := filepath.Join(dir, "journal.db")
	if err := execute(db, "UPDATE run SET plan = CAST('{}' AS BLOB); PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	reader, err := journal.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if got, err := reader.Plan(t.Context(), 1); err != nil || string(got) != "{}" {
		t.Errorf("got the plan %s, %v, want it as it was stored", got, err)
	}
	if entries, err := open(t, dir).Entries(t.Context(), 1); err != nil || len(entries) == 0 {
		t.Errorf("got %d entries, %v", len(entries), err)
	}
	if err := execute(db, "SELECT CASE user_version WHEN 2 THEN 1 ELSE json('not in format 2') END FROM pragma_user_version"); err != nil {
		t.Error(err)
	}
}

func TestPlansAreReadAsTheyWereStored(t *testing.T) {
	for stored, want := range map[string]struct {
		text string
		err  error
	}{
		`CAST('{"old": 1}' AS BLOB)`: {`{"old": 1}`, nil}, // from before plans were compressed
		"x''":                        {"", nil},
		"x'1f8b08'":                  {"", journal.ErrDamaged},
	} {
		dir := t.TempDir()
		fill(t, dir)
		if err := execute(filepath.Join(dir, "journal.db"), "UPDATE run SET plan = "+stored); err != nil {
			t.Fatal(err)
		}
		got, err := open(t, dir).Plan(t.Context(), 1)
		if !errors.Is(err, want.err) || string(got) != want.text {
			t.Errorf("%s: got %q, %v, want %q, %v", stored, got, err, want.text, want.err)
		}
	}
}

func TestEntriesComeBackAsAppended(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	ctx := t.Context()
	run := begin(t, j)
	other, err := j.Begin(ctx, journal.Run{Key: "other", Started: t0}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []journal.Entry{
		{At: t0, Item: "orders", Kind: "create", Body: []byte("{}")},
		{At: t0.Add(-time.Hour), Item: "tenants[Ä\x1b\n'--]", Kind: "", Body: []byte{0, 0xff}}, // time may go backward
		{}, // nothing is required
		{At: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), Item: "orders", Kind: "done", Body: bytes.Repeat([]byte("x"), 10_000)},
	}
	for _, e := range want { // the runs take turns
		if err := j.Append(ctx, other.ID, numbered(0, 2)); err != nil {
			t.Fatal(err)
		}
		if err := j.Append(ctx, run.ID, []journal.Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, dir).Entries(ctx, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTimesComeBackInUTC(t *testing.T) {
	j := open(t, t.TempDir())
	run := begin(t, j)
	at := time.Date(2026, 11, 20, 3, 0, 0, 1, time.FixedZone("", 8*3600))
	if err := j.Append(t.Context(), run.ID, []journal.Entry{{At: at}}); err != nil {
		t.Fatal(err)
	}
	got, err := j.Entries(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if want := at.UTC(); got[0].At != want {
		t.Errorf("got %v, want %v", got[0].At, want)
	}
}

func TestAppendKeepsAllEntriesOrNone(t *testing.T) {
	j := open(t, t.TempDir())
	ctx := t.Context()
	run := begin(t, j)
	if err := j.Append(ctx, run.ID, nil); err != nil {
		t.Errorf("no entries: %v", err)
	}
	full := []journal.Entry{{At: t0, Body: make([]byte, journal.MaxBody)}}
	if err := j.Append(ctx, run.ID, full); err != nil {
		t.Errorf("as long as can be: %v", err)
	}
	tooLong := append(numbered(0, 2), journal.Entry{Item: "orders", Kind: "create", Body: make([]byte, journal.MaxBody+1)})
	if err := j.Append(ctx, run.ID, tooLong); err == nil || !strings.Contains(err.Error(), "1048577 bytes, the most is 1048576") {
		t.Errorf("too long: got %v, want the length and the limit", err)
	}
	if err := j.Append(ctx, run.ID+1, numbered(0, 1)); err == nil {
		t.Error("Append to a run that does not exist: got nil, want an error")
	}
	if err := j.End(ctx, run.ID+1, t0, "done"); err == nil {
		t.Error("End of a run that does not exist: got nil, want an error")
	}
	got, err := j.Entries(ctx, run.ID)
	if err != nil || len(got) != len(full) {
		t.Errorf("got %d entries, %v, want only those that fitted", len(got), err)
	}
}

func TestReaderSeesAPrefixWhileRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	writer := open(t, dir)
	run := begin(t, writer)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for n := 0; n < 300; n += batch {
			if err := writer.Append(t.Context(), run.ID, numbered(n, batch)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	seen := 0
	for seen < 300 && !t.Failed() {
		reader, err := journal.OpenReadOnly(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := reader.Entries(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < seen || len(got)%batch != 0 {
			t.Fatalf("got %d entries after %d, want whole batches and never fewer", len(got), seen)
		}
		seen = len(got)
		if diff := cmp.Diff(numbered(0, seen), got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadOnlyJournal(t *testing.T) {
	t.Run("does not exist before the first run", func(t *testing.T) {
		for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
			if _, err := journal.OpenReadOnly(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v, want fs.ErrNotExist", err)
			}
		}
	})
	t.Run("cannot be written", func(t *testing.T) {
		dir := t.TempDir()
		run := begin(t, open(t, dir))
		reader, err := journal.OpenReadOnly(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		if err := reader.End(t.Context(), run.ID, t0, "done"); err == nil {
			t.Error("End: got nil, want an error")
		}
	})
}
