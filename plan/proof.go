package plan

import (
	"cmp"
	"fmt"
	"strings"
)

// inPlace reports a restore onto the server that its backup comes from.
func (r *resolution) inPlace(it *draftItem, b *BackupPlan) *problem {
	field, where := r.aliases.isSource(&it.item.Parameters, b)
	if where == "" || it.restore.AllowInPlace {
		return nil
	}
	return problemf(CodeInPlace, field, "the destination %s is the server that backup plan %s backs up", where, b.ID).
		withHint("restore to another server, or write allowInPlace: true")
}

// placed is where the databases of an item go.
type placed struct {
	server    int // a number takes a tenth of the memory
	databases []Database
	settled   bool // by its history
}

// places is where all items go. It is filled while they are resolved, as to open
// an item again for it would take a twentieth of the time of planning.
type places struct {
	numbers map[server]int
	of      []placed
	exact   []bool // by number: the server keeps letter case apart
}

// place notes where an item goes, and whether letter case keeps names apart there:
// it does where nothing else goes than what keeps it. Of a settled item the
// engine may not be known any more, and nothing has to be proved.
func (r *resolution) place(it *draftItem, item *Item, settled bool) {
	at := r.aliases.server(item.Key, &it.restore.Destination)
	n, known := r.places.numbers[at]
	if !known {
		n = len(r.places.exact)
		r.places.numbers[at] = n
		r.places.exact = append(r.places.exact, true)
	}
	if item.DatabaseType != "" || !settled {
		r.places.exact[n] = r.places.exact[n] && engineOf(item.DatabaseType).exact
	}
	r.places.of = append(r.places.of, placed{n, targets(it, item), settled})
}

// proveSeparate reports databases that would become one at their destination.
// What was sent already is only held against what is yet to be.
func (r *resolution) proveSeparate(items []Item) {
	type target struct {
		server int
		name   string
	}
	type owner struct {
		item, database int
	}
	places, exact := r.places.of, r.places.exact
	owners := make(map[target]owner, r.selected)
	for i, p := range places {
		for n, db := range p.databases {
			t := target{p.server, db.Target}
			if !exact[p.server] {
				t.name = strings.ToLower(t.name)
			}
			first, taken := owners[t]
			if !taken {
				owners[t] = owner{i, n}
				continue
			}
			if p.settled && places[first.item].settled {
				continue
			}
			// Whether letter case keeps them apart is known when somebody was asked.
			if r.facts.Offline && db.Target != places[first.item].databases[first.database].Target {
				continue
			}
			it, other := r.draft.item(i), places[first.item].databases[first.database]
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

// blockDependents blocks what needs a blocked item, and says what cannot begin
// as it needs a failed one.
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
	for i := range items {
		if items[i].Action != Failed {
			continue
		}
		for _, n := range dependents[i] {
			if items[n].Action == Restore && items[n].Reason == "" {
				items[n].Reason = fmt.Sprintf("it needs %s, which failed in this run: it is skipped as long as that is so", items[i].Key)
			}
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
