package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Holder is what the holder of a lock wrote about itself. It is for people:
// whether a lock is held is the kernel's word alone.
type Holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Command string    `json:"command"` // up to the first flag
	Name    string    `json:"name"`    // what is locked
	Since   time.Time `json:"since"`
}

// HeldError says that another process, or another part of this one, holds the
// lock.
type HeldError struct {
	Holder Holder // zero when the holder has not written it yet
}

// Error names the holder.
func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return "locked by another run that is just starting"
	}
	h := e.Holder
	return fmt.Sprintf("%q is locked by process %d on host %q, running %q since %s",
		h.Name, h.PID, h.Host, h.Command, h.Since.Format(time.RFC3339))
}

// Guard is a lock that is held. The kernel frees it when the process ends,
// however it ends.
type Guard struct {
	file *flock.Flock
}

// Lock takes the lock on a name, which may be any text, within a state
// directory. It does not wait: the error is a *[HeldError] when the lock is
// held.
func Lock(dir, name string) (*Guard, error) {
	dir, err := prepareDir(dir)
	if err != nil {
		return nil, err
	}
	path := lockPath(dir, name)
	if err := checkFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	g := &Guard{flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW), flock.SetPermissions(0o600))}
	locked, err := g.file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %q in %s: %w", name, dir, err)
	}
	if !locked {
		return nil, &HeldError{readHolder(path)}
	}
	if err := errors.Join(writeHolder(path, name), g.Check()); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %q in %s: %w", name, dir, err), g.file.Unlock())
	}
	return g, nil
}

func lockPath(dir, name string) string {
	hash := sha256.Sum256([]byte(name))
	return filepath.Join(dir, "lock-"+hex.EncodeToString(hash[:8]))
}

// HolderOf tells who holds the lock on a name, without touching it: ok is false
// when nobody is known to. On another machine a process counts as alive, and on
// this one it may be another by the same number.
func HolderOf(dir, name string) (h Holder, ok bool) {
	h = readHolder(lockPath(dir, name))
	if h.PID == 0 {
		return Holder{}, false
	}
	if host, _ := os.Hostname(); h.Host == host && errors.Is(syscall.Kill(h.PID, 0), syscall.ESRCH) {
		return Holder{}, false
	}
	return h, true
}

// Check tells whether the lock still keeps others out. It does not once the
// lock file is removed, renamed or replaced: another process then locks a new
// one. Call it before each act that nobody else may do.
func (g *Guard) Check() error {
	if !g.file.Locked() {
		return fmt.Errorf("lock file %s: the lock was released", g.file.Path())
	}
	held, err := g.file.Stat()
	if err != nil {
		return fmt.Errorf("check the lock: %w", err)
	}
	named, err := os.Lstat(g.file.Path())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("check the lock: %w", err)
	}
	if err != nil || !os.SameFile(held, named) {
		return fmt.Errorf("lock file %s was removed or replaced: another run may have started", g.file.Path())
	}
	return nil
}

// Release frees the lock. The file stays: were it removed, two processes could
// lock two files under one name.
func (g *Guard) Release() error {
	var err error
	if g.Check() == nil { // else the file is another holder's
		err = os.Truncate(g.file.Path(), 0)
	}
	if err := errors.Join(err, g.file.Unlock()); err != nil {
		return fmt.Errorf("release the lock: %w", err)
	}
	return nil
}

func writeHolder(path, name string) error {
	host, _ := os.Hostname() // for people; "" will do
	var command []string
	for _, arg := range os.Args { // what follows the first flag may be private
		if strings.HasPrefix(arg, "-") {
			break
		}
		command = append(command, arg)
	}
	text, err := json.Marshal(Holder{os.Getpid(), host, strings.Join(command, " "), name, time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	return errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, append(text, '\n'), 0o600))
}

// readHolder returns what is readable of the holder, at worst nothing.
func readHolder(path string) (h Holder) {
	f, err := os.Open(path)
	if err != nil {
		return Holder{}
	}
	defer f.Close()
	if json.NewDecoder(io.LimitReader(f, 1<<16)).Decode(&h) != nil {
		return Holder{}
	}
	return h
}
