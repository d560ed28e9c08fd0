package world

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sets returns the backup sets of a plan, oldest first: those that are written
// out, and those of its schedule before the present day in UTC.
func (p *BackupPlan) Sets(now time.Time) []BackupSet {
	sets := slices.Clone(p.BackupSets)
	var size int64
	for _, db := range p.Databases {
		size += db.Size
	}
	today := now.UTC().Truncate(24 * time.Hour)
	at, err := time.Parse("15:04", cmp.Or(p.Schedule.At, "18:00"))
	if err != nil {
		at = time.Time{} // made in Go; the schema refuses it in a file
	}
	for day := p.Schedule.Days; day > 0; day-- {
		from := today.AddDate(0, 0, -day).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
		sets = append(sets, BackupSet{
			ID:      fmt.Sprintf("1ib%s%s", strings.TrimPrefix(p.ID, "dbs1"), from.Format("20060102")),
			From:    from,
			To:      from.Add(cmp.Or(p.Schedule.Lasts, 45*time.Minute)),
			Expires: from.AddDate(0, 0, cmp.Or(p.Schedule.Keep, 30)),
			Size:    size / 4, // compressed
		})
	}
	slices.SortStableFunc(sets, func(a, b BackupSet) int { return a.From.Compare(b.From) })
	return sets
}
