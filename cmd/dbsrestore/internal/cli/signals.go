package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

var errInterrupted = errors.New("interrupted")

const stopping = `Stopping: no new restores will start. Those that run at the service go on there (it has no cancel).
Finishing the calls under way; the same command resumes. Ctrl-C again quits at once, and nothing is lost.
`

// draining is a run's answer to signals: the first closes drain, the second
// cancels ctx.
type draining struct {
	ctx   context.Context
	drain chan struct{}
	stop  func()

	mu  sync.Mutex
	sig os.Signal
}

func (d *draining) signal() os.Signal {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sig
}

func (d *draining) note(sig os.Signal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sig = sig
}

// drainOnSignal takes the signals that would end the process until stop is
// called. Elsewhere they end it: nothing has been sent then.
func (a *app) drainOnSignal(parent context.Context) *draining {
	ctx, cancel := context.WithCancelCause(parent)
	signals, ignore := a.env.Signals()
	done := make(chan struct{})
	d := &draining{ctx: ctx, drain: make(chan struct{}), stop: func() { ignore(); close(done); cancel(nil) }}
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case sig := <-signals:
				d.note(sig)
				if n > 0 {
					cancel(errInterrupted)
					return
				}
				close(d.drain)
				go fmt.Fprint(a.env.Stderr, stopping) // whoever reads it, or does not, holds up nothing
			}
		}
	}()
	return d
}
