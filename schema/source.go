package schema

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Limits on a manifest. They bound memory and time before anything expensive
// is done; every one is far above what 100,000 restores need.
const (
	maxBytes     = 32 << 20  // of the source
	maxNodes     = 3_000_000 // values, aliases expanded
	maxStructure = 4_000_000 // bytes that can begin a value
	maxDepth     = 32        // levels
	maxKeys      = 256       // of one mapping
	maxItems     = 100_000   // of one list
	maxScalar    = 4096      // bytes of one value
	maxKeyBytes  = 256       // bytes of one key
	maxProblems  = 1000      // problems that are reported one by one
)

// Limits on names that templates may give too, so that package plan checks
// them again.
const (
	MaxRunKey = 64  // characters of a run key
	MaxRowKey = 200 // characters of the key of a row, which is part of an item's name
)

const byteOrderMark = "\uFEFF"

// normalize checks the bytes of a source and returns the text that YAML is to
// read: without a byte order mark, lines ending in LF. It reports the first
// problem only, because what follows undecodable text means nothing.
func (r *report) normalize(src []byte) ([]byte, bool) {
	if len(src) > maxBytes {
		r.add(key{}, 0, CodeTooLarge, "put rows into a file and use forEach: {csv: …}, or split the manifest",
			"the manifest has %d bytes, the limit is %d", len(src), maxBytes)
		return nil, false
	}
	for _, bom := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(src, []byte(bom)) {
			r.add(key{}, 0, CodeEncoding, "save the file as UTF-8", "the file is UTF-16, a manifest is UTF-8")
			return nil, false
		}
	}
	ok := r.checkRunes(src) && r.checkStructure(src)
	src = bytes.TrimPrefix(src, []byte(byteOrderMark))
	r.source = src
	if bytes.IndexByte(src, '\r') >= 0 {
		r.source = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	}
	return r.source, ok
}

// checkRunes refuses bytes that are not UTF-8 and runes that would make a
// reviewer, or the next program, see other lines than YAML does.
func (r *report) checkRunes(src []byte) bool {
	line, col, start := 1, 1, 0
	if bytes.HasPrefix(src, []byte(byteOrderMark)) {
		start = len(byteOrderMark)
	}
	for i := start; i < len(src); {
		if c := src[i]; ' ' <= c && c < 0x7f { // nearly all
			i, col = i+1, col+1
			continue
		}
		c, size := rune(src[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(src[i:])
		}
		at := placeAt(line, col)
		switch why := badInSource(c); {
		case size == 1 && c == utf8.RuneError:
			r.add(at, 1, CodeEncoding, "save the file as UTF-8", "the byte at offset %d is not UTF-8", i)
			return false
		case c == '\r' && (i+1 == len(src) || src[i+1] != '\n'):
			why = "carriage return without line feed"
			fallthrough
		case why != "":
			r.add(at, 1, CodeEncoding, "remove it", "%s", why)
			return false
		}
		i, col = i+size, col+1
		if c == '\n' {
			line, col = line+1, 1
		}
	}
	return true
}

// badInSource says why a rune may not stand in the source, not even in a
// comment, or "".
func badInSource(c rune) string {
	switch {
	case c < ' ' && c != '\n' && c != '\t' && c != '\r', 0x7f <= c && c <= 0x9f:
		return fmt.Sprintf("control character U+%04X", c)
	case c == 0x2028, c == 0x2029:
		return fmt.Sprintf("line separator U+%04X", c)
	case 0x202A <= c && c <= 0x202E, 0x2066 <= c && c <= 0x2069:
		return fmt.Sprintf("bidirectional control U+%04X: the text is not what it looks like", c)
	}
	return ""
}

// checkStructure bounds the number of values by counting the bytes that can
// begin one, because a YAML node takes a hundred times the memory of its text.
func (r *report) checkStructure(src []byte) bool {
	n := 0
	for i, c := range src {
		switch c {
		case '\n', ',', '[', '{':
			n++
		case ' ', '\t':
			if i > 0 && (src[i-1] == '-' || src[i-1] == ':' || src[i-1] == '?') {
				n++
			}
		}
	}
	if n <= maxStructure {
		return true
	}
	r.tooManyNodes(key{})
	return false
}

func (r *report) tooManyNodes(k key) {
	r.add(k, 0, CodeTooLarge, "put rows into a file and use forEach: {csv: …}, or split the manifest",
		"the manifest holds more than %d values", maxNodes)
}
