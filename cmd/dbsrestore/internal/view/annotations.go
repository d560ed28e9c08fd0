package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// maxAnnotations is how many annotations of a severity GitHub shows of a step.
const maxAnnotations = 10

// Annotations writes problems as workflow commands, which GitHub Actions shows
// beside the lines of a pull request. It reads them from either stream. Its
// zero value is ready for the problems of one step.
type Annotations struct {
	written [2]int // by severity
}

// Write writes a command for each group of problems that are alike, as long as
// GitHub shows any more. Of a source nothing is written.
func (a *Annotations) Write(w io.Writer, l diag.List) {
	groups, _ := shown(l)
	for _, same := range groups {
		d := same[0]
		if a.written[d.Severity] == maxAnnotations {
			continue
		}
		a.written[d.Severity]++
		message := Inert(d.Summary)
		if len(same) > 1 {
			message += fmt.Sprintf(" (%d like this)", len(same))
		}
		if d.Hint != "" {
			message += "\nhint: " + Inert(d.Hint)
		}
		fmt.Fprintf(w, "::%s %s::%s\n", d.Severity, properties(d), commandText.Replace(message))
	}
}

// properties are the place and title of a command.
func properties(d diag.Diagnostic) string {
	var list []string
	add := func(name, value string) { list = append(list, name+"="+commandProperty.Replace(value)) }
	if at := placeOf(d); at.File != "" {
		add("file", at.File)
		if at.Line > 0 {
			add("line", fmt.Sprint(at.Line))
		}
		if at.Column > 0 {
			add("col", fmt.Sprint(at.Column))
			add("endColumn", fmt.Sprint(at.EndColumn))
		}
	}
	add("title", Inert(d.Code))
	return strings.Join(list, ",")
}

// The escapes of workflow commands: what ends a command, and what ends a
// property of one.
var (
	commandText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// Outcomes writes a command for each item that ended otherwise than well, beside
// its line of the manifest in a file: an error, or a warning for one that may
// still end well.
func (a *Annotations) Outcomes(w io.Writer, file string, items []runner.Outcome) {
	for _, bad := range badPhases {
		severity := diag.Error
		if bad.phase == restore.TimedOut || bad.phase == restore.Skipped {
			severity = diag.Warning
		}
		for _, o := range items {
			if PhaseOf(o) == bad.phase {
				a.item(w, file, severity, o.Item, string(bad.phase)+": "+Message(o))
			}
		}
	}
}

// Blocked writes an error for each item of a plan that is blocked.
func (a *Annotations) Blocked(w io.Writer, file string, p *plan.Plan) {
	for i := range p.Items {
		if it := &p.Items[i]; it.Action == plan.Blocked {
			a.item(w, file, diag.Error, it, "blocked: "+it.Reason)
		}
	}
}

func (a *Annotations) item(w io.Writer, file string, severity diag.Severity, it *plan.Item, text string) {
	if a.written[severity] == maxAnnotations {
		return
	}
	a.written[severity]++
	place := ""
	if file != "" && it.Line > 0 {
		place = fmt.Sprintf("file=%s,line=%d,", commandProperty.Replace(Inert(file)), it.Line)
	}
	fmt.Fprintf(w, "::%s %stitle=%s::%s\n", severity, place, commandProperty.Replace(Inert(string(it.Key))), commandText.Replace(Inert(text)))
}

// Refused writes an error that is about no line: a plan that was refused.
func (a *Annotations) Refused(w io.Writer, err error) {
	if a.written[diag.Error] == maxAnnotations {
		return
	}
	a.written[diag.Error]++
	fmt.Fprintf(w, "::error title=dbsrestore::%s\n", commandText.Replace(strings.Join(inertAll(strings.Split(err.Error(), "\n")), "\n")))
}
