package cli

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

var errInterrupted = errors.New("interrupted")

const stopping = `Stopping: no new restores will start. Those that run at the service go on there (it has no cancel).
Finishing the calls under way; the same command resumes. Ctrl-C again quits at once, and nothing is lost.
`

// draining is a run's answer to signals: the first closes drain, the second
// cancels ctx, the third ends the process.
type draining struct {
	ctx   context.Context
	drain chan struct{}
	stop  func()        // returns when what is said of a signal comes before all that follows, but soon
	said  chan struct{} // closed when it does

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
// called. Elsewhere they end it: nothing has been sent then. Once one has come,
// the next is taken even after stop: it would cut off the words that tell how
// to resume.
func (a *app) drainOnSignal(parent context.Context) *draining {
	ctx, cancel := context.WithCancelCause(parent)
	signals, ignore := a.env.Signals()
	done := make(chan struct{})
	d := &draining{ctx: ctx, drain: make(chan struct{}), said: make(chan struct{})}
	d.stop = func() {
		close(done)
		cancel(nil)
		if d.signal() == nil {
			return
		}
		select {
		case <-d.said:
		case <-time.After(time.Second):
		}
	}
	go func() {
		defer ignore()
		select {
		case <-done:
			return
		case sig := <-signals:
			d.note(sig)
			close(d.drain)
			go func() { // whoever reads it, or does not, holds up nothing
				defer close(d.said)
				a.say(stopping, true)
			}()
		}
		d.note(<-signals)
		cancel(errInterrupted)
	}()
	return d
}
