package plan

import (
	"fmt"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Resolve makes the plan of a draft by the facts. What the author of the
// manifest can mend is a diagnostic, and then there is no plan; what only the
// world can mend makes an item Blocked. The plan has no digest until it is
// sealed or written.
func (d *Draft) Resolve(f Facts) (*Plan, diag.List) {
	r := &resolution{
		draft:    d,
		facts:    f,
		problems: &problems{manifest: d.manifest},
		answers:  make(map[Subject]*BackupPlan, len(f.Answers)),
		aliases:  aliasesOf(&f),
		places:   places{numbers: map[server]int{}, of: make([]placed, 0, len(d.kept))},
	}
	for i := range f.Answers {
		b := &f.Answers[i]
		r.answers[Subject{b.Site, b.ID}] = b
	}
	p := d.head()
	p.Target, p.Offline, p.Items = f.Target, f.Offline, make([]Item, len(d.kept))
	for i, it := range d.all() {
		item := &p.Items[i]
		*item = it.item
		settled := r.item(it, item)
		r.place(it, item, settled)
	}
	r.proveSeparate(p.Items)
	blockDependents(p.Items)
	list := r.problems.diagnostics()
	if list.HasErrors() {
		return nil, list
	}
	return p, list
}

// resolution is the work of one Resolve.
type resolution struct {
	draft    *Draft
	facts    Facts
	problems *problems
	answers  map[Subject]*BackupPlan
	aliases  aliases
	places   places
	selected int // databases of the items so far
}

func (r *resolution) report(it *draftItem, p *problem) {
	r.problems.add(it.index, it.item.Key, it.row, p)
}

// item resolves one item, and reports whether its history decided it.
func (r *resolution) item(it *draftItem, item *Item) (settled bool) {
	b := r.answers[Subject{item.Site, item.Parameters.BackupPlanId}]
	if b != nil {
		item.DatabaseType, item.Source = b.DatabaseType, b.Source.name()
	}
	if k, ok := r.facts.History[item.Key]; ok && settle(item, k, r.draft.run) {
		return true
	}
	switch {
	case r.facts.Offline:
		r.offline(it, item)
	case b == nil:
		block(item, "backup plan %s was not asked about", item.Parameters.BackupPlanId)
	case r.selected > MaxDatabases: // that there is no plan was said
	default:
		if why := b.unusable(item.Site.Region); why != "" {
			block(item, "%s", why)
			break
		}
		r.online(it, item, b)
	}
	return false
}

func block(item *Item, format string, args ...any) {
	item.Action, item.Reason = Blocked, fmt.Sprintf(format, args...)
}

// settle decides an item by what the journal knows of it. What was sent stays
// as it was sent, so that a resend is the same request. It reports false when
// the item is yet to be resolved.
func settle(item *Item, k Known, run string) bool {
	if k.Conflict != "" {
		block(item, "%s", k.Conflict)
		return true
	}
	exists := k.TaskID != "" || !k.Ended // a create without an outcome may have made a task
	if k.Declared != item.Declared {
		if exists || k.Succeeded {
			block(item, "its declaration changed inside run key %q, and %s: use another run key", run, taskOf(k))
			return true
		}
		return false
	}
	item.Parameters, item.Databases = k.Parameters, k.Databases
	item.Destination = destinationName(&item.Parameters)
	if len(k.Surplus) > 0 {
		item.Warnings = append(item.Warnings, fmt.Sprintf("the service has more tasks by its name, which are not started: %s; look at them in the console", few(k.Surplus)))
	}
	switch {
	case k.Ended && k.Succeeded:
		item.Action, item.Reason = Done, "finished in this run"+byTask(k.TaskID)
	case k.Ended:
		item.Action, item.Reason = Failed, withState("ended as failed in this run"+byTask(k.TaskID), k)+"; 'dbsrestore retry' tries it anew, so does another run key"
	case k.TaskID != "":
		item.Action, item.Reason = Adopt, withState("restore task "+k.TaskID+" exists", k)
	case k.FailedTaskID != "":
		item.Action, item.Reason = Restore, withState("restore task "+k.FailedTaskID+" ended as failed, and failure.attempts allows another", k)
	default:
		item.Action, item.Reason = Restore, "its create was sent and the answer lost: it is looked for before it is sent again"
	}
	return true
}

func byTask(id string) string {
	if id == "" {
		return ""
	}
	return " by restore task " + id
}

func taskOf(k Known) string {
	switch {
	case k.TaskID != "":
		return "restore task " + k.TaskID + " exists"
	case k.FailedTaskID != "":
		return "restore task " + k.FailedTaskID + " exists"
	}
	return "a restore task may exist"
}

func withState(reason string, k Known) string {
	if k.State == "" {
		return reason
	}
	return reason + ": " + k.State
}

// offline resolves what needs no answer, and says what is left open.
func (r *resolution) offline(it *draftItem, item *Item) {
	switch it.at.kind {
	case atInstant:
		item.Parameters.RestoreTime = it.at.instant.UnixMilli()
	case atBackupSet:
		item.Parameters.BackupSetId = it.at.set
	}
	item.Open = append(make([]string, 0, 2), it.at.open)
	s := selectDatabases(&it.restore, nil, anyEngine)
	for _, glob := range s.open {
		if glob == "" {
			item.Open = append(item.Open, "databases: all that the backup plan holds, known when it is asked")
			continue
		}
		item.Open = append(item.Open, fmt.Sprintf("databases: %s is matched against the backup plan when it is asked", glob))
	}
	r.databases(it, item, &s)
	item.Open = append(item.Open, "the rules of the database type, and that the destination is not the source, are checked when the backup plan is asked")
}

// online resolves an item of which the backup plan was read.
func (r *resolution) online(it *draftItem, item *Item, b *BackupPlan) {
	found, needless := checkEngine(it.restore.Destination, b.DatabaseType)
	for _, name := range needless {
		item.Warnings = append(item.Warnings,
			fmt.Sprintf("destination.%s has no effect for instanceType %s and a backup plan of type %s", name, it.restore.Destination.InstanceType, b.DatabaseType))
	}
	if b.DatabaseType == "" {
		item.Warnings = append(item.Warnings, "the database type of the backup plan is not known, and its rules are not checked")
	}
	blocked, p := it.at.resolve(&item.Parameters, b, r.facts.Now)
	if p != nil {
		found = append(found, p)
	}
	if blocked != "" {
		block(item, "%s", blocked)
	}
	item.BackupSetTime = b.setTime(item.Parameters.BackupSetId)
	if p := r.inPlace(it, b); p != nil {
		found = append(found, p)
	}
	if !knownStatus(b.Status) {
		item.Warnings = append(item.Warnings, fmt.Sprintf("the status %s of backup plan %s is not a known one", visible(b.Status), b.ID))
	}
	if w := tooOld(it, item, r.facts.Now); w != "" {
		item.Warnings = append(item.Warnings, w)
	}
	blockedBy, warning := gatewayTrouble(item, r.facts.Gateways)
	if blockedBy != "" {
		block(item, "%s", blockedBy)
	}
	if warning != "" {
		item.Warnings = append(item.Warnings, warning)
	}
	for _, p := range found {
		r.report(it, p)
	}
	s := selectDatabases(&it.restore, b.Databases, engineOf(b.DatabaseType))
	if !r.draft.manifest.Inherited(restorePointer(it.index) + "/exclude") {
		s.needless() // the defaults may exclude what only some backup plans have
	}
	if len(s.open) > 0 {
		r.report(it, problemf(CodeDatabase, "/databases", "backup plan %s does not say which databases it holds", b.ID).
			withHint("name them under databases"))
	}
	r.databases(it, item, &s)
}

// databases renames the selected databases, checks the names and fills in
// RestoreObjects, unless some databases are still open.
func (r *resolution) databases(it *draftItem, item *Item, s *selection) {
	if r.selected += len(s.names); r.selected > MaxDatabases {
		r.problems.addf(CodeTooMany, restorePointer(it.index)+"/databases", "split the manifest, or choose fewer items with --only",
			"the items have more than %d databases together", MaxDatabases)
		return
	}
	for _, p := range s.found {
		r.report(it, p)
	}
	item.Warnings = append(item.Warnings, s.warnings...)
	if len(s.names) > 0 {
		item.Databases = make([]Database, 0, len(s.names))
	}
	for _, source := range s.names {
		target, p := r.draft.rename(it, source)
		if p != nil {
			r.report(it, p)
			continue
		}
		item.Databases = append(item.Databases, Database{source, target})
		if code, why := checkTarget(item.DatabaseType, source, target); code != "" {
			r.report(it, problemf(code, r.renameField(it), "database %q cannot be named %.80q: %s", source, target, why))
		}
	}
	if len(s.open) == 0 && len(item.Databases) > 0 {
		item.Parameters.RestoreObjects = restoreObjects(item.Databases)
	}
	item.Warnings = append(item.Warnings, nameWarnings(it, item)...)
	if w := r.takenLater(it); w != "" && len(item.Databases) > 0 {
		item.Warnings = append(item.Warnings, w)
	}
}

// renameField is where the name of a target is decided.
func (r *resolution) renameField(it *draftItem) string {
	if rn := it.restore.Rename; rn.Template == "" && len(rn.Rules) == 0 {
		return "/databases"
	}
	return "/rename"
}

// keptNames returns the databases that keep their names though there are rules to
// rename them.
func keptNames(it *draftItem, item *Item) (kept []string) {
	if len(it.restore.Rename.Rules) == 0 {
		return nil
	}
	for _, db := range item.Databases {
		if db.Source == db.Target {
			kept = append(kept, db.Source)
		}
	}
	return kept
}

// takenLater says that the names of an item are the same in every slot of a
// run, "" when they are not: the service restores over no database.
func (r *resolution) takenLater(it *draftItem) string {
	if !strings.HasPrefix(r.draft.manifest.Run, "slot:") || it.restore.DuplicateConflict != "" || r.draft.renamesBy(it, "run") {
		return ""
	}
	return "the names at the destination are the same in every run, and a restore fails where a name is taken: put {{ .run | date \"20060102\" }} into rename, or see that the last run's databases are dropped first"
}

// maxRestoreObjects is more than any request in the service's documents; its
// own limit is not documented.
const maxRestoreObjects = 32 << 10

func nameWarnings(it *draftItem, item *Item) (warnings []string) {
	if n := len(item.Parameters.RestoreObjects); n > maxRestoreObjects {
		warnings = append(warnings, fmt.Sprintf("RestoreObjects has %d bytes: the service's limit is not documented, fewer databases are safer", n))
	}
	if it.restore.DuplicateConflict == "renamenew" && len(item.Databases) > 0 {
		warnings = append(warnings, "with renamenew the service chooses another name where one is taken: the names below may not be the final ones")
	}
	if kept := keptNames(it, item); len(kept) > 0 {
		warnings = append(warnings, "no rule of rename matches "+few(kept)+", so the name stays as it is")
	}
	if it.restore.Destination.InstanceType != "RDS" {
		return warnings
	}
	for _, db := range item.Databases {
		if offRDS(db.Target) {
			return append(warnings, fmt.Sprintf("%.80q is not a name that RDS itself would create: 2 to 64 of a-z, 0-9, _ and -, a letter first, no sign last", db.Target))
		}
	}
	return warnings
}

// Count returns how many items the plan has of each action.
func (p *Plan) Count() map[Action]int {
	n := map[Action]int{}
	for i := range p.Items {
		n[p.Items[i].Action]++
	}
	return n
}
