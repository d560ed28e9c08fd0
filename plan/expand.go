package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Input is what Expand works on. Only Manifest is needed.
type Input struct {
	Manifest *schema.Manifest
	Run      string            // overrides the manifest's run, same syntax; "" does not
	Vars     map[string]string // --var: override the manifest's vars, or add to them
	Files    map[string][]byte // the CSV files that forEach names, by the path as written
	Now      time.Time         // decides the slot of a run key, and what lies in the future
	Only     []Key             // restores or items to plan, with all that they need; empty for all
	Selector map[string]string // labels that items to plan must have; empty for all
}

// Draft is a manifest with its templates expanded: what can be said of the
// plan before anybody is asked. Expand makes one.
type Draft struct {
	manifest  *schema.Manifest
	run       string
	vars      map[string]any
	templates *templates
	items     []*draftItem // those that were chosen, in the manifest's order
}

// draftItem is an item with all that does not depend on facts.
type draftItem struct {
	item    Item
	restore schema.Restore // expanded, but for the templates of rename
	index   int            // of the restore in the manifest
	row     bool           // from a forEach
	each    any            // .each
	at      moment
}

// Run returns the run key.
func (d *Draft) Run() string { return d.run }

// Expand makes a draft of a manifest: one item per restore or per row of its
// forEach, with templates expanded, identity derived, and all rules checked
// that need no facts. All problems are reported at once; with an error among
// them there is no draft.
func Expand(in Input) (*Draft, diag.List) {
	m := in.Manifest
	x := &expansion{
		manifest:  m,
		files:     in.Files,
		now:       in.Now,
		templates: newTemplates(),
		problems:  &problems{manifest: m},
		restores:  make([][]int, len(m.Restores)),
	}
	vars, found := variables(m, in.Vars)
	x.vars = vars
	for _, p := range found {
		x.problems.addf(p.code, p.field, p.hint, "%s", p.summary)
	}
	run := m.Run
	if in.Run != "" {
		run = in.Run
	}
	x.run = x.runKey(run, in.Now)
	for i := range m.Restores {
		x.expandRestore(i)
	}
	needs := x.needs()
	chosen := x.choose(in.Only, in.Selector, needs)
	list := x.problems.diagnostics()
	if list.HasErrors() {
		return nil, list
	}
	return &Draft{manifest: m, run: x.run, vars: x.vars, templates: x.templates, items: chosen}, list
}

// expansion is the work of one Expand.
type expansion struct {
	manifest  *schema.Manifest
	files     map[string][]byte
	now       time.Time
	run       string
	vars      map[string]any
	templates *templates
	problems  *problems
	items     []*draftItem
	restores  [][]int // indices of the items of each restore
	listed    int     // names and globs under databases, exclude and needs so far
}

func (x *expansion) expandRestore(i int) {
	r := &x.manifest.Restores[i]
	line := x.manifest.Pos(restorePointer(i)).Line
	t := table{rows: []row{{}}}
	if r.ForEach != nil {
		t = x.rows(i, r)
	}
	if len(x.items)+len(t.rows) > MaxItems {
		x.problems.addf(CodeTooMany, restorePointer(i), "split the manifest", "the manifest has more than %d items", MaxItems)
		return
	}
	if x.listed += len(t.rows) * (len(r.Databases) + len(r.Exclude) + len(r.Needs)); x.listed > maxListed {
		x.problems.addf(CodeTooMany, restorePointer(i), "write globs such as shop_*, or split the manifest",
			"the items list more than %d names together under databases, exclude and needs", maxListed)
		return
	}
	e := x.expanderFor(i, r, t.columns)
	for _, row := range t.rows {
		key := Key(r.Name)
		if r.ForEach != nil {
			key = Key(r.Name + "[" + row.key + "]")
		}
		e.key, e.data["each"], e.failed = key, row.each, nil
		x.restores[i] = append(x.restores[i], len(x.items))
		x.items = append(x.items, x.newItem(e, r, line, row))
	}
}

