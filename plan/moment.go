package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/schema"
)

// A moment is what at asks for, before anybody is asked what there is.
type moment struct {
	text    string // as its author wrote it
	field   string // where it stands in the restore
	kind    momentKind
	instant time.Time     // of atInstant
	back    time.Duration // of atBack, positive
	set     string        // of atBackupSet
	open    string        // what is left of it when nobody is asked
}

type momentKind int

const (
	atLatest     momentKind = iota // the newest restorable moment
	atLatestFull                   // the newest full backup set
	atInstant                      // a point in time
	atBack                         // so long ago
	atBackupSet                    // a full backup set by its id
)

// beforeService is before any backup that the service may hold.
var beforeService = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// readMoment reads at. What cannot be right at any time, given now, is a
// problem; now may be zero.
func readMoment(at schema.At, now time.Time) (moment, *problem) {
	switch {
	case at.BackupSetID != "":
		return moment{text: "backupSetId " + at.BackupSetID, field: "/at/backupSetId", kind: atBackupSet, set: at.BackupSetID}, nil
	case at.RestoreTime != "":
		m := moment{text: "restoreTime " + at.RestoreTime, field: "/at/restoreTime", kind: atInstant}
		return m.readMillis(at.RestoreTime, now)
	}
	m := moment{text: at.Text, field: "/at"}
	switch {
	case at.Text == "":
		return m, problemf(CodeRequired, m.field, "at is missing: the moment to restore").
			withHint("write latest, latest-full, a time such as 2026-11-20T03:00:00+08:00, or a duration back such as -6h")
	case at.Text == "latest":
		m.kind = atLatest
	case at.Text == "latest-full":
		m.kind = atLatestFull
	case strings.HasPrefix(at.Text, "-"):
		return m.readBack()
	default:
		return m.readTime(now)
	}
	return m, nil
}

// whatIsOpen says what an offline plan leaves of the moment.
func (m moment) whatIsOpen() string {
	switch m.kind {
	case atInstant:
		return "at: " + m.text + " is checked against the restorable ranges when the backup plan is asked"
	case atBackupSet:
		return "at: " + m.text + " is looked up when the backup plan is asked"
	}
	return "at: " + m.text + " is resolved when the backup plan is asked"
}

func (m moment) readMillis(digits string, now time.Time) (moment, *problem) {
	ms, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strings.TrimLeft(digits, "0123456789") != "" {
		return m, problemf(CodeNumber, m.field, "restoreTime %.80q is not a whole number of milliseconds", digits)
	}
	m.instant = time.UnixMilli(ms).UTC()
	if seconds := time.Unix(ms, 0).UTC(); m.instant.Before(beforeService) && seconds.After(beforeService) && seconds.Year() < 2200 {
		return m, problemf(CodeAt, m.field, "restoreTime %s looks like seconds; the service counts milliseconds", digits).
			withHint("write %s000, or at: %q", digits, seconds.Format(time.RFC3339))
	}
	m.kind = atInstant
	return m, m.checkInstant(now)
}

func (m moment) readBack() (moment, *problem) {
	d, err := time.ParseDuration(m.text)
	if err != nil || d >= 0 || -d < 0 {
		return m, problemf(CodeAt, m.field, "at %.80q is not a duration back from now", m.text).
			withHint("write it as -6h, -90m or -36h; there is no unit for days")
	}
	m.kind, m.back = atBack, -d
	return m, nil
}

func (m moment) readTime(now time.Time) (moment, *problem) {
	t, err := time.Parse(time.RFC3339, m.text)
	if err != nil {
		p := problemf(CodeAt, m.field, "at %.80q is neither latest, latest-full, a duration back nor a time", m.text).
			withHint("write a time as 2026-11-20T03:00:00+08:00")
		var bad *time.ParseError
		if _, zoneless := time.Parse("2006-01-02T15:04:05", m.text); zoneless == nil {
			p = problemf(CodeAt, m.field, "at %.80q has no time zone", m.text).withHint("add Z for UTC, or an offset such as +08:00")
		} else if errors.As(err, &bad) && bad.Message != "" {
			p = problemf(CodeAt, m.field, "at %.80q does not exist%s", m.text, bad.Message)
		} else {
			p.hint = didYouMean(m.text, []string{"latest", "latest-full"}, p.hint)
		}
		return m, p
	}
	m.kind, m.instant = atInstant, t.UTC().Truncate(time.Millisecond) // what the service counts
	return m, m.checkInstant(now)
}

func (m moment) checkInstant(now time.Time) *problem {
	switch {
	case m.instant.Before(beforeService):
		return problemf(CodeAt, m.field, "%s is before any backup of the service", stamp(m.instant))
	case !now.IsZero() && m.instant.After(now):
		return problemf(CodeAt, m.field, "%s lies in the future", stamp(m.instant)).
			withHint("it is %s now", now.UTC().Format(time.RFC3339))
	}
	return nil
}

// needsRanges and needsSets say what must be asked to resolve the moment.
func (m moment) needsRanges() bool {
	return m.kind == atInstant || m.kind == atBack
}

func (m moment) needsSets() bool {
	return m.kind == atLatestFull || m.kind == atBackupSet
}

