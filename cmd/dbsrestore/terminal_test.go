package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// tall is how many lines the terminal of a test keeps, so that what a real one
// would have scrolled away can be read at the end.
const tall = 200

// terminal is a command on a terminal.
type terminal struct {
	t      *testing.T
	mu     sync.Mutex // of screen
	screen *vt.Emulator
	pty    *os.File
	cmd    *exec.Cmd
	raw    chan []byte // all that was written, once it has ended
	asked  chan []byte // what the terminal answered: nobody would read it
}

// onTerminal starts dbsrestore on a terminal of a size.
func onTerminal(t *testing.T, width, height int, environ []string, args ...string) *terminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return programOnTerminal(t, width, height, environ, &exec.Cmd{Path: self, Args: append([]string{"dbsrestore"}, args...)})
}

// programOnTerminal starts any program so.
func programOnTerminal(t *testing.T, width, height int, environ []string, cmd *exec.Cmd) *terminal {
	t.Helper()
	x := &terminal{t: t, screen: vt.NewEmulator(width, tall), raw: make(chan []byte, 1), asked: make(chan []byte, 1), cmd: cmd}
	x.cmd.Env = append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8"}, environ...)
	var err error
	x.pty, err = pty.StartWithSize(x.cmd, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.cmd.Process.Kill(); _ = x.pty.Close() })
	go func() {
		var all []byte
		buf := make([]byte, 1<<16)
		for {
			n, err := x.pty.Read(buf)
			all = append(all, buf[:n]...)
			x.mu.Lock()
			_, _ = x.screen.Write(buf[:n])
			x.mu.Unlock()
			if err != nil { // the command has ended
				x.raw <- all
				return
			}
		}
	}()
	go func() {
		answer := make([]byte, 64)
		if n, _ := x.screen.Read(answer); n > 0 {
			x.asked <- answer[:n]
		}
	}()
	return x
}

// text returns what stands on the terminal, line by line.
func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var lines []string
	for _, line := range strings.Split(x.screen.String(), "\n") {
		lines = append(lines, strings.TrimRight(line, " \r"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

func (x *terminal) resize(width, height int) {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.screen.Resize(width, tall)
	if err := pty.Setsize(x.pty, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		x.t.Fatal(err)
	}
}

// until waits for a text on the terminal.
func (x *terminal) until(pattern string) string {
	x.t.Helper()
	want := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		if text := x.text(); want.MatchString(text) {
			return text
		}
	}
	x.t.Fatalf("%s never appears:\n%s", pattern, x.text())
	return ""
}

// ends waits for the end, and returns the exit status, what stands on the
// terminal then, and every byte that was written.
func (x *terminal) ends(watch func(text string)) (status int, text, raw string) {
	x.t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		select {
		case all := <-x.raw:
			err := x.cmd.Wait()
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				status, err = exit.ExitCode(), nil
			}
			if err != nil {
				x.t.Fatal(err)
			}
			select {
			case answer := <-x.asked:
				x.t.Errorf("the terminal was asked, and answered %q to nobody", answer)
			default:
			}
			return status, x.text(), string(all)
		case <-time.After(100 * time.Millisecond):
			watch(x.text())
		case <-deadline:
			x.t.Fatalf("it does not end:\n%s", x.text())
		}
	}
}

