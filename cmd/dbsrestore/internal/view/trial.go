package view

import (
	"fmt"
	"io"

	"github.com/dbsrestore/dbsrestore/plan"
)

// Trials writes what becomes of database names. Left is how many items were not
// tried.
func Trials(w io.Writer, trials []plan.Trial, left int, o Options) {
	p := page{o: o}
	rows := [][]cell{texts("NAME", "ITEM", "BECOMES", "BY")}
	for _, t := range trials {
		rows = append(rows, []cell{{text: Inert(t.Name)}, {text: Inert(string(t.Item))}, becomes(t), {text: by(t), style: dim}})
	}
	p.table(0, rows)
	if left > 0 {
		p.blank()
		p.line(0, cell{text: Plural(left, "more item") + " of forEach not tried: choose one with --only KEY"})
	}
	p.writeTo(w)
}

func becomes(t plan.Trial) cell {
	switch {
	case t.Skipped != "":
		return cell{"not restored: " + Inert(t.Skipped), dim}
	case t.Refused != "" && t.Target != "":
		return cell{fmt.Sprintf("%s, refused[%s]: %s", Inert(t.Target), t.Code, Inert(t.Refused)), red}
	case t.Refused != "":
		return cell{fmt.Sprintf("refused[%s]: %s", t.Code, Inert(t.Refused)), red}
	}
	return cell{text: Inert(t.Target)}
}

func by(t plan.Trial) string {
	switch {
	case t.Skipped != "":
		return ""
	case t.By == "":
		return "it keeps its name"
	case t.Rule > 0:
		return fmt.Sprintf("rule %d  %s  %s", t.Rule, Inert(t.By), Inert(t.Pos.String()))
	}
	return fmt.Sprintf("rename  %s  %s", Inert(t.By), Inert(t.Pos.String()))
}

// TrialsJSON writes the same as one JSON object.
func TrialsJSON(w io.Writer, trials []plan.Trial, left int) error {
	type trialJSON struct {
		Item    string `json:"item"`
		Name    string `json:"name"`
		Skipped string `json:"skipped,omitempty"`
		By      string `json:"by,omitempty"`
		Rule    int    `json:"rule,omitempty"`
		placeJSON
		Target  string `json:"target,omitempty"`
		Code    string `json:"code,omitempty"`
		Refused string `json:"refused,omitempty"`
	}
	list := make([]trialJSON, 0, len(trials))
	for _, t := range trials {
		list = append(list, trialJSON{
			Item: Inert(string(t.Item)), Name: Inert(t.Name), Skipped: Inert(t.Skipped), By: Inert(t.By), Rule: t.Rule,
			placeJSON: placeJSON{File: Inert(t.Pos.File), Line: t.Pos.Line, Column: t.Pos.Col},
			Target:    Inert(t.Target), Code: t.Code, Refused: Inert(t.Refused),
		})
	}
	return encode(w, struct {
		FormatVersion int         `json:"formatVersion"`
		Trials        []trialJSON `json:"trials"`
		Left          int         `json:"itemsNotTried"`
	}{jsonFormat, list, left})
}
