package plan

import "slices"

// Recall returns the plan with its actions brought up to date by what the
// journal knows of its run. Items of which nothing is known are to be restored
// as they were planned. The digest stays that of the plan as it was made.
func (p *Plan) Recall(history map[Key]Known) *Plan {
	q := *p
	if len(history) > 0 {
		q.Items = slices.Clone(p.Items)
	}
	for i := range q.Items {
		if k, ok := history[q.Items[i].Key]; ok && q.Items[i].Action != Blocked {
			settle(&q.Items[i], k, q.Run)
		}
	}
	return &q
}

// Retry returns the plan with the failed items among keys to be restored anew,
// and nothing else to do.
func (p *Plan) Retry(keys []Key) *Plan {
	q := *p
	q.Items = slices.Clone(p.Items)
	for i := range q.Items {
		if it := &q.Items[i]; it.Action == Failed && slices.Contains(keys, it.Key) {
			it.Action, it.Reason = Restore, "a new attempt, with a token and a task name of its own"
		}
	}
	return &q
}

// Missing returns those of the keys of which the plan has no item.
func (p *Plan) Missing(keys []Key) []Key {
	has := make(map[Key]bool, len(p.Items))
	for i := range p.Items {
		has[p.Items[i].Key] = true
	}
	return slices.DeleteFunc(slices.Clone(keys), func(key Key) bool { return has[key] })
}

// Sites returns where the items' calls go, each once, in the order of the items.
func (p *Plan) Sites() []Site {
	var sites []Site
	for i := range p.Items {
		if s := p.Items[i].Site; !slices.Contains(sites, s) {
			sites = append(sites, s)
		}
	}
	return sites
}

// Sites returns where the questions go, each once, in the order of the items.
func (d *Draft) Sites() []Site {
	var sites []Site
	for _, it := range d.all() {
		if s := it.item.Site; !slices.Contains(sites, s) {
			sites = append(sites, s)
		}
	}
	return sites
}
