package plan

import (
	"slices"
	"strconv"
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
	kept      []*kept // of the items that were chosen, in the manifest's order
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
	x.expander = newExpander(x)
	for i := range m.Restores {
		x.expandRestore(i)
	}
	needs := x.needs()
	chosen := x.choose(in.Only, in.Selector, needs)
	list := x.problems.diagnostics()
	if list.HasErrors() {
		return nil, list
	}
	return &Draft{manifest: m, run: x.run, vars: x.vars, templates: x.templates, kept: chosen}, list
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
	expander  *expander
	declarer  declarer
	items     []*kept
	restores  [][]int // indices of the items of each restore
	misspelt  int     // needs that name nothing so far
	listed    int     // names and globs under databases, exclude and needs so far
	at        *moment // of the item before; many ask for the same
	asked     schema.At
}

func (x *expansion) expandRestore(i int) {
	r := &x.manifest.Restores[i]
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
	line := x.manifest.Pos(restorePointer(i)).Line
	e := x.expander
	e.enter(i, t.columns)
	items := make([]kept, len(t.rows))
	x.items = slices.Grow(x.items, len(items))
	x.restores[i] = make([]int, len(items))
	for n, row := range t.rows {
		e.begin(row)
		x.restores[i][n] = len(x.items)
		x.items = append(x.items, &items[n])
		x.expandRow(e, line, row, &items[n])
	}
}

func (x *expansion) expandRow(e *expander, line int, row row, k *kept) {
	expanded := &e.expanded
	*expanded = *e.of
	e.walk.restore(expanded)
	at := x.readMoment(e, expanded.At)
	for _, p := range checkRestore(expanded) {
		e.report(p)
	}
	for _, p := range x.templates.checkRules(expanded.Rename.Rules) {
		e.report(p)
	}
	*k = kept{
		key: e.key, index: e.index, line: line, row: e.row, each: row.each, values: slices.Clone(e.values), at: at,
		declared: x.declarer.declare(expanded, e.rename(e.of.Rename)),
		labels:   expanded.Labels,
		names:    expanded.Needs,
	}
	k.attempt = attempt(x.manifest.Name, x.run, k.key, k.declared, 1)
}

// readMoment reads the at of a row.
func (x *expansion) readMoment(e *expander, asked schema.At) *moment {
	if x.at != nil && asked == x.asked {
		return x.at
	}
	at, p := readMoment(asked, x.now)
	at.open = at.whatIsOpen()
	if p != nil {
		e.report(p)
		return &at
	}
	x.at, x.asked = &at, asked
	return x.at
}

// parameters returns the request of an expanded restore, without what the
// facts decide: the moment and the databases.
func parameters(r *schema.Restore) Parameters {
	d := r.Destination
	p := Parameters{
		BackupPlanId:                    r.BackupPlanID,
		DestinationEndpointInstanceType: d.InstanceType,
		DestinationEndpointRegion:       d.Region,
		DestinationEndpointInstanceID:   d.InstanceID,
		DestinationEndpointIP:           d.IP,
		DestinationEndpointPort:         int(digits(d.Port)),
		DestinationEndpointDatabaseName: d.DatabaseName,
		DestinationEndpointUserName:     d.UserName,
		BackupGatewayId:                 digits(d.BackupGatewayID),
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

// digits returns a whole number, 0 when it is absent or was reported.
func digits(s string) int64 {
	if s == "" {
		return 0
	}
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}