func quickstart(t *testing.T, more ...string) []string {
	t.Helper()
	file, err := filepath.Abs("../../examples/quickstart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"apply", "--emulator", "--yes", "-f", file}, more...)
}

// frame is what is drawn again and again: from its head to the end.
var frame = regexp.MustCompile(`(?m)^quickstart  run first  (elapsed|stopping)(?s:.*)\z`)

func TestARunOnTerminalsOfThreeSizes(t *testing.T) {
	for _, size := range []struct{ width, height int }{{40, 12}, {80, 24}, {160, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(t *testing.T) {
			t.Parallel()
			x := onTerminal(t, size.width, size.height, nil, quickstart(t)...)
			frames := 0
			status, text, raw := x.ends(func(text string) {
				if drawn := frame.FindString(text); drawn != "" {
					frames++
					if lines := strings.Count(drawn, "\n"); lines >= size.height {
						t.Errorf("a frame of %d lines:\n%s", lines, drawn)
					}
				}
			})
			if status != 0 {
				t.Errorf("got status %d", status)
			}
			if frames < 5 {
				t.Errorf("only %d frames were seen", frames)
			}
			if n := strings.Count(text, " done     "); n != 12 {
				t.Errorf("%d items are told to be done above the frame, want each of 12 once", n)
			}
			if frame.MatchString(text) || strings.Contains(text, "in flight 0/6") {
				t.Error("the frame is left behind")
			}
			if want := "\n12 succeeded\n"; !strings.HasSuffix(text, want) {
				t.Errorf("the summary is not the end, want %q", want)
			}
			if !regexp.MustCompile(`12 succeeded(\x1b\[0m)?\r\n$`).MatchString(raw) || strings.LastIndex(raw, "\x1b[?25h") < strings.LastIndex(raw, "\x1b[?25l") {
				t.Errorf("the terminal is not left as it was, it ends with %q", raw[max(0, len(raw)-200):])
			}
			if t.Failed() {
				t.Log("\n" + text)
			}
		})
	}
}

func TestATerminalThatIsResized(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 100, 30, nil, quickstart(t)...)
	x.until(`in flight [1-6]/6`)
	x.resize(60, 14)
	status, text, _ := x.ends(func(string) {})
	if status != 0 || !strings.HasSuffix(text, "\n12 succeeded\n") {
		t.Errorf("got status %d and\n%s", status, text)
	}
}

func TestCtrlCOnATerminal(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 100, 30, nil, quickstart(t, "--in-flight", "2")...)
	x.until(`in flight [1-2]/2`)
	if _, err := io.WriteString(x.pty, "\x03"); err != nil {
		t.Fatal(err)
	}
	status, text, _ := x.ends(func(string) {})
	if status != 130 {
		t.Errorf("got status %d, want 130", status)
	}
	for _, want := range []string{"Stopping: no new restores will start.", "INTERRUPTED", "continues where it is with:", "dbsrestore apply --emulator"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not there:\n%s", want, text)
		}
	}
	if frame.MatchString(text) {
		t.Errorf("the frame is left behind:\n%s", text)
	}
}

func TestATerminalThatCannotDraw(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 100, 30, []string{"TERM=dumb"}, quickstart(t, "--time-scale", "4")...)
	status, text, raw := x.ends(func(string) {})
	if status != 0 || !strings.Contains(text, " create   orders ") || strings.Contains(raw, "\x1b") {
		t.Errorf("got status %d and\n%s", status, text)
	}
}

func TestATerminalThatShowsOnlyASCII(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 70, 20, []string{"LC_ALL=C", "NO_COLOR=1"}, quickstart(t)...)
	x.until(`[#-]+  [0-9]+/12  [1-6] in flight`)
	status, text, raw := x.ends(func(string) {})
	if status != 0 || strings.ContainsFunc(raw, func(r rune) bool { return r > 126 }) {
		t.Errorf("got status %d and\n%s", status, text)
	}
	if regexp.MustCompile(`\x1b\[[0-9;]*3[0-9]m`).MatchString(raw) {
		t.Error("NO_COLOR is set, and colours are written")
	}
}

// What a person types in bash, which has no package bash-completion here: --norc
// loads none.
func TestTabCompletesInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	state := t.TempDir()
	demo := exec.Command("dbsrestore", "apply", "--emulator", "--yes", "-q", "--state-dir", state, "-f", "../../examples/quickstart.yaml", "--run", "night-1")
	demo.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	x := programOnTerminal(t, 100, 30, []string{"PS1=$ ", "XDG_STATE_HOME=" + state}, exec.Command(bash, "--norc", "--noprofile", "-i"))
	write := func(keys string) {
		if _, err := x.pty.WriteString(keys); err != nil {
			t.Fatal(err)
		}
	}
	x.until(`(?m)^\$$`)
	write("source <(dbsrestore completion bash); echo rea''dy\n")
	x.until(`(?m)^ready$`)
	write("dbsrestore vali\t")
	x.until(`\$ dbsrestore validate`)
	write("\x15dbsrestore plan --sel\t")
	x.until(`\$ dbsrestore plan --selector`)
	write("\x15dbsrestore explain dest\t")
	x.until(`\$ dbsrestore explain destination`)
	write("\x15dbsrestore status --state-dir " + state + " nig\t")
	x.until(`night-1`)
	write("\x15exit\n")
}
