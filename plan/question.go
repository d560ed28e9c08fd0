package plan

import "slices"

// questions are one for each subject, in the order in which they came up.
type questions struct {
	list []Question
	at   map[Subject]int
}

// about returns the question about a subject, to be filled in before the next.
func (q *questions) about(s Subject) *Question {
	i, ok := q.at[s]
	if !ok {
		if q.at == nil {
			q.at = map[Subject]int{}
		}
		i = len(q.list)
		q.at[s] = i
		q.list = append(q.list, Question{Site: s.Site, BackupPlanID: s.BackupPlanID})
	}
	return &q.list[i]
}

// Questions returns what must be known to resolve the draft: one question for
// each backup plan, in the order of the items, asking for no more than some item
// needs. Items that their history decides need nothing.
func (d *Draft) Questions(history map[Key]Known) []Question {
	var q questions
	for _, it := range d.all() {
		if it.isSettled(history, d.run) {
			continue
		}
		about := q.about(Subject{it.item.Site, it.item.Parameters.BackupPlanId})
		about.Latest = about.Latest || it.at.kind == atLatest
		about.Ranges = about.Ranges || it.at.needsRanges()
		about.BackupSets = about.BackupSets || it.at.needsSets()
	}
	return q.list
}

// GatewaySites returns the sites whose backup gateways must be known: those of
// the items that name one and that history does not decide.
func (d *Draft) GatewaySites(history map[Key]Known) []Site {
	var sites []Site
	for _, it := range d.all() {
		if site := it.item.gatewaySite(); it.item.Parameters.BackupGatewayId != 0 && !slices.Contains(sites, site) && !it.isSettled(history, d.run) {
			sites = append(sites, site)
		}
	}
	return sites
}

// isSettled reports whether its history decides an item.
func (it *draftItem) isSettled(history map[Key]Known, run string) bool {
	item := it.item
	k, ok := history[item.Key]
	return ok && settle(&item, k, run)
}
