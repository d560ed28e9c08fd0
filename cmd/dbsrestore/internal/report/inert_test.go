package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/hostile"
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// hostileDrill has a text wherever text comes from outside.
func hostileDrill(s string) *report.Report {
	r := drill(3)
	r.Manifest, r.Key, r.Target, r.Journal = "m"+s, "k"+s, "t"+s, "j"+s
	r.Plan.Manifest.File, r.Plan.Digest = "f"+s, plan.Digest("g"+s)
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		o.Item.Key, o.Item.Destination, o.Item.Labels = plan.Key(string(rune('a'+i))+s), "d"+s, map[string]string{"tier": "t" + s}
		o.Item.Databases = []plan.Database{{Source: "s" + s, Target: "n" + s}}
		o.Item.Parameters.BackupSetId = "b" + s
		o.State.TaskID, o.State.Phase = "i"+s, restore.Failed
		o.State.Failure = &restore.Failure{Code: "c" + s, Message: "w" + s}
	}
	r.Outcomes[2].State.Phase, r.Outcomes[2].State.Failure = restore.Succeeded, nil
	return report.New(r)
}

// bare is the same with the text at the beginning of everything: where formulas
// and commands stand.
func bare(s string) *report.Report {
	r := hostileDrill(s)
	r.Run.Manifest, r.Run.Key = s, s
	for i := range r.Items {
		it := &r.Items[i]
		it.Key, it.Destination, it.Tier, it.TaskID, it.Why = s, s, s, s, s
		it.Databases = []plan.Database{{Source: s, Target: s}}
	}
	return r
}

// shapes say what structure a reader sees in each format, whatever its texts are.
var shapes = map[string]func(t *testing.T, r *report.Report) string{
	"html":      htmlShape,
	"markdown":  markdownShape,
	"junit":     xmlShape,
	"json":      jsonShape,
	"csv":       csvShape,
	"objective": objectivesShape,
}

func TestEveryFormatHasTheShapeOfAHarmlessReport(t *testing.T) {
	for format, shape := range shapes {
		t.Run(format, func(t *testing.T) {
			want := shape(t, hostileDrill(""))
			if len(want) < 10 || strings.Contains(want, " href") || strings.Contains(want, " src") || strings.Contains(want, " on") {
				t.Fatalf("a harmless report has the shape %q", want)
			}
			for i, s := range hostile.Texts() {
				if got := shape(t, hostileDrill(s)); got != want {
					t.Errorf("text %d, %.60q: got the shape\n%.2000s\nwant\n%.2000s", i, s, got, want)
				}
				shape(t, bare(s))
			}
		})
	}
}

func write(t *testing.T, f func(io.Writer, *report.Report) error, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, r); err != nil {
		t.Fatal(err)
	}
	checkRunes(t, b.Bytes())
	return b.Bytes()
}

// checkRunes fails the test when something in a text acts on a terminal.
func checkRunes(t *testing.T, text []byte) {
	t.Helper()
	for _, r := range string(text) {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			t.Errorf("got the rune %U", r)
			return
		}
	}
}

func htmlShape(t *testing.T, r *report.Report) string {
	return hostile.Elements(bytes.NewReader(write(t, report.HTML, r)), false)
}

func markdownShape(t *testing.T, r *report.Report) string {
	text := report.Markdown(r, 1<<20)
	checkRunes(t, text)
	shape, err := hostile.MarkdownElements(text)
	if err != nil {
		t.Fatal(err)
	}
	return shape
}

func xmlShape(t *testing.T, r *report.Report) string {
	var b strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(write(t, report.JUnit, r))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			b.WriteString("<" + start.Name.Local)
			for _, a := range start.Attr {
				b.WriteString(" " + a.Name.Local)
			}
			b.WriteString(">")
		}
	}
}

func jsonShape(t *testing.T, r *report.Report) string {
	var v any
	if err := json.Unmarshal(write(t, report.JSON, r), &v); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			b.WriteString("{")
			for _, key := range slices.Sorted(maps.Keys(v)) {
				b.WriteString(key + ":")
				walk(v[key])
			}
			b.WriteString("}")
		case []any:
			b.WriteString("[")
			for _, e := range v {
				walk(e)
			}
			b.WriteString("]")
		default:
			b.WriteString(".")
		}
	}
	walk(v)
	return b.String()
}

func csvShape(t *testing.T, r *report.Report) string {
	rows, err := csv.NewReader(bytes.NewReader(write(t, report.CSV, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Repeat("cell ", len(row)) + "\n")
		for _, cell := range row {
			if begin := strings.TrimLeft(cell, " "); begin != "" && strings.ContainsAny(begin[:1], "=+-@\t\r") {
				t.Errorf("the cell %.80q is a formula to a spreadsheet", cell)
			}
		}
	}
	return b.String()
}

func objectivesShape(t *testing.T, r *report.Report) string {
	var b bytes.Buffer
	report.Objectives(&b, r)
	checkRunes(t, b.Bytes())
	return strings.Repeat("one of the lines\n", bytes.Count(b.Bytes(), []byte("\n")))
}
