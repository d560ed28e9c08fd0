package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// knownStatus reports whether a status of a backup plan is documented.
// Source: dbs-api.md §3.1.
func knownStatus(status string) bool {
	switch strings.ToLower(status) {
	case "", "init", "running", "stop", "pause", "check_pass":
		return true
	}
	return false
}

// tooOld says that the newest moment that can be restored misses the item's
// objective, "" when it does not. Who asks for an older one means it.
func tooOld(it *draftItem, item *Item, now time.Time) string {
	if it.at.kind != atLatest || item.Objective == nil || item.Objective.RPO == 0 || item.Parameters.RestoreTime == 0 {
		return ""
	}
	age, most := now.Sub(time.UnixMilli(item.Parameters.RestoreTime)), time.Duration(item.Objective.RPO)
	if age <= most {
		return ""
	}
	return fmt.Sprintf("the newest restorable moment is %s old, more than objective.rpo %s allows", short(age), short(most))
}

// short writes a duration to the second, without the zeros at its end.
func short(d time.Duration) string {
	s := d.Round(time.Second).String()
	for _, zero := range []string{"0s", "0m"} {
		if t := strings.TrimSuffix(s, zero); t != s && t != "" && (t[len(t)-1] == 'm' || t[len(t)-1] == 'h') {
			s = t
		}
	}
	return s
}

// gateway blocks an item whose backup gateway cannot work for it.
func (r *resolution) gateway(item *Item) {
	id := strconv.FormatInt(item.Parameters.BackupGatewayId, 10)
	i := slices.IndexFunc(r.facts.Gateways, func(l GatewayList) bool { return l.Site == item.Site })
	if item.Parameters.BackupGatewayId == 0 || i < 0 {
		return
	}
	list := r.facts.Gateways[i]
	if list.Problem != "" {
		item.Warnings = append(item.Warnings, fmt.Sprintf("whether backup gateway %s is online could not be read: %s", id, list.Problem))
		return
	}
	g := slices.IndexFunc(list.Gateways, func(g Gateway) bool { return g.ID == id })
	if g < 0 {
		block(item, "there is no backup gateway %s in region %s", id, item.Site.Region)
		return
	}
	next := map[string]string{
		"OFFLINE":   "its host does not answer: see that it and its network are up",
		"STOPPED":   "start it on its host",
		"UPGRADING": "plan again in a few minutes",
	}
	switch status := strings.ToUpper(list.Gateways[g].Status); status {
	case "ONLINE":
	case "OFFLINE", "STOPPED", "UPGRADING":
		block(item, "backup gateway %s (%s) is %s: %s", id, visible(list.Gateways[g].Name), strings.ToLower(status), next[status])
	default:
		item.Warnings = append(item.Warnings, fmt.Sprintf("the status %s of backup gateway %s is not a known one", visible(list.Gateways[g].Status), id))
	}
}
