package view_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/hostile"
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

func TestInert(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"target storage full", "target storage full"},
		{"目标存储已满", "目标存储已满"},
		{"acs:ram::1234:role/x", "acs:ram::1234:role/x"},
		{"\x1b]0;title\a", `\x1b]0;title\a`},
		{"\x1b]8;;http://evil\x1b\\click", `\x1b]8;;http://evil\x1b\click`},
		{"a\r\nb\tc", `a\r\nb\tc`},
		{"nul\x00del\x7f", `nul\x00del\x7f`},
		{"c1\u009b31m", `c1\u009b31m`},
		{"bidi\u202egnp.exe", `bidi\u202egnp.exe`},
		{"zero\u200bwidth\ufeff", `zero\u200bwidth\ufeff`},
		{"line\u2028paragraph\u2029", `line\u2028paragraph\u2029`},
		{"tag\U000e0041", `tag\U000e0041`},
		{"no\u00a0break", `no\u00a0break`},
		{"filler\u3164variation\ufe0f", `filler\u3164variation\ufe0f`},
		{"bad\xff\xc3utf8", `bad\xff\xc3utf8`},
		{"a real \ufffd stays", "a real \ufffd stays"},
		{"::error::boo", `\x3a:error::boo`},
		{"  ::add-mask::x", `  \x3a:add-mask::x`},
		{"##[error]boo", `\x23#[error]boo`},
		{"in ##vso[task] the middle", `in \x23#vso[task] the middle`},
		{strings.Repeat("x", 2000), strings.Repeat("x", 2000)},
		{strings.Repeat("x", 2001), strings.Repeat("x", 1999) + "…"},
		{strings.Repeat("\n", 1000), strings.Repeat(`\n`, 1000)},
		{strings.Repeat("\n", 1001), strings.Repeat(`\n`, 999) + "…"},
	} {
		if got := view.Inert(c.in); got != c.want {
			t.Errorf("Inert(%.40q): got %.60q, want %.60q", c.in, got, c.want)
		}
	}
}

func FuzzInert(f *testing.F) {
	for _, s := range hostile.Texts() {
		f.Add(s[:min(len(s), 100)])
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := view.Inert(s)
		if n := utf8.RuneCountInString(got); n > 2000 {
			t.Errorf("got %d runes, want at most 2000", n)
		}
		if again := view.Inert(got); again != got {
			t.Errorf("got %q of its own result %q, want the same", again, got)
		}
		checkInert(t, []byte(got))
		if strings.Contains(got, "\n") {
			t.Errorf("got a line end in %q", got)
		}
	})
}

func TestNoSinkLetsHostileTextAct(t *testing.T) {
	for i, s := range hostile.Texts() {
		for _, width := range []int{0, 1, 20, 80} {
			t.Run(fmt.Sprintf("text %d at width %d", i, width), func(t *testing.T) {
				for sink, got := range sinks(t, s, view.Options{Width: width}) {
					if len(got) > 200_000 {
						t.Errorf("%s: got %d bytes, want a bounded output", sink, len(got))
					}
					checkInert(t, got)
					if bounded := map[string]bool{"Plan": true, "Summary": true, "Status": true}; width > 0 && bounded[sink] {
						checkWidth(t, sink, got, width)
					}
				}
			})
		}
	}
}

func checkInert(t *testing.T, got []byte) {
	t.Helper()
	if !utf8.Valid(got) {
		t.Errorf("got bytes that are not UTF-8: %.80q", got)
	}
	for _, r := range string(got) {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("got rune %U, want none that acts", r)
		}
	}
	if bytes.Contains(got, []byte("##")) {
		t.Error("got ##, want it broken")
	}
	for line := range bytes.Lines(got) {
		if bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("::")) {
			t.Errorf("got a line that begins with ::, want it broken: %.80q", line)
		}
	}
}

// checkWidth checks lines of characters that are all one column wide.
func checkWidth(t *testing.T, sink string, got []byte, width int) {
	t.Helper()
	for line := range bytes.Lines(got) {
		n := 0
		for _, r := range string(bytes.TrimSuffix(line, []byte("\n"))) {
			if !unicode.In(r, unicode.Mn, unicode.Me) { // which stand above another
				n++
			}
		}
		if n > width {
			t.Fatalf("%s: got a line of %d columns, want at most %d: %.80q", sink, n, width, line)
		}
	}
}

