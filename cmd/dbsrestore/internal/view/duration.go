package view

import (
	"fmt"
	"time"
)

// Duration returns a duration in the two units that matter, as "0.8s", "42s",
// "7m26s", "1h 23m" or "12h". A negative one, which only clocks that differ
// can bring about, counts as none.
func Duration(d time.Duration) string {
	d = max(d, 0)
	if tenths := d.Round(time.Second / 10); 0 < tenths && tenths < time.Second {
		return fmt.Sprintf("%.1fs", tenths.Seconds())
	}
	seconds := int64(d.Round(time.Second) / time.Second)
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 3600:
		return twoUnits(seconds, 60, "m", "", "s")
	}
	return twoUnits(int64(d.Round(time.Minute)/time.Minute), 60, "h", " ", "m")
}

func twoUnits(n, per int64, big, between, small string) string {
	if n%per == 0 {
		return fmt.Sprintf("%d%s", n/per, big)
	}
	return fmt.Sprintf("%d%s%s%02d%s", n/per, big, between, n%per, small)
}

// utc returns a moment as RFC 3339 in UTC, to the second.
func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }
