package cli

import (
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A run that has nothing under way ends at once when a signal comes. What is said of
// it can be read before anything else is written; but a reader that does not read
// holds nothing up.
func TestARunEndsBehindWhatIsSaidOfItsSignal(t *testing.T) {
	for name, tt := range map[string]struct{ reads, want time.Duration }{
		"read soon":   {100 * time.Millisecond, 100 * time.Millisecond},
		"not read":    {time.Hour, time.Second},
		"read before": {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal, 1)
				r, w := io.Pipe()
				a := &app{env: Env{Stderr: w, Signals: func() (<-chan os.Signal, func()) { return signals, func() {} }}}
				var text strings.Builder
				go func() {
					time.Sleep(tt.reads)
					_, _ = io.Copy(&text, r)
				}()
				d := a.drainOnSignal(t.Context())
				signals <- os.Interrupt
				<-d.drain
				begun := time.Now()
				d.stop()
				if got := time.Since(begun); got != tt.want {
					t.Errorf("stopped after %v, want %v", got, tt.want)
				}
				signals <- os.Interrupt // ends what waits for the next one
				time.Sleep(2 * time.Hour)
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if synctest.Wait(); text.String() != stopping {
					t.Errorf("got %q", text.String())
				}
			})
		})
	}
}
