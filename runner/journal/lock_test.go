package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func TestLockIsOneProcessAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	holder := child(t, "hold the lock", dir)
	if out := start(t, holder); !out.Scan() {
		t.Fatal("the child does not hold the lock")
	}

	_, err := journal.Lock(dir, "drill")
	held, ok := errors.AsType[*journal.HeldError](err)
	if !ok {
		t.Fatalf("got %v, want a HeldError", err)
	}
	if got, want := held.Holder.PID, holder.Process.Pid; got != want {
		t.Errorf("holder: got pid %d, want %d", got, want)
	}
	for _, want := range []string{`"drill" is locked by process `, fmt.Sprint(holder.Process.Pid), " on host ", " since 20"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
	if other, err := journal.Lock(dir, "another manifest"); err != nil {
		t.Errorf("another name: %v", err)
	} else if err := other.Release(); err != nil {
		t.Error(err)
	}

	if err := holder.Process.Kill(); err != nil { // and it frees nothing itself
		t.Fatal(err)
	}
	_ = holder.Wait() // killed
	after, err := journal.Lock(dir, "drill")
	if err != nil {
		t.Fatalf("after the holder died: %v", err)
	}
	if err := after.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockWithinAProcess(t *testing.T) {
	dir := t.TempDir()
	first, err := journal.Lock(dir, "drill")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Lock(dir, "drill"); err == nil || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second lock: got %v, want this process as the holder", err)
	}
	if err := first.Check(); err != nil {
		t.Errorf("after a refused attempt: %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := first.Check(); err == nil {
		t.Error("Check after Release: got nil, want an error")
	}
	again, err := journal.Lock(dir, "drill")
	if err != nil {
		t.Fatalf("after Release: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

// Another process may have opened the file before the release, and lock it after.
func TestTheLockFileStaysWhenItIsReleased(t *testing.T) {
	dir := t.TempDir()
	guard, err := journal.Lock(dir, "drill")
	if err != nil {
		t.Fatal(err)
	}
	path := lockFile(t, dir)
	before, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := guard.Release(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("got %v, want the lock file as it was", err)
	}
}

func TestCheckNoticesThatTheLockFile(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"was removed":  os.Remove,
		"was renamed":  func(path string) error { return os.Rename(path, path+".old") },
		"was replaced": func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			guard, err := journal.Lock(dir, "drill")
			if err != nil {
				t.Fatal(err)
			}
			if err := guard.Check(); err != nil {
				t.Fatal(err)
			}
			if err := spoil(lockFile(t, dir)); err != nil {
				t.Fatal(err)
			}
			if err := guard.Check(); err == nil || !strings.Contains(err.Error(), "another run may have started") {
				t.Errorf("got %v, want what may have happened", err)
			}
			if err := guard.Release(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLockRefuses(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"a symbolic link": func(path string) error { return os.Symlink(path+".elsewhere", path) },
		"a directory":     func(path string) error { return os.Mkdir(path, 0o700) },
		"a foreign mode":  func(path string) error { return errors.Join(os.WriteFile(path, nil, 0), os.Chmod(path, 0o666)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			guard, err := journal.Lock(dir, "drill")
			if err != nil {
				t.Fatal(err)
			}
			path := lockFile(t, dir)
			if err := errors.Join(guard.Release(), os.Remove(path), spoil(path)); err != nil {
				t.Fatal(err)
			}
			if _, err := journal.Lock(dir, "drill"); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want a refusal that names the file", err)
			}
		})
	}
}

func TestHeldErrorIsInertText(t *testing.T) {
	err := &journal.HeldError{Holder: journal.Holder{PID: 7, Host: "\x1b[2J", Command: "a\nb", Name: "x\r"}}
	if got := err.Error(); strings.ContainsAny(got, "\x1b\r\n") {
		t.Errorf("got %q, want no control characters", got)
	}
}

func lockFile(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "lock-*"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("got lock files %q, %v, want one", paths, err)
	}
	return paths[0]
}
