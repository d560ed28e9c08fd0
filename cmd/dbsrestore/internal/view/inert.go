package view

import (
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxRunes bounds a text from outside.
const maxRunes = 2000

// Inert returns s as text that does nothing but stand there, at most 2,000
// runes of it. Controls, bidirectional and invisible characters, line ends and
// bytes that are not UTF-8 become visible escapes such as \x1b or \u202e. The
// marks of CI workflow commands are broken: "::" at the start, because it is
// obeyed at the start of a line, and "##" everywhere, because "##[" and "##vso["
// are. Inert(Inert(s)) is Inert(s).
func Inert(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	runes, cut := 0, 0 // cut is where the ellipsis goes if the text is too long
	for _, piece := range pieces(s) {
		runes += utf8.RuneCountInString(piece)
		if runes > maxRunes {
			return b.String()[:cut] + "…"
		}
		b.WriteString(piece)
		if runes < maxRunes {
			cut = b.Len()
		}
	}
	return b.String()
}

// plain reports whether s is inert as it is.
func plain(s string) bool {
	runes := 0
	for r, piece := range pieces(s) {
		runes++
		if runes > maxRunes || len(piece) != utf8.RuneLen(r) {
			return false
		}
	}
	return true
}

// pieces yields the runes of s, each with the inert text that stands for it.
// A byte that is not UTF-8 comes as utf8.RuneError.
func pieces(s string) iter.Seq2[rune, string] {
	return func(yield func(rune, string) bool) {
		command := strings.HasPrefix(strings.TrimLeft(s, " "), "::")
		for i := 0; i < len(s); {
			r, size := utf8.DecodeRuneInString(s[i:])
			piece := s[i : i+size]
			switch {
			case r == utf8.RuneError && size == 1:
				piece = hexEscape(s[i])
			case invisible(r):
				piece = strings.Trim(strconv.QuoteRuneToASCII(r), "'")
			case r == ':' && command:
				piece, command = hexEscape(':'), false
			case r == '#' && strings.HasPrefix(s[i+1:], "#"):
				piece = hexEscape('#')
			}
			if !yield(r, piece) {
				return
			}
			i += size
		}
	}
}

func hexEscape(b byte) string {
	const digits = "0123456789abcdef"
	return `\x` + string(digits[b>>4]) + string(digits[b&15])
}

// invisible reports whether a rune is a control, a space that looks like
// another, or one that changes how others look.
func invisible(r rune) bool {
	return !unicode.IsPrint(r) || r > unicode.MaxASCII &&
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// inertAll returns the inert texts of a list.
func inertAll[S ~string](list []S) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, Inert(string(s)))
	}
	return out
}
