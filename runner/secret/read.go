package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/schema"
)

// maxSize bounds a secret, in bytes.
const maxSize = 4 << 10

// Read reads the secret that ref names. getenv looks up an environment
// variable; it is os.Getenv but for tests. A secret is 1 to 4,096 bytes of
// UTF-8 without control characters; of a file, one line break at the end is
// left out. A file may be reached through links, as Kubernetes mounts secrets;
// it is a regular file that not everybody may write. Errors name the variable
// or the path and never quote what is in it.
func Read(ref schema.SecretRef, getenv func(string) string) (Value, error) {
	switch {
	case ref.Env != "" && ref.File != "":
		return Value{}, errors.New("read secret: both env and file are given: give one of them")
	case ref.Env != "":
		return readEnv(ref.Env, getenv)
	case ref.File != "":
		return readFile(ref.File)
	}
	return Value{}, errors.New("read secret: neither env nor file is given")
}

func readEnv(name string, getenv func(string) string) (Value, error) {
	text := getenv(name)
	if text == "" {
		return Value{}, fmt.Errorf("read secret: environment variable %s is not set or empty: export it before the run", name)
	}
	if err := check(text); err != nil {
		return Value{}, fmt.Errorf("read secret: environment variable %s %w", name, err)
	}
	return New(text), nil
}

func readFile(path string) (Value, error) {
	text, err := slurp(path)
	if err == nil {
		err = check(text)
	}
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = fmt.Errorf("cannot be read: %w", pe.Err)
		}
		return Value{}, fmt.Errorf("read secret: file %q %w", path, err)
	}
	return New(text), nil
}

// slurp reads a file without its final line break. It looks before it opens,
// as opening a device may act, and looks again at what it opened; O_NONBLOCK
// keeps a FIFO that came between from stopping the run.
func slurp(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if err := checkFile(info); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if info, err = f.Stat(); err != nil {
		return "", err
	}
	if err := checkFile(info); err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSize+int64(len("\r\n"))+1))
	if err != nil {
		return "", err
	}
	text := string(b)
	if cut, ok := strings.CutSuffix(text, "\n"); ok {
		text = strings.TrimSuffix(cut, "\r")
	}
	return text, nil
}

func checkFile(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("is not a regular file but %s: give the path of a file", kind(info.Mode()))
	}
	// Windows has no such bits: Go shows every writable file as 0666 there.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0 {
		return errors.New("may be written by everybody: chmod o-w it")
	}
	return nil
}

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "something else"
}

// check completes the sentence "variable X …".
func check(text string) error {
	switch {
	case text == "":
		return errors.New("is empty")
	case len(text) > maxSize:
		return fmt.Errorf("is longer than %d bytes: is it the right one?", maxSize)
	case !utf8.ValidString(text):
		return errors.New("is not UTF-8")
	case strings.ContainsAny(text, "\r\n"):
		return errors.New("has a line break inside: a secret is one line")
	case strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("has a control character inside")
	}
	return nil
}
