package world

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// characters refuses what no text has.
func characters(file string, src []byte) error {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			line, column := position(src, i)
			return fmt.Errorf("%s:%d:%d: this is not text in UTF-8; save the file as such", file, line, column)
		}
		i += size
	}
	return nil
}

// position returns the line and the column of an offset.
func position(src []byte, offset int) (line, column int) {
	before := src[:offset]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

var (
	atLine         = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)`)
	countsFromZero = regexp.MustCompile(`^did not find expected (<|node content|'-'|key|',')`)
	unknownAnchor  = regexp.MustCompile(`^yaml: unknown anchor '(.*)' referenced`)
)

// syntax tells an error of the YAML library, which knows the line at most. It
// does not repeat the name of an alias, which may be a secret that begins
// with *.
func syntax(file string, src []byte, err error) error {
	if m := unknownAnchor.FindStringSubmatch(err.Error()); m != nil {
		line, column := position(src, max(0, bytes.Index(src, []byte("*"+m[1]))))
		return fmt.Errorf("%s:%d:%d: this alias stands for nothing; put quotes around a value that begins with *", file, line, column)
	}
	m := atLine.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s:1:1: this is not YAML: %w", file, err)
	}
	line, _ := strconv.Atoi(m[1]) // 0 where the library tells none
	if line == 0 || countsFromZero.MatchString(m[2]) {
		line++
	}
	lines := strings.Split(strings.TrimRight(string(src), "\n"), "\n")
	line = min(line, len(lines))
	text := lines[line-1]
	column := 1 + len(text) - len(strings.TrimLeft(text, " \t"))
	hint := "look here and in the lines around it for a bracket or a quote that is missing, or for indentation"
	if strings.Contains(text, "\t") {
		hint = "indent with spaces, not with tabs"
	}
	return fmt.Errorf("%s:%d:%d: this is not YAML: %s; %s", file, line, column, m[2], hint)
}
