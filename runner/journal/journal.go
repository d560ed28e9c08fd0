// Package journal is what is known of runs, surviving a crash.
//
// A journal is one SQLite database, journal.db in the state directory, holding
// the history of all runs. A run is found by its target, manifest and run key;
// its entries are opaque to this package and come back in the order in which
// they were appended.
//
// Durability: the database is in WAL mode with synchronous=FULL, so a write
// that returned nil is on disk. After a crash the journal holds an exact prefix
// of what was appended, with everything that was acknowledged. SQLite drops a
// torn tail by itself. Each entry carries a checksum chained to the one before
// it in its run, so an entry that rotted, was edited or went missing from the
// middle gives [ErrDamaged], never a shorter or different history.
//
// Several processes may use one journal: writers wait for each other, and a
// reader ([OpenReadOnly]) neither waits nor makes anybody wait. That two
// processes do not carry out the same run is what [Lock] is for.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What Open, OpenReadOnly and the reading methods refuse. The errors that wrap
// these say what to do.
var (
	ErrNewer   = errors.New("written by a newer dbsrestore")
	ErrDamaged = errors.New("damaged")
	ErrForeign = errors.New("not a journal of dbsrestore")
	ErrUnsafe  = errors.New("not safe from other users")
)

// Journal is an open journal. It is safe for concurrent use.
type Journal struct {
	db     *sql.DB
	path   string
	last   *sql.Stmt // the checksum of a run's last entry
	insert *sql.Stmt // one entry
}

// Open opens the journal in dir for writing, creating the directory (0700) and
// the file (0600) as needed, whatever the umask. It proves that the journal is
// whole and that writes reach the disk, so that a run finds out before it has
// done anything.
//
// It refuses a directory or file that is a symbolic link, belongs to someone
// else or is open to others ([ErrUnsafe]), another application's file
// ([ErrForeign]), a newer format ([ErrNewer]) and damage ([ErrDamaged]).
func Open(dir string) (*Journal, error) {
	path, err := prepareFile(dir)
	if err != nil {
		return nil, err
	}
	return open(path, "rw", (*Journal).setUp)
}

// OpenReadOnly opens the journal in dir for reading, also while a run writes
// to it. The error is fs.ErrNotExist when there is none. It refuses what
// [Open] refuses.
func OpenReadOnly(dir string) (*Journal, error) {
	path, err := findFile(dir)
	if err != nil {
		return nil, err
	}
	j, err := open(path, "ro", (*Journal).checkReadable)
	if !needsWriter(err) {
		return j, err
	}
	// A process that died while it wrote left work that only a writer may do.
	w, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return open(path, "ro", (*Journal).checkReadable)
}

// needsWriter reports whether SQLite refused to read because it must first
// roll back or recover what a process that died left behind.
func needsWriter(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_READONLY
}

func open(path, mode string, check func(*Journal, context.Context) error) (*Journal, error) {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: url.Values{
		"mode":    {mode},
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)"},
	}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	// One connection: SQLite has one writer anyway, and waiting for it in Go
	// is fairer than SQLite's polling.
	db.SetMaxOpenConns(1)
	j := &Journal{db: db, path: path}
	if err := check(j, context.Background()); err != nil {
		return nil, errors.Join(j.wrap("open", err), db.Close())
	}
	return j, nil
}

// Close closes the journal. What was acknowledged is on disk already.
func (j *Journal) Close() error {
	return j.wrap("close", j.db.Close())
}

// wrap says which journal a step failed on, and the way out.
func (j *Journal) wrap(step string, err error) error {
	if err == nil {
		return nil
	}
	hint := ""
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // the rest is detail
		case sqlite3.SQLITE_NOTADB:
			err = fmt.Errorf("%w: %w", ErrForeign, err)
		case sqlite3.SQLITE_CORRUPT:
			err = fmt.Errorf("%w: %w", ErrDamaged, err)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL:
			hint = "; free space and mend permissions, or use another state directory"
		}
	}
	switch {
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrForeign):
		hint = "; move the files " + fileName + "* elsewhere and run again: restore tasks that exist are found at the service"
	case errors.Is(err, ErrNewer):
		hint = "; use that version, or another state directory"
	}
	return fmt.Errorf("%s journal %s: %w%s", step, j.path, err, hint)
}

// update runs fn in a transaction that is on disk when update returns nil.
func (j *Journal) update(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
