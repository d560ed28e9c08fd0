package view

import (
	"regexp"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const (
	maxPlaces = 3   // shown of problems that are alike, if there are more than that
	maxGroups = 200 // groups that are shown; the totals count all
)

// alike is what problems have in common that one mistake has made in many
// places: the code, the field, and the summary but for the names and values in it.
type alike struct {
	severity    diag.Severity
	code, field string
	shape       string
}

// named is what differs between summaries of the same kind: texts in quotes,
// words with a digit in them, and keys of the rows of a forEach.
var named = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|\\S*\\[\\S*|\\S*\\d\\S*")

// telling is how many bytes of a summary are looked at to tell it from others.
const telling = 1000

func kindOf(d diag.Diagnostic) alike {
	start := d.Summary[:min(len(d.Summary), telling)]
	return alike{d.Severity, d.Code, d.Field, named.ReplaceAllString(start, "…")}
}

// grouped brings problems together that are alike, in the order of the first,
// if there are more than maxPlaces.
func grouped(l diag.List) []diag.List {
	count := make(map[alike]int)
	kinds := make([]alike, len(l))
	for i, d := range l {
		kinds[i] = kindOf(d)
		count[kinds[i]]++
	}
	var groups []diag.List
	index := make(map[alike]int)
	for i, d := range l {
		at, seen := index[kinds[i]]
		if !seen || count[kinds[i]] <= maxPlaces {
			index[kinds[i]] = len(groups)
			groups = append(groups, diag.List{d})
			continue
		}
		groups[at] = append(groups[at], d)
	}
	return groups
}

// shown returns the groups that are shown, and how many problems are not.
func shown(l diag.List) (groups []diag.List, left int) {
	groups = grouped(l)
	for len(groups) > maxGroups {
		left += len(groups[len(groups)-1])
		groups = groups[:len(groups)-1]
	}
	return groups, left
}
