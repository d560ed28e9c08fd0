package plan

import (
	"iter"
	"maps"
	"slices"

	"github.com/dbsrestore/dbsrestore/schema"
)

// A walk visits the texts of a restore that may be templates, always in the
// same order, and puts in their place what they stand for. Slices and maps in
// which nothing changes stay shared with the manifest.
type walk struct {
	text     func(field, s string) string
	plain    func(s string) bool // text would leave it as it is, whatever its field
	manifest *schema.Manifest
	index    int             // of the restore
	known    map[string]bool // fields that were asked for by isInherited
}

// enter goes on to a restore.
func (w *walk) enter(restore int) {
	w.index = restore
	clear(w.known)
}

// isInherited reports whether a field is that of the defaults. It looks at the
// manifest once for all rows of a restore.
func (w *walk) isInherited(field string) bool {
	is, ok := w.known[field]
	if !ok {
		if w.known == nil {
			w.known = map[string]bool{}
		}
		is = w.manifest.Inherited(restorePointer(w.index) + field)
		w.known[field] = is
	}
	return is
}

func (w *walk) restore(r *schema.Restore) {
	r.Region = w.text("/region", r.Region)
	r.Profile = w.text("/profile", r.Profile)
	r.BackupPlanID = w.text("/backupPlanId", r.BackupPlanID)
	r.At = schema.At{
		Text:        w.text("/at", r.At.Text),
		RestoreTime: w.text("/at/restoreTime", r.At.RestoreTime),
		BackupSetID: w.text("/at/backupSetId", r.At.BackupSetID),
	}
	r.Databases = w.texts("/databases", r.Databases)
	r.Exclude = w.texts("/exclude", r.Exclude)
	w.destination(&r.Destination)
	r.DuplicateConflict = w.text("/duplicateConflict", r.DuplicateConflict)
	r.OwnerID = w.text("/ownerId", r.OwnerID)
	r.Needs = w.texts("/needs", r.Needs)
	if c := r.CrossAccount; c != nil {
		r.CrossAccount = &schema.CrossAccount{
			AliyunID: w.text("/crossAccount/aliyunId", c.AliyunID),
			RoleName: w.text("/crossAccount/roleName", c.RoleName),
		}
	}
	if len(r.Rename.Rules) > 0 {
		r.Rename.Rules = slices.Clone(r.Rename.Rules)
		for i := range r.Rename.Rules {
			rule := &r.Rename.Rules[i]
			rule.Match = w.text(elementPointer("/rename", i)+"/match", rule.Match)
		}
	}
	r.Labels = w.labels(r.Labels) // last: an opener stops short of them
}

func (w *walk) destination(d *schema.Destination) {
	d.InstanceType = w.text("/destination/instanceType", d.InstanceType)
	dropInherited(d, w.isInherited)
	for _, f := range []struct {
		field string
		value *string
	}{
		{"/destination/region", &d.Region},
		{"/destination/instanceId", &d.InstanceID},
		{"/destination/ip", &d.IP},
		{"/destination/port", &d.Port},
		{"/destination/databaseName", &d.DatabaseName},
		{"/destination/userName", &d.UserName},
		{"/destination/oracleSid", &d.OracleSID},
		{"/destination/backupGatewayId", &d.BackupGatewayID},
		{"/destination/restoreDir", &d.RestoreDir},
		{"/destination/restoreHome", &d.RestoreHome},
	} {
		*f.value = w.text(f.field, *f.value)
	}
	if p := d.Password; p != nil {
		q := schema.SecretRef{
			Env:  w.text("/destination/password/env", p.Env),
			File: w.text("/destination/password/file", p.File),
		}
		if q != *p {
			d.Password = &q
		}
	}
}

func (w *walk) texts(field string, list []string) []string {
	shared := true
	for i, s := range list {
		if w.plain(s) {
			continue
		}
		v := w.text(elementPointer(field, i), s)
		if v == s {
			continue
		}
		if shared {
			list, shared = slices.Clone(list), false
		}
		list[i] = v
	}
	return list
}

func (w *walk) labels(labels map[string]string) map[string]string {
	if len(labels) == 0 {
		return nil
	}
	plain := true
	for _, v := range labels {
		plain = plain && w.plain(v)
	}
	if plain {
		return labels
	}
	out := labels
	shared := true
	for _, k := range sortedKeys(labels) {
		v := w.text("/labels/"+pointerEscaper.Replace(k), labels[k])
		if v == labels[k] {
			continue
		}
		if shared {
			out, shared = maps.Clone(labels), false
		}
		out[k] = v
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// kept is what a draft keeps of an item: what is costly to find again. The rest
// comes from the manifest with the values of the templates put in. A draft of
// whole items took twice the memory of the plan.
type kept struct {
	key      Key
	index    int // of the restore in the manifest
	line     int
	row      bool     // from a forEach
	each     any      // .each
	values   []string // of the templates, in the order of the walk
	at       *moment
	declared Digest
	attempt  Attempt
	labels   map[string]string
	names    []string // of what it needs
	needs    []Key
}

// draftItem is an item with all that does not depend on facts.
type draftItem struct {
	item    Item
	restore schema.Restore // expanded, but for the templates of rename
	index   int            // of the restore in the manifest
	row     bool           // from a forEach
	data    data           // what the templates of rename see
	at      *moment
}

// all gives the items of the draft, each until the next is asked for.
func (d *Draft) all() iter.Seq2[int, *draftItem] {
	return func(yield func(int, *draftItem) bool) {
		o := newOpener(d)
		var it draftItem
		for i, k := range d.kept {
			o.open(k, &it)
			if !yield(i, &it) {
				return
			}
		}
	}
}

// item returns the item at an index.
func (d *Draft) item(i int) *draftItem {
	var it draftItem
	newOpener(d).open(d.kept[i], &it)
	return &it
}

// An opener makes draft items of what was kept of them.
type opener struct {
	draft  *Draft
	walk   walk
	values []string // of the templates that the walk has still to meet
}

func newOpener(d *Draft) *opener {
	o := &opener{draft: d}
	o.walk = walk{manifest: d.manifest, index: -1, text: o.text, plain: isPlain}
	return o
}

func (o *opener) open(k *kept, it *draftItem) {
	if k.index != o.walk.index {
		o.walk.enter(k.index)
	}
	o.values = k.values
	*it = draftItem{restore: o.draft.manifest.Restores[k.index], index: k.index, row: k.row, at: k.at}
	r := &it.restore
	it.data = data{names: inRename, each: k.each, name: r.Name, run: o.draft.run, vars: o.draft.vars}
	r.Labels = nil
	o.walk.restore(r)
	r.Labels = k.labels
	it.item = Item{
		Key: k.key, Action: Restore, Line: k.line,
		Site:            Site{Profile: r.Profile, Region: r.Region},
		Needs:           k.needs,
		ClientToken:     k.attempt.ClientToken,
		RestoreTaskName: k.attempt.RestoreTaskName,
		Declared:        k.declared,
		At:              k.at.text,
		Parameters:      parameters(r),
		Password:        r.Destination.Password,
		AllowInPlace:    r.AllowInPlace,
		Labels:          k.labels,
		Objective:       r.Objective,
	}
	it.item.Destination = destinationName(&it.item.Parameters)
}

func (o *opener) text(_, s string) string {
	if !isTemplate(s) {
		return s
	}
	s, o.values = o.values[0], o.values[1:]
	return s
}

func isPlain(s string) bool { return !isTemplate(s) }
