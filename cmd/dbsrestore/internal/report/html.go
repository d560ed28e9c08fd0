package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
)

// maxRows is how many items the table of a page lists; of more, those that
// took longest.
const maxRows = 1000

//go:embed page.html
var pageText string

//go:embed page.css
var styleText string

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"inert": view.Inert,
		"dur":   duration,
		"utc":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"tier":  tierName,
		"class": outcomeClass,
		"many":  view.Plural,
	}).Parse(strings.Replace(pageText, "{{style}}", styleText, 1)))
})

// page is what the template sees.
type page struct {
	*Report
	Policy string // of the Content-Security-Policy
	Gantt  gantt
	Back   curves
	Flight curves
	Lasted []strip
	Bad    []Item
	Rows   []*Item
	Hidden int // items that the table leaves out
}

// HTML writes the report as one page that needs nothing else: no script, no
// network, for light and dark and for paper.
func HTML(w io.Writer, r *Report) error {
	style := sha256.Sum256([]byte(styleText))
	p := page{
		Report: r,
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) + "'",
		Gantt:  r.gantt(), Back: r.back(), Flight: r.inFlight(),
		Lasted: r.strips(), Bad: r.Bad(),
	}
	p.Rows, p.Hidden = r.rows()
	return pageTemplate().Execute(w, p)
}

// rows returns the items of the table, those that are not back first, then by
// how long they took, and how many are left out.
func (r *Report) rows() (rows []*Item, hidden int) {
	for i := range r.Items {
		rows = append(rows, &r.Items[i])
	}
	slices.SortStableFunc(rows, func(a, b *Item) int {
		switch {
		case a.Back() == b.Back():
			return cmp.Compare(b.Took(), a.Took())
		case b.Back():
			return -1
		}
		return 1
	})
	hidden = max(0, len(rows)-maxRows)
	return rows[:len(rows)-hidden], hidden
}

// Queued is how long the item waited for its turn, Never if it had none.
func (it Item) Queued() time.Duration { return it.Begun }

// Took is how long the item was at the service, Never if it was not or is yet.
func (it Item) Took() time.Duration {
	if it.Begun == Never || it.Ended == Never {
		return Never
	}
	return it.Ended - it.Begun
}

// Restored says which moment or backup set the item restores.
func (it Item) Restored() string {
	switch {
	case it.BackupSetID != "" && !it.SetTime.IsZero():
		return "backup set " + view.Inert(it.BackupSetID) + " of " + it.SetTime.Format("2006-01-02 15:04:05Z")
	case it.BackupSetID != "":
		return "backup set " + view.Inert(it.BackupSetID)
	case it.Point.IsZero():
		return "–"
	}
	return it.Point.Format("2006-01-02 15:04:05Z")
}

// Names says which databases came under which names.
func (it Item) Names() string {
	const most = 4
	var names []string
	for _, d := range it.Databases[:min(len(it.Databases), most)] {
		name := view.Inert(d.Source)
		if d.Target != d.Source {
			name += " → " + view.Inert(d.Target)
		}
		names = append(names, name)
	}
	if more := len(it.Databases) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

func duration(d time.Duration) string {
	if d == Never {
		return "–"
	}
	return view.Duration(d)
}
