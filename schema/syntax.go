package schema

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// document reads the one YAML document of a source.
func (r *report) document(src []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, next yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.add(key{}, 0, CodeEmptyFile, "write version, name and restores; 'dbsrestore schema' describes every field", "%s", emptiness(src))
		return nil
	case err != nil:
		r.syntax(src, err)
		return nil
	}
	switch err := dec.Decode(&next); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(src, err)
		return nil
	default:
		r.add(placeAt(next.Line, next.Column), 0, CodeManyDocuments, "put each manifest into a file of its own",
			"a second document begins here, a manifest is one document")
		return nil
	}
	return doc.Content[0]
}

func emptiness(src []byte) string {
	if len(bytes.TrimSpace(src)) == 0 {
		return "the file is empty"
	}
	return "the file holds no document, only comments"
}

// syntaxHints mend what yaml.v3 finds, by a part of its message.
var syntaxHints = []struct{ part, hint string }{
	{"mapping values are not allowed", `check the indentation; a value that holds ": " needs quotes`},
	{"cannot start any token", "quote a value that begins with @, `, % or a tab"},
	{"unknown anchor", "define the anchor with &name above its first use"},
	{"did not find expected ',' or", "close the bracket or brace; inside it values are separated by commas"},
	{"did not find expected key", `check the indentation; a template needs quotes: "{{ … }}"`},
	{"did not find expected '-'", "check the indentation of the list"},
	{"could not find expected ':'", "a key is followed by a colon and a space"},
	{"unexpected end of stream", "close the quotation mark"},
	{"unknown escape", `write \\ for a backslash, or use single quotes`},
	{"<document start>", "remove what follows the end of the document"},
}

var yamlError = lazily(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// syntax reports a syntax error of yaml.v3, whose text holds the only trace of
// where it happened.
func (r *report) syntax(src []byte, err error) {
	m := yamlError().FindStringSubmatch(err.Error())
	if m == nil {
		m = []string{"", "", err.Error()}
	}
	line, _ := strconv.Atoi(m[1])
	message := m[2]
	line = max(r.syntaxLine(src, line, message), 1)
	if col := r.tabNear(line); col.line > 0 {
		r.add(col, 1, CodeTab, "indent with spaces", "a tab is used for indentation")
		return
	}
	code, hint := CodeSyntax, ""
	for _, h := range syntaxHints {
		if strings.Contains(message, h.part) {
			hint = h.hint
			break
		}
	}
	at := placeAt(line, 1+len(r.line(line))-len(bytes.TrimLeft(r.line(line), " ")))
	if strings.HasPrefix(message, "unknown anchor") {
		// The name may be half of a password that begins with an asterisk.
		code, message, at = CodeAlias, "the anchor of an alias is not known", r.aliasPlace(src, message, at)
	}
	r.add(at, 0, code, hint, "%s", "not valid YAML: "+message)
}

// parserErrors are the messages whose line yaml.v3 counts from 0.
var parserErrors = []string{
	"did not find expected key", "did not find expected ','", "did not find expected '-'",
	"did not find expected <document start>", "did not find expected node content", "found undefined tag handle",
}

// searchable is the source size up to which syntaxLine parses prefixes.
const searchable = 128 << 10

// syntaxLine returns the line of an error. Of a block it is told where the
// block begins; the line that breaks the block is the first that a prefix of
// the source must hold to show the same error.
func (r *report) syntaxLine(src []byte, line int, message string) int {
	if !slices.ContainsFunc(parserErrors, func(p string) bool { return strings.HasPrefix(message, p) }) {
		return line
	}
	line++
	block := strings.HasSuffix(message, "expected key") || strings.HasSuffix(message, "'-' indicator")
	if !block || len(src) > searchable {
		return line
	}
	lines := bytes.SplitAfter(src, []byte("\n"))
	return 1 + sort.Search(len(lines)-1, func(i int) bool {
		var n yaml.Node
		err := yaml.Unmarshal(bytes.Join(lines[:i+1], nil), &n)
		return err != nil && strings.HasSuffix(err.Error(), message)
	})
}

// tabNear returns the place of a tab in the indentation of a line or the two
// below it.
func (r *report) tabNear(line int) key {
	for i := line; i <= line+2; i++ {
		l := r.line(i)
		indent := l[:len(l)-len(bytes.TrimLeft(l, " \t"))]
		if tab := bytes.IndexByte(indent, '\t'); tab >= 0 && len(indent) < len(l) {
			return placeAt(i, tab+1)
		}
	}
	return key{}
}

// aliasPlace finds the alias that an error about an unknown anchor is about.
func (r *report) aliasPlace(src []byte, message string, otherwise key) key {
	_, name, _ := strings.Cut(message, "'")
	name, _, _ = strings.Cut(name, "'")
	i := bytes.Index(src, []byte("*"+name))
	if i < 0 {
		return otherwise
	}
	line := 1 + bytes.Count(src[:i], []byte("\n"))
	return placeAt(line, 1+len([]rune(string(src[bytes.LastIndexByte(src[:i], '\n')+1:i]))))
}