// sinks writes s in every place of every output.
func sinks(t *testing.T, s string, o view.Options) map[string][]byte {
	t.Helper()
	it := plan.Item{
		Key: plan.Key(s), Action: plan.Restore, Reason: s, At: s, Destination: s, RestoreTaskName: s,
		Needs: []plan.Key{plan.Key(s)}, Databases: []plan.Database{{Source: s, Target: s + "2"}},
		Parameters: plan.Parameters{BackupPlanId: s, BackupSetId: "b" + s}, Warnings: []string{s}, Open: []string{s},
	}
	odd, barred, second := it, it, it
	odd.Action, barred.Action = plan.Action(s), plan.Blocked
	second.Key, second.Parameters = plan.Key("second"+s), plan.Parameters{RestoreTime: 1}
	p := newPlan(it, second, odd, barred)
	p.Manifest, p.Run, p.Digest, p.Failure.Max = plan.ManifestRef{Name: s, File: s, Digest: plan.Digest(s)}, s, plan.Digest(s), s

	out := make(map[string][]byte)
	out["Plan"] = output(func(b *bytes.Buffer) { view.Plan(b, p, view.PlanNotes{}, o) })

	var text, lines bytes.Buffer
	d := newDrill(t, newPlan(it, second, barred))
	log, jsonl := view.NewLog(&text, p), view.NewJSONLines(&lines, p)
	d.observe = append(d.observe, log.Observe, jsonl.Observe)
	f := restore.Failure{Class: restore.Throttled, Action: s, Code: s, Message: s, RequestID: s}
	running := restore.Task{ID: s, Status: restore.StatusUnrecognized, RawStatus: s}
	d.apply(it.Key, looked(), intended(restore.Create), failed(restore.CreateFailed, f), intended(restore.Create),
		restore.Event{Kind: restore.Answered, TaskID: s}, looked(running, restore.Task{ID: s + "2"}), failed(restore.PollFailed, f))
	f.Class = restore.Refused
	d.apply(second.Key, looked(), intended(restore.Create), failed(restore.CreateFailed, f))
	jsonl.Summary(d.report(), 2)
	out["Log"], out["JSONLines"] = text.Bytes(), lines.Bytes()

	live := view.NewLive(p, start)
	l := newDrill(t, newPlan(it, second, barred))
	var told bytes.Buffer
	l.observe = append(l.observe, func(c runner.Change) { told.WriteString(live.Observe(c)) })
	l.begin(it.Key, s)
	l.apply(second.Key, looked(), intended(restore.Create), failed(restore.CreateFailed, f))
	out["LiveTold"] = told.Bytes()
	out["Frame"] = []byte(live.Frame(l.now, view.LiveNotes{}, view.Options{Width: cmp.Or(o.Width, 80), Height: 40}))
	out["BlockedLines"] = output(func(b *bytes.Buffer) {
		if err := view.BlockedLines(b, p); err != nil {
			t.Fatal(err)
		}
	})
	runs := []view.RunInfo{{Manifest: s, Key: s, Target: s, Started: start, Ended: start, Outcome: s}}
	out["Runs"] = output(func(b *bytes.Buffer) { view.Runs(b, runs, start, o) })
	out["RunNames"] = output(func(b *bytes.Buffer) { view.RunNames(b, runs) })
	out["RunsJSON"] = output(func(b *bytes.Buffer) {
		if err := view.RunsJSON(b, runs); err != nil {
			t.Fatal(err)
		}
	})

	out["Summary"] = output(func(b *bytes.Buffer) { view.Summary(b, p, d.report(), o) })
	run := view.RunInfo{Manifest: s, Key: s, Target: s, Started: start, Ended: d.now, Outcome: s}
	out["Status"] = output(func(b *bytes.Buffer) { view.Status(b, run, d.outcomes(), d.now, o) })
	out["StatusJSON"] = output(func(b *bytes.Buffer) {
		if err := view.StatusJSON(b, run, d.outcomes()); err != nil {
			t.Fatal(err)
		}
	})
	place := diag.Pos{File: s, Line: 1, Col: 3}
	problem := diag.Diagnostic{Code: s, Pos: place, Width: 5, Summary: s, Hint: s}
	out["Diagnostics"] = output(func(b *bytes.Buffer) {
		view.Diagnostics(b, diag.List{problem, problem, problem, problem, {Code: "1", Pos: diag.Pos{File: s, Line: 1}}}, map[string][]byte{s: []byte(s)})
	})
	out["DiagnosticsJSON"] = output(func(b *bytes.Buffer) {
		if err := view.DiagnosticsJSON(b, diag.List{problem}); err != nil {
			t.Fatal(err)
		}
	})
	for sink, got := range out {
		if strings.Contains(sink, "JSON") || sink == "BlockedLines" {
			checkJSON(t, sink, got)
		}
	}
	return out
}

