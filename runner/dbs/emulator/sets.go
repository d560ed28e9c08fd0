package emulator

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// fullBackupFile is a full backup set as it is listed. Source: dbs-api.md §3.3.
type fullBackupFile struct {
	BackupSetId, BackupStatus string
	StartTime, EndTime        int64  // of the backup
	CreateTime, FinishTime    int64  // of the job
	BackupSetExpiredTime      int64  `json:",omitempty"`
	StorageMethod             string `json:",omitempty"`
	BackupSize                int64
	BackupObjects             string
	SourceEndpointIpPort      string `json:",omitempty"`
	ErrMessage                string
}

// describeFullBackupList lists backup sets, the newest first.
func (d *DBS) describeFullBackupList(c *call) (reply, error) {
	plan, p, err := d.backupsOf(c)
	if err != nil {
		return nil, err
	}
	asked := d.spanOf(c)
	var found []world.BackupSet
	for _, s := range slices.Backward(plan.sets) {
		if asked.holds(s.From) && (c.q["BackupSetId"] == "" || c.q["BackupSetId"] == s.ID) &&
			(c.q["BackupSetStatus"] == "" || c.q["BackupSetStatus"] == cmp.Or(s.Status, "finish")) {
			found = append(found, s)
		}
	}
	first, last := p.bounds(len(found))
	items := make([]fullBackupFile, 0, last-first)
	for _, s := range found[first:last] {
		items = append(items, plan.file(s, c.q["ShowStorageType"] == "" || c.is("ShowStorageType")))
	}
	return p.reply(len(found), "FullBackupFile", items), nil
}

// backupsOf returns the backup plan and the page of a list of backups.
func (d *DBS) backupsOf(c *call) (*backupPlan, page, error) {
	p, err := d.readPage(c)
	if err != nil {
		return nil, p, err
	}
	plan := d.world.plan(c.account, c.q["BackupPlanId"])
	if plan == nil {
		return nil, p, d.fail(codeInvalid, "The backup plan does not exist.")
	}
	return plan, p, nil
}

// span is a time between two others, in milliseconds, both included.
type span struct{ from, to int64 }

func (s span) holds(t time.Time) bool { return s.from <= t.UnixMilli() && t.UnixMilli() <= s.to }

// spanOf returns the span that a list of backups is asked for. In which unit is
// not known: the world says it or, by default, what must be seconds is taken as
// such.
func (d *DBS) spanOf(c *call) span {
	millis := func(name string, fallback int64) int64 {
		n := c.integer(name, fallback)
		const early = 100_000_000_000 // in milliseconds the year 1973, in seconds far off
		unit := d.world.Behaviour.ListTimestamps
		if n != fallback && n < math.MaxInt64/1000 && (unit == "seconds" || unit == "" && 0 < n && n < early) {
			n *= 1000
		}
		return n
	}
	return span{millis("StartTimestamp", 0), millis("EndTimestamp", math.MaxInt64)}
}

func (p *backupPlan) file(s world.BackupSet, storage bool) fullBackupFile {
	f := fullBackupFile{
		BackupSetId:          s.ID,
		BackupStatus:         cmp.Or(s.Status, "finish"),
		StartTime:            s.From.UnixMilli(),
		EndTime:              s.To.UnixMilli(),
		CreateTime:           s.From.UnixMilli(),
		FinishTime:           s.To.UnixMilli(),
		BackupSize:           s.Size,
		BackupObjects:        p.objects,
		SourceEndpointIpPort: p.Source.IPPort,
	}
	if storage {
		f.StorageMethod = cmp.Or(s.StorageMethod, map[bool]string{true: "Standard", false: "UNKNOWN"}[f.BackupStatus == "finish"])
	}
	if !s.Expires.IsZero() {
		f.BackupSetExpiredTime = s.Expires.UnixMilli()
	}
	return f
}

// incrementBackupFile is a log file that was backed up, as it is listed; its
// BackupSetId cannot be restored. Source: dbs-api.md §3.4.
type incrementBackupFile struct {
	BackupSetId, BackupSetJobId string
	BackupStatus                string // in capitals
	StartTime, EndTime          int64
	BackupSetExpiredTime        int64
	StorageMethod               string `json:",omitempty"`
	BackupSize                  int64
	SourceEndpointIpPort        string `json:",omitempty"`
}

// describeIncrementBackupList lists log files, the newest first: one an hour in
// every range, of which the last may still be filling.
func (d *DBS) describeIncrementBackupList(c *call) (reply, error) {
	plan, p, err := d.backupsOf(c)
	if err != nil {
		return nil, err
	}
	asked := d.spanOf(c)
	var found []incrementBackupFile
	for _, f := range slices.Backward(plan.logs(c.now)) {
		if asked.holds(time.UnixMilli(f.StartTime)) {
			if c.q["ShowStorageType"] != "" && !c.is("ShowStorageType") {
				f.StorageMethod = ""
			}
			found = append(found, f)
		}
	}
	first, last := p.bounds(len(found))
	return p.reply(len(found), "IncrementBackupFile", append([]incrementBackupFile{}, found[first:last]...)), nil
}

// maxLogs bounds the log files of one range, to those of its newest year.
const maxLogs = 366 * 24

// logs returns the log files of a plan, oldest first.
func (p *backupPlan) logs(now time.Time) (list []incrementBackupFile) {
	name := map[bool]string{true: "mysql-bin", false: strings.ToLower(p.DatabaseType) + "-log"}[p.DatabaseType == "MySQL" || p.DatabaseType == "MariaDB"]
	for _, r := range p.Ranges {
		stop := r.To
		if stop.IsZero() {
			stop = now
		}
		first := r.From
		if oldest := stop.Add(-maxLogs * time.Hour).Truncate(time.Hour); first.Before(oldest) {
			first = oldest
		}
		for from := first; from.Before(stop); from = from.Add(time.Hour) {
			f := incrementBackupFile{
				BackupSetId:          fmt.Sprintf("%s.%06d", name, len(list)+1),
				BackupSetJobId:       fmt.Sprintf("1hv%s%06d", strings.TrimPrefix(p.ID, "dbs1"), len(list)+1),
				BackupStatus:         "COMPLETED",
				StartTime:            from.UnixMilli(),
				EndTime:              from.Add(time.Hour).UnixMilli(),
				BackupSetExpiredTime: from.AddDate(0, 0, 730).UnixMilli(),
				StorageMethod:        "Standard",
				BackupSize:           1 << 20,
				SourceEndpointIpPort: p.Source.IPPort,
			}
			if from.Add(time.Hour).After(stop) {
				f.EndTime = stop.UnixMilli()
				if r.To.IsZero() {
					f.BackupStatus = "FILLING"
				}
			}
			list = append(list, f)
		}
	}
	return list
}