func (x *expansion) newItem(e *expander, r *schema.Restore, line int, row row) *draftItem {
	expanded := e.restore(*r)
	at, p := readMoment(expanded.At, x.now)
	if p != nil {
		e.report(p)
	}
	for _, p := range checkRestore(&expanded) {
		e.report(p)
	}
	for _, p := range x.templates.checkRules(expanded.Rename.Rules) {
		e.report(p)
	}
	inputs := e.rename(r.Rename)
	it := &draftItem{restore: expanded, index: e.index, row: r.ForEach != nil, each: row.each, at: at}
	it.item = Item{
		Key: e.key, Action: Restore, Line: line,
		Site:       Site{Profile: expanded.Profile, Region: expanded.Region},
		Declared:   declare(&expanded, inputs),
		At:         at.text,
		Parameters: parameters(&expanded),
		Password:   expanded.Destination.Password,
		Labels:     expanded.Labels,
		Objective:  expanded.Objective,
	}
	it.item.Destination = destinationName(&it.item.Parameters)
	a := attempt(x.manifest.Name, x.run, e.key, it.item.Declared, 1)
	it.item.ClientToken, it.item.RestoreTaskName = a.ClientToken, a.RestoreTaskName
	return it
}

// parameters returns the request of an expanded restore, without what the
// facts decide: the moment and the databases.
func parameters(r *schema.Restore) Parameters {
	d := r.Destination
	port, _ := strconv.Atoi(d.Port)                           // 0 when it is absent or was reported
	gateway, _ := strconv.ParseInt(d.BackupGatewayID, 10, 64) // likewise
	p := Parameters{
		BackupPlanId:                    r.BackupPlanID,
		DestinationEndpointInstanceType: d.InstanceType,
		DestinationEndpointRegion:       d.Region,
		DestinationEndpointInstanceID:   d.InstanceID,
		DestinationEndpointIP:           d.IP,
		DestinationEndpointPort:         port,
		DestinationEndpointDatabaseName: d.DatabaseName,
		DestinationEndpointUserName:     d.UserName,
		BackupGatewayId:                 gateway,
		DestinationEndpointOracleSID:    d.OracleSID,
		RestoreDir:                      d.RestoreDir,
		RestoreHome:                     d.RestoreHome,
		DuplicateConflict:               r.DuplicateConflict,
		OwnerId:                         r.OwnerID,
	}
	if r.CrossAccount != nil {
		p.CrossAliyunId, p.CrossRoleName = r.CrossAccount.AliyunID, r.CrossAccount.RoleName
	}
	return p
}

// An expander expands the fields of one restore, row after row.
type expander struct {
	x        *expansion
	index    int
	row      bool
	scope    scope
	inRename scope
	checked  map[string]bool // fields whose references were checked; false when they are bad

	// Of the row at hand:
	key    Key
	data   map[string]any // what its templates see
	failed []string       // fields that could not be expanded
}

func (x *expansion) expanderFor(i int, r *schema.Restore, columns []string) *expander {
	e := &expander{
		x: x, index: i, row: r.ForEach != nil,
		scope:   scope{roots: []string{"name", "run", "vars"}, vars: x.vars, columns: columns},
		data:    map[string]any{"name": r.Name, "run": x.run, "vars": x.vars},
		checked: map[string]bool{},
	}
	if e.row {
		e.scope.roots = append(e.scope.roots, "each")
	}
	e.inRename = e.scope
	e.inRename.roots = append(slices.Clone(e.scope.roots), "db")
	return e
}

// report records a problem of the row, unless it follows from a template that
// failed.
func (e *expander) report(p *problem) {
	if !slices.ContainsFunc(e.failed, func(field string) bool { return strings.HasPrefix(field, p.field) }) {
		e.x.problems.add(e.index, e.key, e.row, p)
	}
}

// fail records that a field of the row could not be expanded; p is nil when
// that was reported already.
func (e *expander) fail(field string, p *problem) {
	if p != nil {
		e.report(p)
	}
	e.failed = append(e.failed, field)
}

