package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"text/template"
	"time"
)

// newFunctions returns what templates may call, under the names and with the order
// of arguments of the Sprig library. Each is deterministic, and will be bounded in
// what it takes and returns. Characters are counted, not bytes.
func (ts *templates) newFunctions() template.FuncMap {
	return template.FuncMap{
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
		"regexReplaceAll": ts.regexReplaceAll,
		"sha256sum":       sha256sum,
		"date":            date,
		"default":         defaultTo,
		"toString":        func(v any) string { return fmt.Sprint(v) },
		"index":           index, // the builtin gives a zero value for a missing key
	}
}

// builtins are the functions of text/template that may be called as they are.
var builtins = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len"}

var (
	errTooLong  = fmt.Errorf("the result is longer than %d bytes", maxText)
	errArgument = fmt.Errorf("an argument is longer than %d bytes", maxText)
)

// bounded returns a function that fails where f takes or gives a text longer
// than maxText. f returns one value, and may return an error.
func bounded(f any) any {
	call := reflect.ValueOf(f)
	t := call.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	out := []reflect.Type{t.Out(0), reflect.TypeFor[error]()}
	return reflect.MakeFunc(reflect.FuncOf(in, out, false), func(args []reflect.Value) []reflect.Value {
		fail := func(err error) []reflect.Value {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		if slices.ContainsFunc(args, tooLong) {
			return fail(errArgument)
		}
		results := call.Call(args)
		switch {
		case len(results) == 1:
			results = append(results, reflect.Zero(out[1]))
		case !results[1].IsNil():
			return results
		}
		if tooLong(results[0]) {
			return fail(errTooLong)
		}
		return results
	}).Interface()
}

// tooLong reports whether v is a text longer than maxText, or holds one.
func tooLong(v reflect.Value) bool {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v.Kind() == reflect.String && v.Len() > maxText
}

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

func (ts *templates) regexReplaceAll(pattern, s, by string) (string, error) {
	re, err := ts.regexp(pattern)
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

// Bounds on a regular expression: matching takes time in proportion to its
// steps and to the text. Package regexp is several times slower beyond 500.
const (
	maxPattern     = 256 // bytes
	maxRegexpSteps = 500 // repetitions written out
)

func compileRegexp(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the regular expression is too large (%d bytes, at most %d)", len(pattern), maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if n := regexpSteps(parsed); n > maxRegexpSteps {
		return nil, fmt.Errorf("the regular expression is too large (%d steps, at most %d)", n, maxRegexpSteps)
	}
	return regexp.Compile(pattern)
}

// regexpSteps returns about how many instructions re compiles to.
func regexpSteps(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += regexpSteps(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
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
