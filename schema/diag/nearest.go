package diag

import "strings"

// Nearest returns the candidate that a misspelt word most likely means, ""
// when none is near. Letter case counts for nothing; otherwise one edit
// (insertion, deletion, substitution, exchange of neighbours) is allowed for
// every three characters, and at least one. Of equally near candidates the
// first wins.
func Nearest(word string, candidates []string) string {
	w := []rune(strings.ToLower(word))
	if len(w) == 0 || len(w) > maxWord {
		return ""
	}
	best, nearest := max(1, len(w)/3)+1, ""
	for _, c := range candidates {
		if len(c) > 4*maxWord {
			continue
		}
		if d := distance(w, []rune(strings.ToLower(c)), best); d < best {
			best, nearest = d, c
		}
	}
	if best >= len(w) {
		return "" // nothing of the word would be left
	}
	return nearest
}

// maxWord bounds the length of a word worth correcting, in runes.
const maxWord = 128

// distance returns the number of edits between two words (optimal string
// alignment), or limit if there are no fewer.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
