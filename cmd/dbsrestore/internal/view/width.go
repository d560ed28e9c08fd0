package view

import (
	"strings"
	"unicode"
)

// wide holds the blocks of characters that a terminal shows two columns wide.
// Source: EastAsianWidth.txt of Unicode, W and F; the few wide symbols outside
// of these blocks count as narrow.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul Jamo
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // CJK radicals, punctuation
		{Lo: 0x3041, Hi: 0x4dbf, Stride: 1}, // kana, CJK extension A
		{Lo: 0x4e00, Hi: 0xa4cf, Stride: 1}, // CJK, Yi
		{Lo: 0xa960, Hi: 0xa97f, Stride: 1}, // Hangul Jamo extended A
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, // CJK compatibility
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1}, // CJK compatibility forms
		{Lo: 0xff01, Hi: 0xff60, Stride: 1}, // fullwidth forms
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1}, // fullwidth signs
	},
	R32: []unicode.Range32{
		{Lo: 0x17000, Hi: 0x18cff, Stride: 1}, // Tangut
		{Lo: 0x1b000, Hi: 0x1b2ff, Stride: 1}, // kana supplement
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, // pictographs
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1}, // CJK extensions B and later
	},
}

// runeWidth returns the columns that a printable rune takes.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// textWidth returns the columns that a text of printable runes takes.
func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// truncate returns s, or as much of it as leaves room for an ellipsis within
// so many columns.
func truncate(s string, columns int) string {
	if textWidth(s) <= columns {
		return s
	}
	if columns < 1 {
		return ""
	}
	head, _ := splitAt(s, columns-1)
	return head + "…"
}

// splitAt cuts s after as many whole runes as fit into so many columns.
func splitAt(s string, columns int) (head, tail string) {
	for i, r := range s {
		columns -= runeWidth(r)
		if columns < 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// wrap breaks a text at its spaces into lines of at most so many columns, 0
// for no bound. A word that is longer is broken.
func wrap(s string, columns int) []string {
	if columns <= 0 || textWidth(s) <= columns {
		return []string{s}
	}
	columns = max(columns, 2) // a wide rune must fit
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && textWidth(line)+1+textWidth(word) <= columns {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for textWidth(word) > columns {
			head, tail := splitAt(word, columns)
			lines = append(lines, head)
			word = tail
		}
		line = word
	}
	return append(lines, line)
}
