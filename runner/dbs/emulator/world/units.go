package world

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// formats are the forms that the schema names. They leave to its types what is
// of another type.
var formats = map[string]func(any) bool{
	"moment": func(v any) bool {
		s, ok := v.(string)
		_, err := moment(s, time.Unix(0, 0).UTC())
		return !ok || err == nil
	},
	"size": func(v any) bool {
		switch v.(type) {
		case string, int, int64, uint64, float64:
			_, err := size(v)
			return err == nil
		}
		return true
	},
	"duration": func(v any) bool {
		s, ok := v.(string)
		_, err := time.ParseDuration(s)
		return !ok || err == nil
	},
	"clientTokens": func(v any) bool {
		s, ok := v.(string)
		return !ok || new(ClientTokens).set(s) == nil
	},
}

// resolve rewrites what a world file says in units into what the Go types
// take: times before the present day into times, sizes into bytes. The schema
// has seen to the form.
func resolve(n *yaml.Node, today time.Time) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			switch key := n.Content[i-1].Value; {
			case key == "where", key == "needs":
				continue // their keys are somebody else's
			case child.Kind == yaml.ScalarNode:
				resolveScalar(key, child, today)
			}
		}
		resolve(child, today)
	}
}

func resolveScalar(key string, n *yaml.Node, today time.Time) {
	switch key {
	case "created", "from", "to", "expires":
		if t, err := moment(n.Value, today); err == nil {
			n.Value, n.Tag, n.Style = t.Format(time.RFC3339Nano), "!!timestamp", 0
		}
	case "size", "freeSpace", "throughput":
		var v any
		if n.Decode(&v) == nil {
			if bytes, err := size(v); err == nil {
				n.Value, n.Tag, n.Style = strconv.FormatInt(bytes, 10), "!!int", 0
			}
		}
	}
}

// moment reads an RFC 3339 time, or a duration before the present day such as
// -30d or -6d18h.
func moment(s string, today time.Time) (time.Time, error) {
	before, relative := strings.CutPrefix(s, "-")
	if !relative {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return t, fmt.Errorf("%q is no time; write one such as 2026-11-20T03:00:00Z, or -30d for 30 days before today", s)
		}
		if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
			return t, fmt.Errorf("the year of %s has no four digits", s)
		}
		return t, nil
	}
	days, rest, found := strings.Cut(before, "d")
	if !found {
		days, rest = "0", before
	}
	n, err := strconv.Atoi(days)
	if err != nil || n > 36500 {
		return today, fmt.Errorf("%q is no time before today; write -30d or -6d18h", s)
	}
	var d time.Duration
	if rest != "" {
		if d, err = time.ParseDuration(rest); err != nil {
			return today, fmt.Errorf("%q is no time before today; write -30d or -6d18h", s)
		}
	}
	return today.AddDate(0, 0, -n).Add(-d), nil
}

var units = map[string]float64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

// size reads a number of bytes such as 4096 or 1.5GiB.
func size(v any) (int64, error) {
	s := fmt.Sprint(v)
	if f, ok := v.(float64); ok {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	at := strings.IndexFunc(s, func(c rune) bool { return c != '.' && (c < '0' || c > '9') })
	if at < 0 {
		at = len(s)
	}
	n, err := strconv.ParseFloat(s[:at], 64)
	unit, known := units[s[at:]]
	if err != nil || !known || n*unit >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is no size; write bytes, or a number with KiB, MiB, GiB or TiB", s)
	}
	return int64(n * unit), nil
}