// parse returns the template of a field, nil when it is no good. Its
// references are checked once, not for every row.
func (e *expander) parse(field, s string, in scope) *text {
	t := e.x.templates.parse(s)
	good, seen := e.checked[field]
	if !seen {
		p := in.check(t)
		if p != nil {
			e.x.problems.add(e.index, e.key, false, &problem{p.code, field, p.summary, p.hint})
		}
		good = p == nil
		e.checked[field] = good
	}
	if !good {
		return nil
	}
	return t
}

// text expands one field.
func (e *expander) text(field, s string) string {
	if isTemplate(s) {
		t := e.parse(field, s, e.scope)
		if t == nil {
			e.fail(field, nil)
			return ""
		}
		var err error
		if s, err = t.execute(e.data); err != nil {
			e.fail(field, problemf(CodeExecute, field, "the template fails: %v", err))
			return ""
		}
	}
	if r, bad := unprintable(s); bad {
		e.report(problemf(CodeText, field, "the value %+.80q holds %U, which cannot be seen", s, r))
	}
	return s
}

func (e *expander) texts(field string, list []string) []string {
	out := slices.Clone(list)
	for i, s := range list {
		out[i] = e.text(elementPointer(field, i), s)
	}
	return out
}

func (e *expander) restore(r schema.Restore) schema.Restore {
	r.Region = e.text("/region", r.Region)
	r.Profile = e.text("/profile", r.Profile)
	r.BackupPlanID = e.text("/backupPlanId", r.BackupPlanID)
	r.At = schema.At{
		Text:        e.text("/at", r.At.Text),
		RestoreTime: e.text("/at/restoreTime", r.At.RestoreTime),
		BackupSetID: e.text("/at/backupSetId", r.At.BackupSetID),
	}
	r.Databases = e.texts("/databases", r.Databases)
	r.Exclude = e.texts("/exclude", r.Exclude)
	r.Destination = e.destination(r.Destination)
	r.DuplicateConflict = e.text("/duplicateConflict", r.DuplicateConflict)
	r.OwnerID = e.text("/ownerId", r.OwnerID)
	r.Needs = e.texts("/needs", r.Needs)
	if c := r.CrossAccount; c != nil {
		r.CrossAccount = &schema.CrossAccount{
			AliyunID: e.text("/crossAccount/aliyunId", c.AliyunID),
			RoleName: e.text("/crossAccount/roleName", c.RoleName),
		}
	}
	r.Labels = e.labels(r.Labels)
	if len(r.Rename.Rules) > 0 {
		r.Rename.Rules = slices.Clone(r.Rename.Rules)
		for i := range r.Rename.Rules {
			rule := &r.Rename.Rules[i]
			rule.Match = e.text(elementPointer("/rename", i)+"/match", rule.Match)
		}
	}
	return r
}

func (e *expander) destination(d schema.Destination) schema.Destination {
	d.InstanceType = e.text("/destination/instanceType", d.InstanceType)
	dropInherited(&d, func(field string) bool {
		return e.x.manifest.Inherited(restorePointer(e.index) + field)
	})
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
		*f.value = e.text(f.field, *f.value)
	}
	if p := d.Password; p != nil {
		d.Password = &schema.SecretRef{
			Env:  e.text("/destination/password/env", p.Env),
			File: e.text("/destination/password/file", p.File),
		}
	}
	return d
}

func (e *expander) labels(labels map[string]string) map[string]string {
	if len(labels) == 0 {
		return nil
	}
	out := make(map[string]string, len(labels))
	for k, v := range labels {
		out[k] = e.text("/labels/"+pointerEscaper.Replace(k), v)
	}
	return out
}

// rename checks the templates of a rename, which are expanded later, when the
// databases are known. It returns what they refer to.
func (e *expander) rename(r schema.Rename) map[string]any {
	inputs := map[string]any{}
	read := func(field, s string) {
		if !isTemplate(s) {
			return
		}
		if t := e.parse(field, s, e.inRename); t != nil {
			t.inputs(e.data, inputs)
		}
	}
	if r.Template != "" {
		read("/rename", r.Template)
	}
	for i, rule := range r.Rules {
		read(elementPointer("/rename", i)+"/to", groupMarks(rule.To))
	}
	return inputs
}
