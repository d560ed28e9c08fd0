// Package hostile has texts that would act on a reader if they were written as
// they are, for the tests of everything that writes text from outside.
package hostile

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed texts.txt
var quoted string // a line each, as between the quotes of Go

// Texts returns more than a hundred of them, for terminals, CI runners, Markdown,
// HTML, XML, spreadsheets, shells and JSON, and two that are very long.
func Texts() []string {
	lines := strings.Split(strings.TrimSuffix(quoted, "\n"), "\n")
	texts := make([]string, 0, len(lines)+2)
	for i, line := range lines {
		text, err := strconv.Unquote(`"` + line + `"`)
		if err != nil {
			panic(fmt.Sprintf("texts.txt, line %d: %v", i+1, err))
		}
		texts = append(texts, text)
	}
	return append(texts, strings.Repeat("word ::error::boo ##[x] ", 20_000), strings.Repeat("`|<", 100_000))
}
