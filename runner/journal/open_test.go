package journal_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func TestFilesAreForTheOwnerAloneWhateverTheUmask(t *testing.T) {
	for _, name := range []string{"open under umask 0", "open under umask 0777"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state", "dbsrestore")
			if out, err := child(t, name, dir).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var names []string
			err := filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				fi, err := d.Info()
				want := fs.FileMode(0o600)
				if d.IsDir() {
					want = 0o700
				}
				if err == nil && fi.Mode().Perm() != want {
					t.Errorf("%s: got mode %#o, want %#o", path, fi.Mode().Perm(), want)
				}
				names = append(names, d.Name())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Join(names, " "), "state dbsrestore journal.db journal.db-shm journal.db-wal lock-"; !strings.HasPrefix(got, want) {
				t.Errorf("got files %s, want %s…", got, want)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name    string
		spoil   func(dir, db string) error
		want    error  // nil for any
		message string // part of it
	}{
		{"a text file", func(_, db string) error {
			return os.WriteFile(db, []byte(strings.Repeat("not a database\n", 99)), 0o600)
		},
			journal.ErrForeign, "move the files journal.db* elsewhere"},
		{"the database of another application", func(_, db string) error { return execute(db, "CREATE TABLE t (x)") },
			journal.ErrForeign, "application id is 0x0"},
		{"a newer format", func(_, db string) error { return execute(db, "PRAGMA user_version = 99") },
			journal.ErrNewer, "format 99, this one reads up to 2; use that version"},
		{"a file cut short", func(_, db string) error { return os.Truncate(db, 6000) },
			journal.ErrDamaged, "run again: restore tasks that exist are found"},
		{"a zeroed page", func(_, db string) error { return overwrite(db, 4096, make([]byte, 4096)) },
			journal.ErrDamaged, "move the files"},
		{"a table without its index", func(_, db string) error {
			return execute(db, "PRAGMA writable_schema = 1; DELETE FROM sqlite_schema WHERE type = 'index'")
		}, journal.ErrDamaged, "move the files"},
		{"a symbolic link to a journal", func(_, db string) error { return errors.Join(os.Rename(db, db+".real"), os.Symlink(db+".real", db)) },
			journal.ErrUnsafe, "it is a symbolic link"},
		{"a second name of a journal", func(_, db string) error { return os.Link(db, db+".other") },
			journal.ErrUnsafe, "more than one name"},
		{"a journal that others may read", func(_, db string) error { return os.Chmod(db, 0o644) },
			journal.ErrUnsafe, "chmod 600"},
		{"a pipe", func(_, db string) error { return errors.Join(os.Remove(db), syscall.Mkfifo(db, 0o600)) },
			nil, "not a regular file"},
		{"a directory for a journal", func(_, db string) error { return errors.Join(os.Remove(db), os.Mkdir(db, 0o700)) },
			nil, "not a regular file"},
		{"a directory that others may write to", func(dir, _ string) error { return os.Chmod(dir, 0o777) },
			journal.ErrUnsafe, "chmod 700"},
		{"a symbolic link to a directory", func(dir, _ string) error {
			return errors.Join(os.Rename(dir, dir+".real"), os.Symlink(dir+".real", dir))
		},
			journal.ErrUnsafe, "it is a symbolic link"},
		{"a file for a directory", func(dir, _ string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
			nil, "not a directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			fill(t, dir)
			db := filepath.Join(dir, "journal.db")
			if err := test.spoil(dir, db); err != nil {
				t.Fatal(err)
			}
			before := regular(db)
			_, err := journal.Open(dir)
			if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %v, want %v with %q", err, test.want, test.message)
			}
			if err != nil && !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want it to name the place", err)
			}
			if after := regular(db); after != before {
				t.Error("the refused file was changed")
			}
		})
	}
}

func TestOpenReadOnlyRefusesWhatOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir)
	if err := execute(filepath.Join(dir, "journal.db"), "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenReadOnly(dir); !errors.Is(err, journal.ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

func TestOpenTakesAnEmptyFileForANewJournal(t *testing.T) { // a crash after the file was created
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "journal.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenReadOnly(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReadOnly: got %v, want fs.ErrNotExist", err)
	}
	begin(t, open(t, dir))
}

func TestOpenWorksInADirectoryWithAnOddName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "100%41?mode=memory#ä b")
	fill(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "journal.db")); err != nil {
		t.Error(err)
	}
}

func TestOpenFindsOutThatItCannotWrite(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, string){
		"where there is no journal": func(*testing.T, string) {},
		"where there is a journal":  fill,
	} {
		t.Run(name, func(t *testing.T) {
			above := t.TempDir()
			dir := filepath.Join(above, "state")
			if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(filepath.Dir(above), 0o755)); err != nil {
				t.Fatal(err)
			}
			prepare(t, dir)
			if err := os.Chmod(dir, 0o500); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
			if os.Geteuid() == 0 {
				give(t, dir, nobody)
			}
			out, err := child(t, "open unprivileged", dir).CombinedOutput()
			if err == nil || !strings.Contains(string(out), "another state directory") {
				t.Errorf("got %v %s, want a refusal with the way out", err, out)
			}
		})
	}
}

func TestOpenRefusesWhatBelongsToAnotherUser(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir)
	if os.Geteuid() == 0 {
		give(t, dir, nobody)
	} else {
		dir = "/" // root's
	}
	if _, err := journal.Open(dir); !errors.Is(err, journal.ErrUnsafe) || !strings.Contains(err.Error(), "another user") {
		t.Errorf("got %v, want ErrUnsafe", err)
	}
}

// regular returns what a regular file holds, "" for anything else.
func regular(path string) string {
	if fi, err := os.Stat(path); err != nil || !fi.Mode().IsRegular() {
		return ""
	}
	content, _ := os.ReadFile(path)
	return string(content)
}

// fill puts a journal with one run of 100 entries into dir.
func fill(t *testing.T, dir string) {
	t.Helper()
	j := open(t, dir)
	if err := j.Append(t.Context(), begin(t, j).ID, numbered(0, 100)); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// execute runs SQL on a database file without this package.
func execute(path, query string) error {
	if strings.HasPrefix(query, "CREATE") { // not a journal at all
		if err := os.Truncate(path, 0); err != nil {
			return err
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(query)
	return errors.Join(err, db.Close())
}

func overwrite(path string, at int64, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, at)
	return errors.Join(err, f.Close())
}

// give makes dir and what is in it another user's.
func give(t *testing.T, dir string, uid int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, uid, -1))
	})
	if err != nil {
		t.Fatal(err)
	}
}
