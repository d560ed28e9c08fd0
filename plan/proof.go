package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// aliases are the addresses under which the facts know an instance.
type aliases map[string]string // instance id by address

// aliasesOf reads which instances have which addresses off what backup plans
// say of their sources.
func aliasesOf(answers []BackupPlan) aliases {
	a := aliases{}
	for _, b := range answers {
		if b.Source.InstanceID != "" && b.Source.IPPort != "" {
			host, port := splitAddress(b.Source.IPPort)
			a[address(host, port)] = b.Source.InstanceID
		}
	}
	return a
}

// splitAddress takes "host:port" apart; an IPv6 host may stand in brackets.
func splitAddress(text string) (host, port string) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i+1:]
}

// address returns the one spelling of a host and port.
func address(host, port string) string {
	host = strings.ToLower(strings.Trim(host, "[]"))
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return host + " " + port
}

// isSource tells whether a destination is the server that a backup plan backs up:
// then field names what says so, below the restore, and where is the destination.
func (a aliases) isSource(p *Parameters, b *BackupPlan) (field, where string) {
	// The instance of an Express destination is its network.
	id := p.DestinationEndpointInstanceID
	if id != "" && p.DestinationEndpointInstanceType != "Express" && strings.EqualFold(id, b.Source.InstanceID) {
		return "/destination/instanceId", id
	}
	if p.DestinationEndpointIP == "" {
		return "", ""
	}
	at := address(p.DestinationEndpointIP, strconv.Itoa(p.DestinationEndpointPort))
	host, port := splitAddress(b.Source.IPPort)
	if alias := a[at]; address(host, port) == at || alias != "" && strings.EqualFold(alias, b.Source.InstanceID) {
		return "/destination/ip", destinationName(p)
	}
	return "", ""
}

// inPlace reports a restore onto the server that its backup comes from.
func (r *resolution) inPlace(it *draftItem, b *BackupPlan) *problem {
	field, where := r.aliases.isSource(&it.item.Parameters, b)
	if where == "" || it.restore.AllowInPlace {
		return nil
	}
	return problemf(CodeInPlace, field, "the destination %s is the server that backup plan %s backs up", where, b.ID).
		withHint("restore to another server, or write allowInPlace: true")
}

// server is what holds databases of different names apart: two addresses
// behind different gateways or networks are two servers. A destination that names
// no server, as dg may, is taken for one of its item's own.
type server struct {
	instance, address, gateway, directory string
	item                                  Key
}

func (r *resolution) serverOf(it *draftItem) server {
	d := it.restore.Destination
	s := server{instance: strings.ToLower(d.InstanceID), gateway: d.BackupGatewayID, directory: d.RestoreDir}
	switch {
	case d.InstanceID == "" && d.IP == "":
		s.item = it.item.Key
	case !isInstance(d.InstanceType):
		s.address = address(d.IP, d.Port)
	}
	// An address that everybody sees is that of an instance; behind a gateway
	// or in a network of its own the same one may be another's.
	if alias := r.aliases[s.address]; alias != "" && d.InstanceType == "Other" {
		s = server{instance: strings.ToLower(alias)}
	}
	return s
}

// proveSeparate reports databases that would become one at their destination.
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
		at := r.serverOf(it)
		s, known := servers[at]
		if !known {
			s = len(servers)
			servers[at] = s
		}
		e := engineOf(items[i].DatabaseType)
		for n, db := range targets(it, &items[i]) {
			t := target{s, e.folded(db.Target)}
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
