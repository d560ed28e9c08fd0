package schema

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// String returns the duration in the shortest form that the manifest takes,
// such as "90s", "12h" or "1h30m".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText returns what String returns.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration such as "90s" or "1h30m". It is never
// negative.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := parseDuration(string(b))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

var (
	durationForm = lazily(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)
	otherUnit    = lazily(`^([0-9]{1,18}) ?(y|yr|years?|mo|months?|w|weeks?|d|days?|hrs?|hours?|mins?|minutes?|secs?|seconds?)$`)
	bareNumber   = lazily(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)
)

// parseDuration reads a duration, and says of what is none how to write it.
func parseDuration(s string) (time.Duration, error) {
	switch {
	case strings.HasPrefix(s, "-"):
		return 0, errors.New("a duration here is never negative")
	case s == "0":
		return 0, nil
	case bareNumber().MatchString(s):
		return 0, fmt.Errorf("%s has no unit: write %ss, %sm or %sh", s, s, s, s)
	case otherUnit().MatchString(s):
		return 0, fmt.Errorf("%q is no duration: the units are h, m, s and ms, without spaces", s)
	case !durationForm().MatchString(s):
		return 0, errors.New("no duration: write a number and a unit, such as 90s, 15m or 12h")
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, errors.New("the duration is too long")
	}
	return d, nil
}
