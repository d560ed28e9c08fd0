// Package diagtest helps tests to hold the pages of codes against what is said.
package diagtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Message returns what is said of the first problem of a code, "" for none.
func Message(problems diag.List, code string) string {
	i := slices.IndexFunc(problems, func(d diag.Diagnostic) bool { return d.Code == code })
	if i < 0 {
		return ""
	}
	d := problems[i]
	text := fmt.Sprintf("%s[%s]: %s\n", d.Severity, d.Code, d.Summary)
	if d.Hint != "" {
		text += "hint: " + d.Hint + "\n"
	}
	return text
}

// SetMessage puts a message into the page of a code.
func SetMessage(text []byte, code, message string) []byte {
	page := regexp.MustCompile(`(?s)(\n?# ` + code + ` .*?\nMessage:\n)(?:    [^\n]*\n)*`)
	at := page.FindSubmatchIndex(text)
	indented := "    " + strings.ReplaceAll(strings.TrimSuffix(message, "\n"), "\n", "\n    ") + "\n"
	return slices.Concat(text[:at[3]], []byte(indented), text[at[1]:])
}

// Codes returns the codes that a source file names, in its order.
func Codes(source []byte) []string {
	return regexp.MustCompile(`DBSR\d{4}`).FindAllString(string(source), -1)
}
