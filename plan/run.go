package plan

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const (
	defaultRun = "default"

	// slotLayout is how the start of a slot is written in a run key.
	slotLayout = "2006-01-02T15:04Z"
)

// variables returns the manifest's vars with the overrides of --var put in. A
// value takes the type that the manifest's has; a new one is a text.
func variables(m *schema.Manifest, overrides map[string]string) (map[string]any, []*problem) {
	vars := make(map[string]any, len(m.Vars)+len(overrides))
	for k, v := range m.Vars {
		vars[k] = v
	}
	var found []*problem
	for k, s := range overrides {
		_, declared := m.Vars[k]
		if near := diag.Nearest(k, slices.Collect(maps.Keys(m.Vars))); !declared && near != "" {
			found = append(found, problemf(CodeVar, "/vars", "--var %s: the manifest has no variable %s", k, k).
				withHint("did you mean %s?", near))
		}
		v, kind := parseLike(m.Vars[k], s)
		if kind != "" {
			found = append(found, problemf(CodeVar, "/vars/"+pointerEscaper.Replace(k),
				"--var %s: vars.%s is %s in the manifest, the value given is not", k, k, kind))
		}
		vars[k] = v
	}
	return vars, found
}

// parseLike reads s as the type of like. Kind names that type when s is not
// of it.
func parseLike(like any, s string) (v any, kind string) {
	var err error
	switch like.(type) {
	case bool:
		kind = "true or false"
		v, err = strconv.ParseBool(s)
	case int64, int:
		kind = "a whole number"
		v, err = strconv.ParseInt(s, 10, 64)
	case float64:
		kind = "a number"
		var f float64
		if f, err = strconv.ParseFloat(s, 64); math.IsNaN(f) || math.IsInf(f, 0) {
			err = strconv.ErrRange
		}
		v = f
	default:
		return s, ""
	}
	if err != nil {
		return v, kind
	}
	return v, ""
}

// runKey expands the run key: a literal, a template over .vars, or
// "slot:DURATION", which stands for the start of the slot that now is in.
func (x *expansion) runKey(run string, now time.Time) string {
	if isTemplate(run) {
		t := x.templates.parse(run)
		p := scope{roots: []string{"vars"}, vars: x.vars}.check(t)
		if p == nil {
			var err error
			if run, err = t.execute(&data{names: inRunKey, vars: x.vars}); err != nil {
				p = problemf(CodeExecute, "", "the run key cannot be expanded: %v", err)
			}
		}
		if p != nil {
			x.problems.addf(p.code, "/run", p.hint, "%s", p.summary)
			return ""
		}
	}
	if length, ok := strings.CutPrefix(run, "slot:"); ok {
		start, ok := slotStart(length, now)
		if !ok {
			x.problems.addf(CodeRun, "/run", "write slot:24h for nights, slot:1h for hours",
				"%q is not a slot: its length must be whole minutes, at least one", run)
		}
		return start
	}
	if run == "" {
		return defaultRun
	}
	if utf8.RuneCountInString(run) > schema.MaxRunKey {
		x.problems.addf(CodeRun, "/run", "", "the run key is longer than %d characters", schema.MaxRunKey)
	}
	if r, bad := unprintable(run); bad {
		x.problems.addf(CodeRun, "/run", "", "the run key holds %U, which cannot be seen", r)
	}
	return run
}

// slotStart returns the start of the slot of the given length that now is in.
// Slots are counted from the Unix epoch.
func slotStart(length string, now time.Time) (string, bool) {
	d, err := time.ParseDuration(length)
	if err != nil || d < time.Minute || d%time.Minute != 0 {
		return "", false
	}
	seconds, size := now.Unix(), int64(d/time.Second)
	start := seconds - ((seconds%size)+size)%size
	return time.Unix(start, 0).UTC().Format(slotLayout), true
}

// unprintable returns the first character of s that a reader cannot see: a
// control character, a mark of writing direction, a broken byte.
func unprintable(s string) (rune, bool) {
	for i, r := range s {
		if r >= ' ' && r < 0x7f {
			continue
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return rune(s[i]), true
			}
		}
		if !unicode.IsPrint(r) {
			return r, true
		}
	}
	return 0, false
}

// visible returns s, quoted when a reader could not see all of it.
func visible(s string) string {
	if _, bad := unprintable(s); bad {
		return strconv.QuoteToASCII(s)
	}
	return s
}
