package world

import (
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strings"
)

// Check says what contradicts itself in a world that was made in Go; nil for
// nothing.
func (w *World) Check() error {
	if list := check(w); len(list) > 0 {
		return fmt.Errorf("the world's %s: %s", strings.ReplaceAll(strings.TrimPrefix(list[0].at, "/"), "/", "."), list[0].text)
	}
	return nil
}

// check holds a world against the rules that a schema cannot say.
func check(w *World) (list problems) {
	keys := make(map[string]bool)
	accounts := make(map[string]bool)
	for i, a := range w.Accounts {
		at := fmt.Sprintf("/accounts/%d", i)
		if accounts[a.ID] {
			list.add(at+"/id", "there are two accounts %q; give one another id", a.ID)
		}
		accounts[a.ID] = true
		for j, k := range a.AccessKeys {
			switch at := fmt.Sprintf("%s/accessKeys/%d/id", at, j); {
			case k.ID == "":
				list.add(at, "an access key has no id; give it one")
			case keys[k.ID]:
				list.add(at, "there are two access keys %q; give one another id", k.ID)
			}
			keys[k.ID] = true
		}
	}
	if len(keys) == 0 {
		list.add("/accounts", "there is no access key: nobody could ask for anything; write accounts: [{id: \"1\", accessKeys: [{id: …, secret: …}]}]")
	}
	unique := func(what string, ids []string) {
		seen := make(map[string]bool)
		for i, id := range ids {
			if id == "" || seen[id] {
				list.add(fmt.Sprintf("/%s/%d/id", what, i), "the id %q is empty or not unique; give it another", id)
			}
			seen[id] = true
		}
	}
	owner := func(what string, i int, account string) {
		if account != "" && !accounts[account] {
			list.add(fmt.Sprintf("/%s/%d/account", what, i), "there is no account %q; write the id of one, or leave it out for the first", account)
		}
	}
	var plans, gateways, destinations []string
	known := map[int64]bool{0: true} // 0 is none
	for _, g := range w.Gateways {
		gateways = append(gateways, fmt.Sprint(g.ID))
		known[g.ID] = true
	}
	for i, g := range w.Gateways {
		owner("gateways", i, g.Account)
	}
	for i, p := range w.BackupPlans {
		owner("backupPlans", i, p.Account)
		plans = append(plans, p.ID)
		if g := p.Source.GatewayID; !known[g] {
			list.add(fmt.Sprintf("/backupPlans/%d/source/gatewayId", i), "there is no gateway %d; write the id of one of gateways", g)
		}
		list = append(list, checkPlan(i, p)...)
	}
	for _, d := range w.Destinations {
		destinations = append(destinations, d.ID)
	}
	unique("backupPlans", plans)
	unique("gateways", gateways)
	unique("destinations", destinations)
	if s := w.Behaviour.FailureStatus; s != 0 && (s < 200 || s > 599) {
		list.add("/behaviour/failureStatus", "%d is not a status of HTTP; write one from 200 to 599", s)
	}
	return append(list, checkRules("/faults/rules", w.Faults.Rules)...)
}

func checkPlan(i int, p BackupPlan) (list problems) {
	for j, r := range p.Ranges {
		if !r.To.IsZero() && r.To.Before(r.From) {
			list.add(fmt.Sprintf("/backupPlans/%d/ranges/%d/to", i, j), "the range ends before it begins; write a later end")
		}
	}
	ids := make(map[string]bool)
	for j, s := range p.BackupSets {
		at := fmt.Sprintf("/backupPlans/%d/backupSets/%d", i, j)
		if ids[s.ID] {
			list.add(at+"/id", "the id %q is not unique; give it another", s.ID)
		}
		ids[s.ID] = true
		if s.To.Before(s.From) {
			list.add(at+"/to", "the backup ends before it begins; write a later end")
		}
	}
	if ip := p.Source.IPPort; ip != "" {
		if _, _, err := net.SplitHostPort(ip); err != nil {
			list.add(fmt.Sprintf("/backupPlans/%d/source/ipPort", i), "%q is not host:port; write one such as 10.0.0.7:3306", ip)
		}
	}
	return list
}

// Check says what is wrong with a rule; nil for nothing.
func (f Fault) Check() error {
	if list := checkRules("", []Fault{f}); len(list) > 0 {
		return fmt.Errorf("fault %s: %s", f.Kind, list[0].text)
	}
	return nil
}

// checkRules holds rules against the kinds that they name.
func checkRules(at string, rules []Fault) (list problems) {
	for i, f := range rules {
		at := fmt.Sprintf("%s/%d", at, i)
		kind, known := KindOf(f.Kind)
		if !known {
			list.add(at+"/fault", "there is no fault %q; 'dbsrestore help emulator-faults' lists them", f.Kind)
			continue
		}
		arguments := f.arguments()
		for _, name := range slices.Sorted(maps.Keys(arguments)) {
			if arguments[name] && !slices.Contains(kind.Takes, name) {
				list.add(at+"/"+name, "the fault %s takes no %s; leave it out", f.Kind, name)
			}
		}
		if _, err := path.Match(f.Operation, ""); err != nil {
			list.add(at+"/operation", "%q is not a pattern; write one with * and ?", f.Operation)
			continue
		}
		if !slices.ContainsFunc(Operations, f.Strikes) {
			list.add(at+"/operation", "no operation is called %q; write one of %s", f.Operation, strings.Join(Operations, ", "))
			continue
		}
		if len(kind.Only) > 0 && !slices.ContainsFunc(kind.Only, f.Strikes) {
			list.add(at+"/operation", "the fault %s can only strike %s; write one of them, or leave operation out", f.Kind, strings.Join(kind.Only, ", "))
		}
		if !(f.Probability >= 0 && f.Probability <= 1) {
			list.add(at+"/probability", "a probability is from 0 to 1; write one such as 0.1")
		}
		if f.Skip < 0 || f.Count < 0 || f.For < 0 {
			list.add(at, "skip, count and for are not negative; write 0 or more")
		}
		if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
			list.add(at+"/status", "%d is not a status of HTTP that can be sent; write one from 200 to 599", f.Status)
		}
		if f.Kind == "taskChanged" && !slices.Contains(Changes, f.Word) {
			list.add(at+"/word", "word is what somebody else does; write one of %s", strings.Join(Changes, ", "))
		}
		if (f.Kind == "delay" || f.Kind == "delayAnswer" || f.Kind == "listLag") && f.For == 0 {
			list.add(at, "the fault %s has no for; say how long, such as for: 2s", f.Kind)
		}
		for _, name := range slices.Sorted(maps.Keys(f.Where)) {
			if _, err := path.Match(f.Where[name], ""); err != nil {
				list.add(at+"/where/"+escape(name), "%q is not a pattern; write one with * and ?", f.Where[name])
			}
		}
	}
	return list
}

// Changes are what somebody else can do to a task.
var Changes = []string{"start", "pause", "resume", "stop", "remove"}

// arguments tells which arguments were given.
func (f Fault) arguments() map[string]bool {
	return map[string]bool{
		"executed": f.Executed, "code": f.Code != "", "status": f.Status != 0, "message": f.Message != "",
		"location": f.Location != "", "for": f.For != 0, "by": f.By != 0, "word": f.Word != "",
	}
}

// Strikes reports whether a rule is about an operation.
func (f Fault) Strikes(operation string) bool {
	if f.Operation == "" {
		return true
	}
	ok, err := path.Match(f.Operation, operation)
	return ok && err == nil
}
