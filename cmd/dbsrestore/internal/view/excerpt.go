package view

import "strings"

// tabWidth is the columns that a tab is shown with.
const tabWidth = 4

// excerpt returns as much of a source line around rune col as fits into room
// columns, and the marks that go under it: a caret at col and a run of tildes
// to the end of a span of so many runes. There are no marks when col is 0.
func excerpt(line string, col, span, room int) (text, marks string) {
	left, right, run := around(line, max(col-1, 0), max(span, 1), room)
	if textWidth(left)+textWidth(right) > room {
		if keep := max(room/3, room-textWidth(right)) - 1; textWidth(left) > keep {
			_, left = splitAt(left, textWidth(left)-keep)
			left = "…" + left
		}
		right = truncate(right, room-textWidth(left))
	}
	if col == 0 {
		return left + right, ""
	}
	run = max(1, min(run, textWidth(right)))
	return left + right, strings.Repeat(" ", textWidth(left)) + "^" + strings.Repeat("~", run-1)
}

// around returns the inert text of a line before and from the rune at index
// at, of each no more than can be needed to fill room columns, and the columns
// of a span that begins there.
func around(line string, at, span, room int) (left, right string, run int) {
	var before, after strings.Builder
	i := 0
	for r, piece := range pieces(line) {
		if r == '\t' {
			piece = strings.Repeat(" ", tabWidth)
		}
		switch {
		case i > at+room:
			return before.String(), after.String(), run
		case i >= at:
			after.WriteString(piece)
		case i >= at-room-1:
			before.WriteString(piece)
		}
		if at <= i && i < at+span {
			run += textWidth(piece)
		}
		i++
	}
	return before.String(), after.String(), run
}
