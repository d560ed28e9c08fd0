package report

// strip is how the durations of a tier lie between none and the longest of all.
type strip struct {
	Tier
	Median, P95, Worst px // columns of stripSide
}

const stripSide = 300

// strips returns the durations of the tiers that have any.
func (r *Report) strips() (list []strip) {
	longest := r.Total.Took.Worst
	for _, t := range r.Tiers {
		if t.Took.Measured == 0 || longest == 0 {
			continue
		}
		at := axis{0, stripSide, longest}
		list = append(list, strip{t, at.at(t.Took.P50), at.at(t.Took.P95), at.at(t.Took.Worst)})
	}
	return list
}
