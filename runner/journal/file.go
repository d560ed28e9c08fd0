package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const fileName = "journal.db"

// prepareFile returns the path of the journal in dir, after creating what is
// missing and checking what is there.
func prepareFile(dir string) (string, error) {
	path, err := findFile(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	dir, err = prepareDir(dir)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, fileName)
	// O_EXCL: an existing file is never opened here, because closing it would
	// drop the POSIX locks that SQLite may hold on it in this process.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return path, checkFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("create the journal: %w; use another state directory", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close(), syncDir(dir)); err != nil {
		return "", fmt.Errorf("create the journal: %w; use another state directory", err)
	}
	return path, nil
}

// findFile returns the path of the journal in dir, after checking both.
// fs.ErrNotExist when either is missing.
func findFile(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("state directory: %w", err)
	}
	if err := checkDir(dir); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fileName)
	return path, checkFile(path)
}

// prepareDir returns the absolute path of the state directory, after creating
// it, and the directories above it, as needed.
func prepareDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("state directory: %w", err)
	}
	if err := makeDir(dir); err != nil {
		return "", fmt.Errorf("create the state directory: %w; use another state directory", err)
	}
	return dir, checkDir(dir)
}

// makeDir is os.MkdirAll with mode 0700 whatever the umask, and each new
// directory synced into the one above it.
func makeDir(dir string) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(dir)
	if err := makeDir(above); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(os.Chmod(dir, 0o700), syncDir(above))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func checkDir(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		err = fmt.Errorf("%w: it is a symbolic link; name the directory itself", ErrUnsafe)
	case !fi.IsDir():
		err = errors.New("it is not a directory")
	case !ours(fi):
		err = fmt.Errorf("%w: it belongs to another user; use a directory of your own", ErrUnsafe)
	case fi.Mode().Perm()&0o022 != 0:
		err = fmt.Errorf("%w: others may write to it (mode %#o); use a directory of your own, or chmod 700", ErrUnsafe, fi.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("state directory %s: %w", dir, err)
	}
	return nil
}

// checkFile checks the journal or a lock file.
func checkFile(path string) error {
	fi, err := os.Lstat(path)
	if err != nil {
		return err
	}
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		err = fmt.Errorf("%w: it is a symbolic link; remove it", ErrUnsafe)
	case !fi.Mode().IsRegular():
		err = fmt.Errorf("it is not a regular file but %s; remove it", fi.Mode().Type())
	case !ours(fi):
		err = fmt.Errorf("%w: it belongs to another user", ErrUnsafe)
	case links(fi) != 1:
		err = fmt.Errorf("%w: it has more than one name; remove the others", ErrUnsafe)
	case fi.Mode().Perm()&0o077 != 0:
		err = fmt.Errorf("%w: others may use it (mode %#o); chmod 600", ErrUnsafe, fi.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ours tells whether a file belongs to the user of this process.
func ours(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}

// links returns the number of names of a file.
func links(fi fs.FileInfo) int {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return int(st.Nlink)
}
