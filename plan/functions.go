package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"text/template"
	"time"
)

// functions are what templates may call, under the names and with the order
// of arguments of the Sprig library. Each is deterministic and bounds what it
// returns. Characters are counted, not bytes.
var functions = template.FuncMap{
	"lower":           strings.ToLower,
	"upper":           strings.ToUpper,
	"trim":            strings.TrimSpace,
	"trimPrefix":      func(prefix, s string) string { return strings.TrimPrefix(s, prefix) },
	"trimSuffix":      func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
	"replace":         replace,
	"trunc":           trunc,
	"substr":          substr,
	"contains":        func(part, s string) bool { return strings.Contains(s, part) },
	"hasPrefix":       func(prefix, s string) bool { return strings.HasPrefix(s, prefix) },
	"hasSuffix":       func(suffix, s string) bool { return strings.HasSuffix(s, suffix) },
	"splitList":       func(sep, s string) []string { return strings.Split(s, sep) },
	"join":            join,
	"regexReplaceAll": regexReplaceAll,
	"sha256sum":       sha256sum,
	"date":            date,
	"default":         defaultTo,
	"toString":        func(v any) string { return fmt.Sprint(v) },
	"index":           index, // the builtin gives a zero value for a missing key
}

// builtins are the functions of text/template that may be called as they are.
var builtins = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len"}

var errTooLong = fmt.Errorf("the result is longer than %d bytes", maxText)

func replace(old, by, s string) (string, error) {
	if len(s)+strings.Count(s, old)*len(by) > maxText+strings.Count(s, old)*len(old) {
		return "", errTooLong
	}
	return strings.ReplaceAll(s, old, by), nil
}

func join(sep string, list []string) (string, error) {
	n := len(sep) * max(len(list)-1, 0)
	for _, s := range list {
		n += len(s)
	}
	if n > maxText {
		return "", errTooLong
	}
	return strings.Join(list, sep), nil
}

// trunc keeps the first n characters, or the last -n when n is negative.
func trunc(n int, s string) string {
	r := []rune(s)
	switch {
	case n >= 0:
		return string(r[:min(n, len(r))])
	case -n < 0: // the smallest int has no negative
		return s
	}
	return string(r[max(len(r)+n, 0):])
}

// substr keeps the characters from start up to end; a negative end stands for
// the end of s.
func substr(start, end int, s string) string {
	r := []rune(s)
	if end < 0 || end > len(r) {
		end = len(r)
	}
	return string(r[min(max(start, 0), end):end])
}

func regexReplaceAll(pattern, s, by string) (string, error) {
	re, err := compileRegexp(pattern)
	if err != nil {
		return "", err
	}
	var out []byte
	end := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, s[end:m[0]]...)
		out = re.ExpandString(out, by, s, m)
		end = m[1]
		if len(out) > maxText {
			return "", errTooLong
		}
	}
	return string(append(out, s[end:]...)), nil
}

// maxRegexp bounds a compiled regular expression, in instructions. Matching
// takes time in proportion to it and to the text.
const maxRegexp = 2000

func compileRegexp(pattern string) (*regexp.Regexp, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if len(prog.Inst) > maxRegexp {
		return nil, fmt.Errorf("the regular expression is too large (%d steps, at most %d)", len(prog.Inst), maxRegexp)
	}
	return regexp.Compile(pattern)
}

func sha256sum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// date formats a moment in UTC by a Go layout. The moment is a text in one of
// dateLayouts, such as the run key of a slot, or a number of Unix seconds.
func date(layout string, moment any) (string, error) {
	switch m := moment.(type) {
	case int:
		return time.Unix(int64(m), 0).UTC().Format(layout), nil
	case int64:
		return time.Unix(m, 0).UTC().Format(layout), nil
	case string:
		for _, l := range dateLayouts {
			if t, err := time.Parse(l, m); err == nil {
				return t.UTC().Format(layout), nil
			}
		}
	}
	return "", fmt.Errorf("%v is not a date: write it as 2026-11-23 or 2026-11-23T15:04:05Z", moment)
}

var dateLayouts = []string{time.RFC3339, slotLayout, time.DateOnly}

// defaultTo returns value, or otherwise when value is empty: "", 0, false.
func defaultTo(otherwise, value any) any {
	if truth, _ := template.IsTrue(value); !truth {
		return otherwise
	}
	return value
}

func index(of, key any) (any, error) {
	switch of := of.(type) {
	case []string:
		i, ok := key.(int)
		if !ok || i < 0 || i >= len(of) {
			return nil, fmt.Errorf("there is no element %v in a list of %d", key, len(of))
		}
		return of[i], nil
	case map[string]any:
		return lookUp(of, key)
	case map[string]string:
		return lookUp(of, key)
	}
	return nil, errors.New("only lists, .vars and .each have an index")
}

func lookUp[V any](m map[string]V, key any) (any, error) {
	k, _ := key.(string)
	v, ok := m[k]
	if !ok {
		return nil, fmt.Errorf("there is no key %v", key)
	}
	return v, nil
}