// resolve sets RestoreTime or BackupSetId to what the moment is, given what
// the backup plan holds. Blocked says why the backup plan has nothing to
// restore; a problem, that it has something else.
func (m moment) resolve(p *Parameters, b *BackupPlan, now time.Time) (blocked string, _ *problem) {
	switch m.kind {
	case atLatest:
		if len(b.Ranges) > 0 {
			newest := slices.MaxFunc(b.Ranges, func(r, s Range) int { return r.To.Compare(s.To) })
			if set := b.newerPoint(newest.To); set != "" { // the log ended, and full backups went on
				p.BackupSetId = set
				return "", nil
			}
			p.RestoreTime = newest.To.UnixMilli()
			return "", nil
		}
		return m.newestSet(p, b), nil
	case atLatestFull:
		return m.newestSet(p, b), nil
	case atBackupSet:
		if len(b.BackupSets) == 0 {
			return nothingYet(b), nil
		}
		if !slices.ContainsFunc(b.BackupSets, func(s BackupSet) bool { return s.ID == m.set }) {
			return "", m.unknownSet(b)
		}
		p.BackupSetId = m.set
		return "", nil
	case atBack:
		m.instant = now.Add(-m.back).UTC().Truncate(time.Second)
	}
	if len(b.Ranges)+len(b.Points) == 0 {
		return nothingYet(b), nil
	}
	if b.holds(m.instant) {
		p.RestoreTime = m.instant.UnixMilli()
		return "", nil
	}
	return "", m.notRestorable(b)
}

// newerPoint returns the newest full backup set behind a moment, "" for none.
func (b *BackupPlan) newerPoint(than time.Time) (id string) {
	for _, s := range b.Points {
		if s.ID != "" && s.To.After(than) {
			id, than = s.ID, s.To
		}
	}
	return id
}

func (m moment) newestSet(p *Parameters, b *BackupPlan) (blocked string) {
	if len(b.BackupSets) == 0 {
		return nothingYet(b)
	}
	p.BackupSetId = slices.MaxFunc(b.BackupSets, func(s, t BackupSet) int { return s.To.Compare(t.To) }).ID
	return ""
}

// setTime returns when a backup set ended, in Unix milliseconds, 0 for one that
// is not known.
func (b *BackupPlan) setTime(id string) int64 {
	for _, s := range slices.Concat(b.BackupSets, b.Points) {
		if id != "" && s.ID == id {
			return s.To.UnixMilli()
		}
	}
	return 0
}

// holds reports whether a backup plan can restore a moment.
func (b *BackupPlan) holds(at time.Time) bool {
	return slices.ContainsFunc(b.Ranges, func(r Range) bool { return !at.Before(r.From) && !at.After(r.To) })
}

func nothingYet(b *BackupPlan) string {
	return fmt.Sprintf("backup plan %s (status %s) has nothing that can be restored: no finished full backup set; see in the console why, or wait for its first backup",
		b.ID, visible(cmp.Or(b.Status, "unknown")))
}

func (m moment) unknownSet(b *BackupPlan) *problem {
	ids := make([]string, 0, len(b.BackupSets))
	for _, s := range b.BackupSets {
		ids = append(ids, s.ID)
	}
	newest := b.BackupSets[len(ids)-1]
	hint := fmt.Sprintf("its newest is %s of %s", visible(newest.ID), stamp(newest.To))
	return problemf(CodeBackupSet, m.field, "backup plan %s has no finished full backup set %q", b.ID, m.set).
		withHint("%s", didYouMean(m.set, ids, hint))
}

// stamp writes a moment to the millisecond, which is what the service counts.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// candidate is something that can be restored instead of a moment that cannot.
type candidate struct {
	at   time.Time
	text string
}

// candidates returns what can be restored around a moment that cannot.
func (b *BackupPlan) candidates() (all []candidate) {
	for _, r := range b.Ranges {
		all = append(all, candidate{r.From, stamp(r.From)}, candidate{r.To, stamp(r.To)})
	}
	for _, s := range b.Points {
		text := fmt.Sprintf("{backupSetId: %s} of %s", visible(s.ID), stamp(s.To))
		if s.ID == "" {
			text = fmt.Sprintf("the full backup set of %s (the console shows its id)", stamp(s.To))
		}
		all = append(all, candidate{s.To, text})
	}
	return all
}

// notRestorable names what can be restored on both sides of the instant.
func (m moment) notRestorable(b *BackupPlan) *problem {
	why := ""
	if len(b.Ranges) == 0 && len(b.Points) > 0 {
		why = ": it keeps no log, only full backup sets"
	}
	p := problemf(CodeNotRestorable, m.field, "backup plan %s cannot restore %s%s", b.ID, stamp(m.instant), why)
	var before, after *candidate
	all := b.candidates()
	for i := range all {
		switch c := &all[i]; {
		case !c.at.After(m.instant) && (before == nil || c.at.After(before.at)):
			before = c
		case c.at.After(m.instant) && (after == nil || c.at.Before(after.at)):
			after = c
		}
	}
	// Whether the service takes the very moment of a backup set is not documented.
	if before != nil && before.at.Equal(m.instant) {
		return p.withHint("at that moment it has %s", before.text)
	}
	var nearest []string
	if before != nil {
		nearest = append(nearest, before.text+" before it")
	}
	if after != nil {
		nearest = append(nearest, after.text+" after it")
	}
	if nearest == nil {
		return p.withHint("it has nothing that can be restored")
	}
	return p.withHint("the nearest that it can: %s", strings.Join(nearest, ", "))
}
