package plan

import (
	"cmp"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema"
)

// aliases are the addresses under which the facts know an instance: its name,
// or "" where several have the address, as in networks of their own.
type aliases map[string]string

// aliasesOf reads which instances have which addresses off what the service says
// of servers under both names.
func aliasesOf(f *Facts) aliases {
	a := aliases{}
	add := func(s Source) {
		host, port := splitAddress(s.IPPort)
		name := instanceName(s.InstanceType, s.InstanceID, port)
		if name == "" || host == "" {
			return
		}
		at := address(host, port)
		if other, ok := a[at]; ok && other != name {
			name = ""
		}
		a[at] = name
	}
	for i := range f.Answers {
		add(f.Answers[i].Source)
	}
	for _, s := range f.Destinations {
		add(s)
	}
	return a
}

// instanceName returns what an id and, where an instance holds several servers,
// a port say of which server is meant. It is empty where the id is not that of a
// server: that of an Express endpoint is its network's, that of dg its gateway's.
func instanceName(instanceType, id, port string) string {
	switch strings.ToLower(instanceType) {
	case "ecs":
		if id == "" || port == "" {
			return ""
		}
		return strings.ToLower(id) + ":" + port
	case "", "express", "agent", "other", "dg":
		return ""
	}
	return strings.ToLower(id)
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
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return host + " " + port
}

// instance returns the instance that has an address, "" when that is not known.
// The host names that RDS gives begin with the id of the instance.
func (a aliases) instance(host, port string) string {
	if name := a[address(host, port)]; name != "" {
		return name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if id, domain, ok := strings.Cut(host, "."); ok && strings.HasSuffix(domain, "rds.aliyuncs.com") {
		return id
	}
	return ""
}

// names returns all that an endpoint is known by.
func (a aliases) names(instanceType, id, host, port string) (names []string) {
	if name := instanceName(instanceType, id, port); name != "" {
		names = append(names, name)
	}
	if host == "" {
		return names
	}
	at := address(host, port)
	if names = append(names, at); a.instance(host, port) != "" {
		names = append(names, a.instance(host, port))
	}
	return names
}

// isSource tells whether a destination is the server that a backup plan backs up:
// then field names what says so, below the restore, and where is the destination.
func (a aliases) isSource(p *Parameters, b *BackupPlan) (field, where string) {
	host, port := splitAddress(b.Source.IPPort)
	source := a.names(cmp.Or(b.Source.InstanceType, "rds"), b.Source.InstanceID, host, port)
	kind, id := p.DestinationEndpointInstanceType, p.DestinationEndpointInstanceID
	port = ""
	if p.DestinationEndpointPort != 0 {
		port = strconv.Itoa(p.DestinationEndpointPort)
	}
	for _, name := range a.names(kind, id, p.DestinationEndpointIP, port) {
		switch {
		case !slices.Contains(source, name):
		case instanceName(kind, id, port) != "":
			return "/destination/instanceId", destinationName(p)
		default:
			return "/destination/ip", destinationName(p)
		}
	}
	return "", ""
}

// server is what holds databases of different names apart: two addresses
// behind different gateways or networks are two servers. A destination that names
// no server, as dg may, is taken for one of its item's own.
type server struct {
	instance, address, gateway, directory string
	item                                  Key
}

func (a aliases) server(key Key, d *schema.Destination) server {
	name := instanceName(d.InstanceType, d.InstanceID, d.Port)
	// An address that everybody sees is that of an instance; behind a gateway
	// or in a network of its own the same one may be another's.
	if d.InstanceType == "Other" {
		name = a.instance(d.IP, d.Port)
	}
	switch {
	case name != "":
		return server{instance: name}
	case d.InstanceID == "" && d.IP == "":
		return server{item: key}
	}
	directory := ""
	if d.RestoreDir != "" {
		directory = path.Clean(d.RestoreDir)
	}
	return server{strings.ToLower(d.InstanceID), address(d.IP, d.Port), d.BackupGatewayID, directory, ""}
}
