package plan

import (
	"cmp"
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
	return fmt.Sprintf("the newest restorable moment is %s, longer ago than objective.rpo %s allows", stamp(time.UnixMilli(item.Parameters.RestoreTime)), short(most))
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

// unusable says why nothing can be restored from a backup plan, "" when that is
// not known.
func (b *BackupPlan) unusable(region string) string {
	switch {
	case b.Missing:
		return fmt.Sprintf("there is no backup plan %s in region %s: it was released, or belongs to another region or account", b.ID, region)
	case b.Problem != "":
		return fmt.Sprintf("backup plan %s cannot be read: %s", b.ID, b.Problem)
	case strings.EqualFold(b.Status, "locked"):
		return fmt.Sprintf("backup plan %s is locked, as unpaid or expired ones are: renew it in the console", b.ID)
	case strings.EqualFold(b.Status, "wait"):
		return fmt.Sprintf("backup plan %s is not configured yet (status wait), so it has no backups: configure it in the console", b.ID)
	}
	return ""
}

// gatewaySite is where the backup gateway of an item is: in the region of its
// destination.
func (i *Item) gatewaySite() Site {
	return Site{i.Site.Profile, cmp.Or(i.Parameters.DestinationEndpointRegion, i.Site.Region)}
}

// gatewayTrouble says why the backup gateway of an item cannot work for it, or
// what could not be found out about it.
func gatewayTrouble(item *Item, lists []GatewayList) (blocked, warning string) {
	id := strconv.FormatInt(item.Parameters.BackupGatewayId, 10)
	i := slices.IndexFunc(lists, func(l GatewayList) bool { return l.Site == item.gatewaySite() })
	if item.Parameters.BackupGatewayId == 0 || i < 0 {
		return "", ""
	}
	list := lists[i]
	if list.Problem != "" {
		return "", fmt.Sprintf("whether backup gateway %s is online could not be read: %s", id, list.Problem)
	}
	g := slices.IndexFunc(list.Gateways, func(g Gateway) bool { return g.ID == id })
	if g < 0 {
		return fmt.Sprintf("there is no backup gateway %s in region %s", id, list.Site.Region), ""
	}
	next := map[string]string{
		"OFFLINE":   "its host does not answer: see that it and its network are up",
		"STOPPED":   "start it on its host",
		"UPGRADING": "try again in a few minutes",
	}
	switch status := strings.ToUpper(list.Gateways[g].Status); status {
	case "ONLINE":
		return "", ""
	case "OFFLINE", "STOPPED", "UPGRADING":
		return fmt.Sprintf("backup gateway %s (%s) is %s: %s", id, visible(list.Gateways[g].Name), strings.ToLower(status), next[status]), ""
	}
	return "", fmt.Sprintf("the status %s of backup gateway %s is not a known one", visible(list.Gateways[g].Status), id)
}
