package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stale is an item that can no longer be carried out as it was planned.
type Stale struct {
	Key Key
	Why string // what was planned and what is now

	Unread bool // nobody could say how it is now
}

// Questions returns what must be known to say whether the plan is stale: one
// question for each backup plan of the items that are yet to be begun. Known is
// what is known of the run.
func (p *Plan) Questions(known map[Key]Known) []Question {
	var q questions
	for i := range p.Items {
		it := &p.Items[i]
		if !it.isNew(known) {
			continue
		}
		about := q.about(Subject{it.Site, it.Parameters.BackupPlanId})
		about.Ranges = about.Ranges || it.Parameters.RestoreTime != 0
		about.BackupSets = about.BackupSets || it.Parameters.BackupSetId != ""
	}
	return q.list
}

// GatewaySites returns the sites whose backup gateways must be known for it.
func (p *Plan) GatewaySites(known map[Key]Known) []Site {
	var sites []Site
	for i := range p.Items {
		it := &p.Items[i]
		if site := it.gatewaySite(); it.Parameters.BackupGatewayId != 0 && !slices.Contains(sites, site) && it.isNew(known) {
			sites = append(sites, site)
		}
	}
	return sites
}

// isNew reports whether an item is to be restored, and nothing of it exists. What
// a plan has done itself is never stale.
func (i *Item) isNew(known map[Key]Known) bool {
	_, begun := known[i.Key]
	return i.Action == Restore && !begun
}

// Stale returns the items that the facts, asked by Questions and GatewaySites,
// do not bear out any more.
func (p *Plan) Stale(f Facts) []Stale {
	answers := make(map[Subject]*BackupPlan, len(f.Answers))
	for i := range f.Answers {
		b := &f.Answers[i]
		answers[Subject{b.Site, b.ID}] = b
	}
	aliases := aliasesOf(&f)
	var stale []Stale
	for i := range p.Items {
		it := &p.Items[i]
		if k, begun := f.History[it.Key]; begun {
			if why := it.otherwise(k); why != "" {
				stale = append(stale, Stale{Key: it.Key, Why: why})
			}
			continue
		}
		if !it.isNew(f.History) {
			continue
		}
		b := answers[Subject{it.Site, it.Parameters.BackupPlanId}]
		if b != nil && b.Problem != "" {
			stale = append(stale, Stale{it.Key, b.unusable(it.Site.Region), true})
			continue
		}
		for _, why := range it.stale(b, aliases, f.Gateways) {
			stale = append(stale, Stale{Key: it.Key, Why: why})
		}
	}
	return stale
}

// otherwise says how what was sent of an item differs from what was planned, as
// when another plan of the same run was carried out before; "" when it does not.
func (i *Item) otherwise(k Known) string {
	sent, planned := k.Parameters, i.Parameters
	if i.Action == Blocked || k.Conflict != "" || sent.RestoreTime == planned.RestoreTime && sent.BackupSetId == planned.BackupSetId &&
		sent.RestoreObjects == planned.RestoreObjects {
		return ""
	}
	if sent.RestoreObjects != planned.RestoreObjects {
		return fmt.Sprintf("%s, of other databases than were planned: another plan of this run made it; plan again, or use another run key", taskOf(k))
	}
	return fmt.Sprintf("%s and restores %s, planned was %s: another plan of this run made it; plan again, or use another run key",
		taskOf(k), pinned(&sent), pinned(&planned))
}

// pinned says which moment or backup set a request restores.
func pinned(p *Parameters) string {
	if p.BackupSetId != "" {
		return "backup set " + visible(p.BackupSetId)
	}
	return stamp(time.UnixMilli(p.RestoreTime))
}

func (i *Item) stale(b *BackupPlan, a aliases, gateways []GatewayList) (why []string) {
	if b == nil {
		return []string{fmt.Sprintf("backup plan %s was not asked about", i.Parameters.BackupPlanId)}
	}
	if out := b.unusable(i.Site.Region); out != "" {
		return []string{out}
	}
	add := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	if i.DatabaseType != "" && b.DatabaseType != "" && !strings.EqualFold(i.DatabaseType, b.DatabaseType) {
		add("backup plan %s held databases of type %s, now it holds %s", b.ID, i.DatabaseType, visible(b.DatabaseType))
	}
	if now := b.Source.name(); i.Source != "" && now != "" && !strings.EqualFold(i.Source, now) {
		add("backup plan %s backed up %s, now it backs up %s", b.ID, visible(i.Source), visible(now))
	}
	for _, d := range i.Databases {
		if len(b.Databases) > 0 && !slices.Contains(b.Databases, d.Source) {
			add("backup plan %s has no database %s any more", b.ID, visible(d.Source))
		}
	}
	if at := time.UnixMilli(i.Parameters.RestoreTime).UTC(); i.Parameters.RestoreTime != 0 && !b.holds(at) {
		p := moment{instant: at}.notRestorable(b)
		add("%s; %s", p.summary, p.hint)
	}
	if id := i.Parameters.BackupSetId; id != "" && !slices.ContainsFunc(b.BackupSets, func(s BackupSet) bool { return s.ID == id }) {
		add("backup set %s of backup plan %s is gone or has expired", id, b.ID)
	}
	if _, where := a.isSource(&i.Parameters, b); where != "" && !i.AllowInPlace {
		add("the destination %s is now what backup plan %s backs up", where, b.ID)
	}
	if out, _ := gatewayTrouble(i, gateways); out != "" {
		add("%s", out)
	}
	return why
}
