package view

import (
	"encoding/json"
	"io"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// problemsJSON are problems as data. Those that are alike are one, with their
// count and the first places; the totals count each.
type problemsJSON struct {
	Diagnostics []problemJSON `json:"diagnostics"`
	Errors      int           `json:"errors"`
	Warnings    int           `json:"warnings"`
	Left        int           `json:"notShown,omitempty"` // problems that are in no diagnostic
}

type problemJSON struct {
	Severity string `json:"severity"` // "error" or "warning"
	Code     string `json:"code"`
	Summary  string `json:"summary"`
	Hint     string `json:"hint,omitempty"`
	Field    string `json:"field,omitempty"` // JSON pointer, with * for any entry of a list
	placeJSON
	Count  int         `json:"count"`
	Places []placeJSON `json:"places,omitempty"` // the first three, when there are more than one
}

// placeJSON is a span of a file. Lines and columns count from 1, columns in
// Unicode characters; EndColumn is the first behind the span. 0 is unknown.
type placeJSON struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
}

func placeOf(d diag.Diagnostic) placeJSON {
	p := placeJSON{File: Inert(d.Pos.File), Line: d.Pos.Line, Column: d.Pos.Col}
	if p.Column > 0 {
		p.EndColumn = p.Column + max(d.Width, 1)
	}
	return p
}

func problemsOf(l diag.List) problemsJSON {
	groups, left := shown(l)
	out := problemsJSON{Diagnostics: make([]problemJSON, 0, len(groups)), Errors: l.Errors(), Warnings: len(l) - l.Errors(), Left: left}
	for _, same := range groups {
		d := same[0]
		p := problemJSON{
			Severity: d.Severity.String(), Code: Inert(d.Code), Summary: Inert(d.Summary), Hint: Inert(d.Hint), Field: Inert(d.Field),
			placeJSON: placeOf(d), Count: len(same),
		}
		if len(same) > 1 {
			for _, at := range same[:min(len(same), maxPlaces)] {
				p.Places = append(p.Places, placeOf(at))
			}
		}
		out.Diagnostics = append(out.Diagnostics, p)
	}
	return out
}

// DiagnosticsJSON writes problems as one JSON object. No source line is in it.
func DiagnosticsJSON(w io.Writer, l diag.List) error {
	return encode(w, struct {
		FormatVersion int `json:"formatVersion"`
		problemsJSON
	}{jsonFormat, problemsOf(l)})
}

// DiagnosticsLines writes problems that keep a run from beginning as the JSON
// Lines of a run: "version", then "diagnostics".
func DiagnosticsLines(w io.Writer, l diag.List) error {
	enc := json.NewEncoder(w)
	if err := enc.Encode(versionLine); err != nil {
		return err
	}
	return enc.Encode(struct {
		Type string `json:"type"`
		problemsJSON
	}{"diagnostics", problemsOf(l)})
}

// A Checked is what became of the check of one manifest.
type Checked struct {
	File     string
	Valid    bool
	Run      string // of a valid one
	Restores int    // of a valid one
}

// ValidationJSON writes the outcome of checks as one JSON object.
func ValidationJSON(w io.Writer, manifests []Checked, l diag.List) error {
	type checkedJSON struct {
		File     string `json:"file"`
		Valid    bool   `json:"valid"`
		Run      string `json:"run,omitempty"`
		Restores int    `json:"restores,omitempty"`
	}
	out := struct {
		FormatVersion int           `json:"formatVersion"`
		Valid         bool          `json:"valid"` // every manifest is
		Manifests     []checkedJSON `json:"manifests"`
		problemsJSON
	}{jsonFormat, true, make([]checkedJSON, 0, len(manifests)), problemsOf(l)}
	for _, m := range manifests {
		out.Manifests = append(out.Manifests, checkedJSON{Inert(m.File), m.Valid, Inert(m.Run), m.Restores})
		out.Valid = out.Valid && m.Valid
	}
	return encode(w, out)
}

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
