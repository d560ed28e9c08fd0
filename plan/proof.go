package plan

import (
	"cmp"
	"fmt"
	"strings"
)

// inPlace reports a restore onto the server that its backup comes from.
func inPlace(it *draftItem, b *BackupPlan) *problem {
	d := it.restore.Destination
	if it.restore.AllowInPlace {
		return nil
	}
	const hint = "restore to another instance, or write allowInPlace: true"
	// The instance of an Express destination is its network.
	if d.InstanceID != "" && d.InstanceType != "Express" && strings.EqualFold(d.InstanceID, b.Source.InstanceID) {
		return problemf(CodeInPlace, "/destination/instanceId", "the destination %s is the instance that backup plan %s backs up", d.InstanceID, b.ID).withHint(hint)
	}
	if d.IP != "" && strings.EqualFold(d.IP+":"+d.Port, b.Source.IPPort) {
		return problemf(CodeInPlace, "/destination/ip", "the destination %s:%s is the server that backup plan %s backs up", d.IP, d.Port, b.ID).withHint(hint)
	}
	return nil
}

// server is what holds databases of different names apart: two addresses
// behind different gateways or networks are two servers. A destination that names
// no server, as dg may, is taken for one of its item's own.
type server struct {
	instance, address, gateway, directory string
	item                                  Key
}

func serverOf(it *draftItem) server {
	d := it.restore.Destination
	s := server{instance: d.InstanceID, gateway: d.BackupGatewayID, directory: d.RestoreDir}
	switch {
	case d.InstanceID == "" && d.IP == "":
		s.item = it.item.Key
	case !isInstance(d.InstanceType):
		s.address = strings.ToLower(d.IP) + ":" + d.Port
	}
	return s
}

// proveSeparate reports databases that would become one at their destination.
// Letter case does not keep names apart: on many servers it is folded.
func (r *resolution) proveSeparate(items []Item) {
	type target struct {
		server int
		name   string
	}
	type owner struct {
		item, database int
	}
	servers := map[server]int{} // a number takes a tenth of the memory
	owners := make(map[target]owner, r.selected)
	for i, it := range r.draft.all() {
		s, known := servers[serverOf(it)]
		if !known {
			s = len(servers)
			servers[serverOf(it)] = s
		}
		for n, db := range targets(it, &items[i]) {
			t := target{s, strings.ToLower(db.Target)}
			first, taken := owners[t]
			if !taken {
				owners[t] = owner{i, n}
				continue
			}
			other := targets(r.draft.item(first.item), &items[first.item])[first.database]
			r.report(it, problemf(CodeCollision, r.renameField(it), "%s and %s would become one database at %s",
				described(items[first.item].Key, other), described(items[i].Key, db), cmp.Or(items[i].Destination, "the destination")).
				withHint("give them different names by rename, or send one to another destination"))
		}
	}
}

// targets returns the databases of an item; all that a gateway restores when
// none are named count as one.
func targets(it *draftItem, item *Item) []Database {
	if it.restore.Destination.InstanceType == "Agent" && len(it.restore.Databases) == 0 {
		return []Database{{Source: "*", Target: "*"}}
	}
	return item.Databases
}

func described(key Key, db Database) string {
	return fmt.Sprintf("%s (%s as %s)", key, visible(db.Source), visible(db.Target))
}

// blockDependents blocks what needs a blocked item.
func blockDependents(items []Item) {
	index := make(map[Key]int, len(items))
	for i := range items {
		index[items[i].Key] = i
	}
	dependents := make([][]int, len(items))
	var queue []int
	for i := range items {
		for _, k := range items[i].Needs {
			dependents[index[k]] = append(dependents[index[k]], i)
		}
		if items[i].Action == Blocked {
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		b := queue[0]
		queue = queue[1:]
		for _, i := range dependents[b] {
			if items[i].Action == Restore {
				block(&items[i], "it needs %s, which is blocked", items[b].Key)
				queue = append(queue, i)
			}
		}
	}
}
