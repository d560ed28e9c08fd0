package world

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// resolve rewrites what a world file says in units into what the Go types
// take: times before the present day into times, sizes into bytes. The schema
// has seen to the form.
func resolve(n *yaml.Node, today time.Time) error {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && child.Kind == yaml.ScalarNode {
			if err := resolveScalar(n.Content[i-1].Value, child, today); err != nil {
				return err
			}
			continue
		}
		if err := resolve(child, today); err != nil {
			return err
		}
	}
	return nil
}

func resolveScalar(key string, n *yaml.Node, today time.Time) error {
	switch key {
	case "created", "from", "to", "expires":
		t, err := moment(n.Value, today)
		if err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
		n.Value, n.Tag, n.Style = t.Format(time.RFC3339Nano), "!!timestamp", 0
	case "size", "freeSpace", "throughput":
		bytes, err := size(n.Value)
		if err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
		n.Value, n.Tag, n.Style = strconv.FormatInt(bytes, 10), "!!int", 0
	}
	return nil
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
		return t.UTC(), nil
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
func size(s string) (int64, error) {
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