func checkJSON(t *testing.T, sink string, got []byte) {
	t.Helper()
	for values := json.NewDecoder(bytes.NewReader(got)); ; {
		var v any
		err := values.Decode(&v)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v in %.200q", sink, err, got)
			return
		}
	}
}

// TestAnnotationsAreOneCommandEach reads what is written as a runner of GitHub
// Actions does.
func TestAnnotationsAreOneCommandEach(t *testing.T) {
	unescape := strings.NewReplacer("%0A", "\n", "%0D", "\r", "%3A", ":", "%2C", ",", "%25", "%")
	for i, s := range hostile.Texts() {
		it := item(s)
		it.Line, it.Action, it.Reason = 7, plan.Blocked, s
		var a view.Annotations
		got := string(output(func(b *bytes.Buffer) {
			a.Blocked(b, s, newPlan(it))
			a.Refused(b, errors.New(s))
			a.Outcomes(b, s, []runner.Outcome{{Item: &it, State: &restore.State{}}})
			a.Write(b, diag.List{{Code: "DBSR1", Pos: diag.Pos{File: s, Line: 1, Col: 1}, Summary: s, Hint: s}})
		}))
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if len(lines) != 4 {
			t.Errorf("text %d: got %d lines, want 4:\n%.400q", i, len(lines), lines)
			continue
		}
		for _, line := range lines {
			properties, message, _ := strings.Cut(strings.TrimPrefix(line, "::error "), "::")
			if !strings.HasPrefix(line, "::error ") || strings.Contains(properties, ":") {
				t.Errorf("text %d: %.200q is not one command", i, line)
			}
			for _, property := range strings.Split(properties, ",") {
				if name, _, _ := strings.Cut(property, "="); !slices.Contains([]string{"file", "line", "col", "endColumn", "title"}, name) {
					t.Errorf("text %d: got the property %.100q", i, property)
				}
			}
			checkInert(t, []byte(strings.ReplaceAll(unescape.Replace(message), "\n", " ")))
		}
	}
}

// TestMarkdownHasTheShapeOfAHarmlessOne renders comments as GitHub does, and
// compares their elements, and the text outside of code, with those of a comment
// in which nothing is hostile.
func TestMarkdownHasTheShapeOfAHarmlessOne(t *testing.T) {
	shape := func(s string) string {
		it := item("key" + s)
		it.Labels, it.Destination, it.Site.Region, it.Warnings, it.Reason = map[string]string{"tier": "t" + s}, "d"+s, "r"+s, []string{"w" + s}, "b"+s
		it.Databases = []plan.Database{{Source: "s" + s, Target: "t" + s}}
		barred := it
		barred.Key, barred.Action = plan.Key("other"+s), plan.Blocked
		p := newPlan(it, barred)
		p.Manifest, p.Run, p.Digest = plan.ManifestRef{Name: "m" + s, File: "f" + s}, "k"+s, plan.Digest("g"+s)
		text := view.PlanMarkdown(p, 1<<20)
		_, text, _ = bytes.Cut(text, []byte("\n")) // the marker, which is made of letters
		elements, err := hostile.MarkdownElements(text)
		if err != nil {
			t.Fatal(err)
		}
		return elements
	}
	want := shape("")
	if !strings.Contains(want, "table") {
		t.Fatalf("a harmless comment has the shape %s", want)
	}
	for i, s := range hostile.Texts() {
		if got := shape(s); got != want {
			t.Errorf("text %d, %.60q: got\n%s\nwant\n%s", i, s, got, want)
		}
	}
}
