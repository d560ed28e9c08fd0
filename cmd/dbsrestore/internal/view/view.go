// Package view writes plans, progress, results and problems for a reader.
//
// Every function takes a value and a writer; none reads a clock or a file.
// Text is for people and may change from version to version. JSON is for
// programs: fields are added, never renamed, under the same format number.
//
// What came from outside — the manifest, the service, file names — passes
// through [Inert] on its way into any output, so that it cannot move a cursor,
// forge a line or command a CI runner.
//
// The text functions write once and report no error: give them a writer that
// remembers its own if it matters.
package view

import (
	"math"
	"strings"
)

// Options are how a reader likes text. The zero Options are plain text of any
// width.
type Options struct {
	Width   int  // columns, 0 for no bound
	Height  int  // lines of a screen, for a frame
	Color   bool // colour symbols and words, which say the same without it
	Verbose bool // show every row
	ASCII   bool // the reader's characters are those of ASCII: signs of ours are too
}

// signs are the characters of ours that are not ASCII, each with what stands for
// it.
var signs = strings.NewReplacer("█", "#", "░", "-", "…", "~")

// ascii returns a text without signs that its reader cannot see.
func (o Options) ascii(s string) string {
	if !o.ASCII {
		return s
	}
	return signs.Replace(s)
}

// maxRows is how many rows of one kind are shown without Options.Verbose.
const maxRows = 40

// limit returns most, or no limit for a reader who wants everything.
func (o Options) limit(most int) int {
	if o.Verbose {
		return math.MaxInt
	}
	return most
}

// rows returns how many of n rows are shown.
func (o Options) rows(n int) int { return min(n, o.limit(maxRows)) }
