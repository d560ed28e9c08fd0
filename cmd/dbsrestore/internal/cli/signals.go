package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

var errInterrupted = errors.New("interrupted")

// interruptible returns a context that the first signal cancels, until stop is
// called.
func (a *app) interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	done := make(chan struct{})
	var once sync.Once
	go func() {
		select {
		case sig := <-a.env.Signals:
			cancel(fmt.Errorf("%w (%v)", errInterrupted, sig))
		case <-done:
		}
	}()
	return ctx, func() { once.Do(func() { close(done) }) }
}

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

func (a *app) drainOnSignal(parent context.Context) *draining {
	ctx, cancel := context.WithCancelCause(parent)
	done := make(chan struct{})
	d := &draining{ctx: ctx, drain: make(chan struct{}), stop: sync.OnceFunc(func() { close(done); cancel(nil) })}
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case sig := <-a.env.Signals:
				d.mu.Lock()
				d.sig = sig
				d.mu.Unlock()
				if n > 0 {
					cancel(errInterrupted)
					return
				}
				fmt.Fprintln(a.env.Stderr, "Stopping: no new restores will start. Those that run at the service go on there (it has no cancel).")
				fmt.Fprintln(a.env.Stderr, "Finishing the calls under way; the same command resumes. Ctrl-C again quits at once, and nothing is lost.")
				close(d.drain)
			}
		}
	}()
	return d
}
