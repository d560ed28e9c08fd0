package schema

import (
	"strconv"
	"strings"
	"time"
)

// decode returns the values of a tree in which nothing is wrong.
func decode(root *node) *Manifest {
	m := &Manifest{
		Version: root.get("version").int(0),
		Name:    root.get("name").text(),
		Run:     root.get("run").text(),
		Limits:  decodeLimits(root.get("limits")),
		Failure: decodeFailure(root.get("failure")),
		root:    root,
	}
	if vars := root.get("vars"); vars != nil {
		m.Vars = make(map[string]any, len(vars.keys))
		for i, k := range vars.keys {
			m.Vars[k.name], _ = vars.children[i].scalar()
		}
	}
	all := layers(root)
	m.Restores = make([]Restore, len(all))
	for i, r := range all {
		m.Restores[i] = decodeRestore(r)
	}
	return m
}

func decodeLimits(n *node) Limits {
	l := Limits{
		InFlight:          n.get("inFlight").int(16),
		PerDestination:    n.get("perDestination").int(2),
		PerBackupPlan:     n.get("perBackupPlan").int(4),
		CreateAhead:       n.get("createAhead").int(0),
		RequestsPerSecond: 5,
		PollInterval:      n.get("pollInterval").duration(5 * time.Second),
	}
	if r := n.get("requestsPerSecond"); r != nil {
		l.RequestsPerSecond, _ = strconv.ParseFloat(r.value, 64)
	}
	return l
}

func decodeFailure(n *node) Failure {
	return Failure{
		Max:         n.get("max").digits(),
		Attempts:    n.get("attempts").int(1),
		Timeout:     n.get("timeout").duration(12 * time.Hour),
		ListLag:     n.get("listLag").duration(time.Minute),
		ResendAfter: n.get("resendAfter").duration(20 * time.Minute),
	}
}

func decodeRestore(l layered) Restore {
	r := Restore{
		Name:              l.get("name").text(),
		Region:            l.get("region").text(),
		Profile:           l.get("profile").text(),
		BackupPlanID:      l.get("backupPlanId").text(),
		At:                decodeAt(l.get("at")),
		Databases:         l.get("databases").texts(),
		Exclude:           l.get("exclude").texts(),
		Rename:            decodeRename(l.get("rename")),
		ForEach:           decodeForEach(l.get("forEach")),
		Destination:       decodeDestination(l.in("destination")),
		DuplicateConflict: l.get("duplicateConflict").text(),
		OwnerID:           l.get("ownerId").text(),
		AllowInPlace:      l.get("allowInPlace").text() == "true",
		Needs:             l.get("needs").texts(),
		Labels:            l.in("labels").row(),
	}
	if c := l.in("crossAccount"); c.top() != nil {
		r.CrossAccount = &CrossAccount{AliyunID: c.get("aliyunId").text(), RoleName: c.get("roleName").text()}
	}
	if o := l.in("objective"); o.top() != nil {
		r.Objective = &Objective{RTO: o.get("rto").duration(0), RPO: o.get("rpo").duration(0)}
	}
	return r
}

func decodeAt(n *node) At {
	if n.is(mapping) {
		return At{RestoreTime: n.get("restoreTime").digits(), BackupSetID: n.get("backupSetId").text()}
	}
	return At{Text: n.text()}
}

func decodeRename(n *node) Rename {
	if !n.is(list) {
		return Rename{Template: n.text()}
	}
	r := Rename{Rules: make([]RenameRule, len(n.children))}
	for i, c := range n.children {
		r.Rules[i] = RenameRule{Match: c.get("match").text(), To: c.get("to").text()}
	}
	return r
}

func decodeForEach(n *node) *ForEach {
	switch {
	case n == nil:
		return nil
	case n.kind == list:
		return &ForEach{Values: n.texts()}
	}
	f := &ForEach{CSV: n.get("csv").text(), Key: n.get("key").text()}
	for _, r := range n.get("list").elements() {
		f.Rows = append(f.Rows, r.row())
	}
	return f
}

func decodeDestination(l layered) Destination {
	d := Destination{
		InstanceType:    l.get("instanceType").text(),
		Region:          l.get("region").text(),
		InstanceID:      l.get("instanceId").text(),
		IP:              l.get("ip").text(),
		Port:            l.get("port").digits(),
		DatabaseName:    l.get("databaseName").text(),
		UserName:        l.get("userName").text(),
		OracleSID:       l.get("oracleSid").text(),
		BackupGatewayID: l.get("backupGatewayId").digits(),
		RestoreDir:      l.get("restoreDir").text(),
		RestoreHome:     l.get("restoreHome").text(),
	}
	if p := l.get("password"); p != nil {
		d.Password = &SecretRef{Env: p.get("env").text(), File: p.get("file").text()}
	}
	return d
}

// text returns a scalar as it is written, "" when there is none.
func (n *node) text() string {
	if n == nil {
		return ""
	}
	return n.value
}

// digits returns a whole number, which JSON Schema lets be written 5.0, or a
// template.
func (n *node) digits() string {
	if n.is(decimal) {
		whole, _, _ := strings.Cut(n.value, ".")
		return whole
	}
	return n.text()
}

func (n *node) texts() []string {
	children := n.elements()
	if len(children) == 0 {
		return nil
	}
	ts := make([]string, len(children))
	for i, c := range children {
		ts[i] = c.value
	}
	return ts
}

// row returns a mapping of scalars.
func (n *node) row() map[string]string { return layered{own: n}.row() }

func (l layered) row() map[string]string {
	if l.top() == nil {
		return nil
	}
	m := make(map[string]string, len(l.top().keys))
	for _, n := range []*node{l.base, l.own} {
		if n == nil {
			continue
		}
		for i, k := range n.keys {
			m[k.name] = n.children[i].value
		}
	}
	return m
}

func (n *node) int(otherwise int) int {
	if n == nil {
		return otherwise
	}
	i, _ := strconv.Atoi(n.digits())
	return i
}

func (n *node) duration(otherwise time.Duration) Duration {
	if n == nil {
		return Duration(otherwise)
	}
	d, _ := parseDuration(n.value)
	return Duration(d)
}

// scalar returns a value of vars: string, bool, int64 or float64. It fails
// where a number does not fit.
func (n *node) scalar() (any, error) {
	switch n.kind {
	case boolean:
		return n.value == "true", nil
	case integer:
		return strconv.ParseInt(n.value, 10, 64)
	case decimal:
		return strconv.ParseFloat(n.value, 64)
	}
	return n.value, nil
}
