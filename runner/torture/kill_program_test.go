package torture_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := waitMoreThanCompute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(status)
}

// waitMoreThanCompute lets more tests run at a time than there are processors,
// unless the command line says how many: these wait for other processes.
func waitMoreThanCompute() error {
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if said {
		return nil
	}
	return flag.Set("test.parallel", "10")
}

// built is the directory of the command; "" while no test needed it.
var built string

// builtCommand returns the path of the command, which is built once.
var builtCommand = sync.OnceValues(func() (string, error) {
	// What a test opens decides whether its last result still counts.
	err := filepath.WalkDir("../../cmd/dbsrestore", func(_ string, _ os.DirEntry, err error) error { return err })
	if err != nil {
		return "", err
	}
	if built, err = os.MkdirTemp("", "dbsrestore-"); err != nil {
		return "", err
	}
	path := filepath.Join(built, "dbsrestore")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/dbsrestore").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the command: %w\n%s", err, out)
	}
	return path, os.Chmod(built, 0o755) // for tests that run it as another user
})

// program is the command at work. What it prints is in files of its name.
type program struct {
	name  string
	cmd   *exec.Cmd
	files [2]*os.File // stdout, stderr
	ended chan struct{}
}

// patience bounds every wait for a process.
const patience = 3 * time.Minute

// launch starts a command line, with only this environment. It ends with ctx
// at the latest.
func launch(ctx context.Context, path string, environment []string, line ...string) (*program, error) {
	p := &program{name: filepath.Base(path), cmd: exec.CommandContext(ctx, line[0], line[1:]...), ended: make(chan struct{})}
	p.cmd.Env = environment
	for i, ext := range []string{".out", ".err"} {
		f, err := os.OpenFile(path+ext, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
		if err != nil {
			return nil, err
		}
		p.files[i] = f
	}
	p.cmd.Stdout, p.cmd.Stderr = p.files[0], p.files[1]
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // its state tells
		p.files[0].Close()
		p.files[1].Close()
	}()
	return p, nil
}

// signal sends a signal. It is no error that the process has ended.
func (p *program) signal(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: send %s: %w", p.name, sig, err)
	}
	return nil
}

// wait returns the exit status of a process, or an error when it does not end.
func (p *program) wait() (int, error) {
	select {
	case <-p.ended:
		return p.status(), nil
	case <-time.After(patience):
		return 0, fmt.Errorf("%s: still running after %s", p.name, patience)
	}
}

// status returns the exit status of a process that has ended; of one that a
// signal ended, the signal with a minus.
func (p *program) status() int {
	if w := p.cmd.ProcessState.Sys().(syscall.WaitStatus); w.Signaled() {
		return -int(w.Signal())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) stdout() string { return contents(p.files[0].Name()) }
func (p *program) stderr() string { return contents(p.files[1].Name()) }

// contents returns what is in a file so far, or why that is not known.
func contents(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// prints waits until the process has printed a text.
func (p *program) prints(text string) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if strings.Contains(p.stdout()+p.stderr(), text) {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s: ended with status %d before it printed %q", p.name, p.status(), text)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s: has not printed %q after %s", p.name, text, patience)
}
