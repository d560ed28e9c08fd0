package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

// What is read from a damaged journal is an exact prefix of what was appended,
// or an error: never a third thing.
func TestDamage(t *testing.T) {
	whole := writtenNotCheckpointed(t)
	tests := []struct {
		name   string
		file   string
		stride int // in bytes; a prime, so as not to follow the layout
		damage func(content []byte, at int) []byte
	}{
		{"a bit of the database flips", "journal.db", 509, flip},
		{"a bit of the log flips", "journal.db-wal", 8209, flip},
		{"the log is cut", "journal.db-wal", 8209, cut},
		{"the tail of the log is zeroed", "journal.db-wal", 8209, zero},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refused, shorter := 0, 0
			for at := 0; at < len(whole[test.file]); at += test.stride {
				got, err := readBack(t, whole, test.file, test.damage(whole[test.file], at))
				switch {
				case err != nil:
					refused++
				case len(got) < written:
					shorter++
					fallthrough
				default:
					if diff := cmp.Diff(numbered(0, len(got)), got); diff != "" {
						t.Fatalf("at byte %d (-want +got):\n%s", at, diff)
					}
				}
			}
			if refused+shorter == 0 {
				t.Error("no damage had an effect: the test is blind")
			}
			t.Logf("%d refused, %d shorter, of %d", refused, shorter, len(whole[test.file])/test.stride+1)
		})
	}
}

// SQLite takes these for a sound database: the checksums are what notices.
func TestChangedHistoryIsNoticed(t *testing.T) {
	for name, query := range map[string]string{
		"an entry is missing from the middle": "DELETE FROM entry WHERE id = 50",
		"the first entry is missing":          "DELETE FROM entry WHERE id = 1",
		"an entry was edited":                 "UPDATE entry SET body = CAST('{}' AS BLOB) WHERE id = 50",
		"a time was edited":                   "UPDATE entry SET at = '2026-11-20T03:00:00Z' WHERE id = 50",
		"text moved from item to kind":        "UPDATE entry SET item = '', kind = item || kind WHERE id = 50",
		"two entries changed places":          "UPDATE entry SET id = -id WHERE id IN (50, 51); UPDATE entry SET id = 101 + id WHERE id < 0",
		"an entry was repeated":               "INSERT INTO entry (run, at, item, kind, body, sum) SELECT run, at, item, kind, body, sum FROM entry WHERE id = 100",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir)
			if err := execute(filepath.Join(dir, "journal.db"), query); err != nil {
				t.Fatal(err)
			}
			if got, err := open(t, dir).Entries(t.Context(), 1); !errors.Is(err, journal.ErrDamaged) {
				t.Errorf("got %d entries, %v, want ErrDamaged", len(got), err)
			}
		})
	}
}

const written = 90

// writtenNotCheckpointed returns the files of a journal of which one half is
// in the database and the other still in the log.
func writtenNotCheckpointed(t *testing.T) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	for from := 0; from < written; from += written / 2 {
		j := open(t, dir)
		run := begin(t, j)
		for n := from; n < from+written/2; n += batch {
			if err := j.Append(t.Context(), run.ID, numbered(n, batch)); err != nil {
				t.Fatal(err)
			}
		}
		if from > 0 {
			break // the last is left open
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{}
	for _, name := range []string{"journal.db", "journal.db-wal"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(content) == 0 {
			t.Fatalf("%s: %d bytes, %v", name, len(content), err)
		}
		files[name] = content
	}
	return files
}

// readBack reads the entries of a journal with one file replaced.
func readBack(t *testing.T, files map[string][]byte, name string, content []byte) ([]journal.Entry, error) {
	t.Helper()
	dir := t.TempDir()
	for n, c := range files {
		if n == name {
			c = content
		}
		if err := os.WriteFile(filepath.Join(dir, n), c, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j, err := journal.Open(dir)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	run, ok, err := j.Find(t.Context(), "t", "m", "default")
	if err != nil {
		return nil, err
	}
	if !ok {
		t.Error("the run is gone without an error")
	}
	return j.Entries(t.Context(), run.ID)
}

func flip(content []byte, at int) []byte {
	content = append([]byte(nil), content...)
	content[at] ^= 1 << (at % 8)
	return content
}

func cut(content []byte, at int) []byte { return content[:at] }

func zero(content []byte, at int) []byte {
	content = append([]byte(nil), content...)
	clear(content[at:])
	return content
}
