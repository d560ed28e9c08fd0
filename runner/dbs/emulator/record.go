package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Entry is one line of the record: a request with what came of it, or something
// that was done without one. It holds no password, signature or token of
// temporary keys. Fields may be added, never renamed.
type Entry struct {
	Number      uint64            `json:"n"` // counts from 1; those of one emulator have no gap
	At          time.Time         `json:"at"`
	Operation   string            `json:"operation,omitempty"` // "" for what was done without a request
	Method      string            `json:"method,omitempty"`
	Account     string            `json:"account,omitempty"` // "" when the request was not let in
	AccessKeyID string            `json:"accessKeyId,omitempty"`
	RequestID   string            `json:"requestId,omitempty"`
	Parameters  map[string]string `json:"parameters,omitempty"`
	Nonce       string            `json:"nonce,omitempty"`
	Status      int               `json:"status,omitempty"` // of HTTP, of the answer that was made, though a client that left has not got it; 0 for none
	Code        string            `json:"code,omitempty"`   // "" for success
	Faults      []string          `json:"faults,omitempty"` // kinds that it met
	Effects     []effect          `json:"effects,omitempty"`
	Rules       *int              `json:"rules,omitempty"` // of faults that are in force now, when they were changed
}

// effect is something that happened to a task. One field is set, with its id.
type effect struct {
	Create string `json:"create,omitempty"`
	Start  string `json:"start,omitempty"`
	Again  string `json:"again,omitempty"` // a ClientToken brought back what it had made
	Change string `json:"change,omitempty"`
	Word   string `json:"word,omitempty"` // what a change was
}

// said returns the parameters of a call that the record holds: those that its
// operation looks at, but no password, and two of the common ones. Of a request
// that was not let in it holds none, as anybody can send anything.
func said(c *call) map[string]string {
	if c.account == "" || c.op == nil {
		return nil
	}
	parameters := make(map[string]string)
	for _, p := range slices.Concat(c.op.Parameters, []Parameter{{Name: "Format"}, {Name: "RegionId"}}) {
		if value, given := c.req.Parameters[p.Name]; given && p.Name != "DestinationEndpointPassword" {
			parameters[p.Name] = value
		}
	}
	return parameters
}

// clip cuts what anybody can send to the length of what is real.
func clip(s string) string { return s[:min(len(s), 128)] }

// maxRecord bounds what of the record is kept in memory, in bytes: the newest.
const maxRecord = 16 << 20

// record keeps the newest lines, and writes all of them.
type record struct {
	w     io.Writer // nil for none
	err   error     // the first of w
	n     uint64
	lines [][]byte
	bytes int
}

func newRecord(w io.Writer) *record { return &record{w: w} }

// add writes a call down.
func (r *record) add(c *call, a *answer) {
	e := Entry{
		At: c.now, Operation: word(c.req.Operation), Method: c.req.Method, Account: c.account,
		AccessKeyID: clip(c.req.AccessKeyID), RequestID: c.id, Parameters: said(c), Nonce: clip(c.req.Nonce),
		Status: a.status, Code: a.code, Faults: c.struck.names, Effects: c.effects,
	}
	r.write(e)
}

func (r *record) write(e Entry) {
	r.n++
	e.Number = r.n
	line, err := json.Marshal(e)
	if err != nil {
		panic(err) // unreachable: an entry holds text and numbers
	}
	line = append(line, '\n')
	r.lines = append(r.lines, line)
	for r.bytes += len(line); r.bytes > maxRecord; r.lines = r.lines[1:] {
		r.bytes -= len(r.lines[0])
		r.lines[0] = nil
	}
	if r.w == nil || r.err != nil {
		return
	}
	if _, err := r.w.Write(line); err != nil {
		r.err = fmt.Errorf("emulator: the record is not whole: %w", err)
	}
}

// from returns the lines from number n on that are still kept, and the number
// of the first of them.
func (r *record) from(n uint64) (first uint64, text []byte) {
	kept := r.n - uint64(len(r.lines)) // those before are gone
	first = max(n, kept+1)
	if first > r.n {
		return r.n + 1, nil
	}
	return first, bytes.Join(r.lines[first-kept-1:], nil)
}
