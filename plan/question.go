package plan

import "slices"

// Questions returns what must be known to resolve the draft: one question for
// each site and backup plan, in the order of the items, asking for no more than
// some item needs. Items that their history decides need nothing.
func (d *Draft) Questions(history map[Key]Known) []Question {
	seen := map[subject]int{}
	var questions []Question
	for _, it := range d.all() {
		item := it.item
		if k, ok := history[item.Key]; ok && settle(&item, k, d.run) {
			continue
		}
		s := subject{it.item.Site, it.item.Parameters.BackupPlanId}
		i, ok := seen[s]
		if !ok {
			i = len(questions)
			seen[s] = i
			questions = append(questions, Question{Site: s.site, BackupPlanID: s.id})
		}
		q := &questions[i]
		q.Latest = q.Latest || it.at.kind == atLatest
		q.Ranges = q.Ranges || it.at.needsRanges()
		q.BackupSets = q.BackupSets || it.at.needsSets()
	}
	return questions
}

// GatewaySites returns the sites whose backup gateways must be known: those of
// the items that name one and that history does not decide.
func (d *Draft) GatewaySites(history map[Key]Known) []Site {
	var sites []Site
	for _, it := range d.all() {
		item := it.item
		if item.Parameters.BackupGatewayId == 0 || slices.Contains(sites, item.gatewaySite()) {
			continue
		}
		if k, ok := history[item.Key]; ok && settle(&item, k, d.run) {
			continue
		}
		sites = append(sites, it.item.gatewaySite())
	}
	return sites
}
