package view

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
)

// Log writes a run as lines, one for each change that a person cares about:
//
//	2026-11-20T18:00:05Z create   orders  task=s1k07 token=7qx2m4aa
//	2026-11-20T18:07:31Z done     orders  succeeded 7m26s 3/12
//
// It is safe for concurrent use.
type Log struct {
	mu       sync.Mutex
	w        io.Writer
	keyWidth int
	changes  changes
}

// maxKeyWidth bounds the column of the keys; a longer key pushes its line to
// the right.
const maxKeyWidth = 32

// NewLog returns a Log of a run of p.
func NewLog(w io.Writer, p *plan.Plan) *Log {
	l := &Log{w: w}
	for _, it := range p.Items {
		l.keyWidth = max(l.keyWidth, min(textWidth(Inert(string(it.Key))), maxKeyWidth))
	}
	return l
}

// Observe writes what there is to say of a change, often nothing.
func (l *Log) Observe(c runner.Change) {
	l.observe(c, func(t noteType) bool { return t != noteProgress })
}

// observe writes of a change what is told.
func (l *Log) observe(c runner.Change, told func(noteType) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.changes.notes(c) {
		if told(n.Type) {
			l.line(n.At, string(n.Type), l.pad(n.Key)+gap+n.text())
		}
	}
}

// Heartbeat writes how the run stands, so that a watcher sees it alive.
func (l *Log) Heartbeat(now time.Time, c runner.Counts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(now, "beat", fmt.Sprintf("%d/%d ended  %d active  %d waiting  %d succeeded  %d failed  %d timed out  %d unknown  %d skipped",
		ended(c), c.Total, c.Active, c.Waiting, c.Succeeded, c.Failed, c.TimedOut, c.Unknown, c.Skipped))
}

func (l *Log) line(at time.Time, word, text string) {
	_, _ = fmt.Fprintf(l.w, "%s %-8s %s\n", utc(at), word, text)
}

func (l *Log) pad(key string) string {
	return key + strings.Repeat(" ", max(0, l.keyWidth-textWidth(key)))
}

// text returns what follows the key: words, then key=value in a fixed order,
// then how many items have ended.
func (n note) text() string {
	f := fields{}
	switch n.Type {
	case noteCreate:
		f.value("task", n.TaskID)
		f.value("token", short(n.Token))
		f.attempt(n)
	case noteStart:
		f.value("task", n.TaskID)
	case noteAdopt:
		f.value("task", n.TaskID)
		f.value("status", n.Status)
	case notePhase:
		f.words(n.Stage, n.percent)
	case noteRetry:
		f.attempt(n)
	case noteLost:
		f.words("looking for it" + n.resend)
	case noteSurplus:
		f.words("left alone:")
		f.value("surplus", strings.Join(n.Surplus, ","))
		f.value("task", n.TaskID)
	case noteDone:
		f.words("succeeded", elapsed(n.elapsed))
	case noteFail, noteTimeout, noteUnknown:
		f.words(elapsed(n.elapsed))
		f.value("task", n.TaskID)
	}
	f.failure(n.Failure)
	if n.Phase.Ended() && n.Type == endTypes[n.Phase] {
		f.words(fmt.Sprintf("%d/%d", n.Ended, n.Total))
	}
	return strings.Join(f, " ")
}

func elapsed(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return Duration(d)
}

// fields are the parts of a line; empty ones are left out.
type fields []string

func (f *fields) words(words ...string) {
	for _, w := range words {
		if w != "" {
			*f = append(*f, w)
		}
	}
}

// value appends name=value, quoted if it must be.
func (f *fields) value(name, value string) {
	if value == "" {
		return
	}
	if strings.ContainsAny(value, ` "=`) {
		value = `"` + strings.ReplaceAll(value, `"`, `\"`) + `"`
	}
	*f = append(*f, name+"="+value)
}

func (f *fields) attempt(n note) {
	if n.attempts > 1 {
		f.value("attempt", fmt.Sprintf("%d/%d", n.Attempt, n.attempts))
	}
}

func (f *fields) failure(e *failure) {
	if e == nil {
		return
	}
	f.value("action", e.Action)
	f.value("code", e.Code)
	f.value("message", e.Message)
	f.value("requestId", e.RequestID)
}
