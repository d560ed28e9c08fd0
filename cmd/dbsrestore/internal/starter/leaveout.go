package starter

import (
	"fmt"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Questions asks what [LeaveOut] must know of the backup plans.
func Questions(restores []Restore) []plan.Question {
	var questions []plan.Question
	for _, r := range Usable(restores) {
		questions = append(questions, plan.Question{Site: r.Plan.Site, BackupPlanID: r.Plan.ID, Latest: true})
	}
	return questions
}

// LeaveOut gives a reason to each restore that would not be carried out, which it
// finds by planning them all.
func LeaveOut(restores []Restore, facts plan.Facts) error {
	for len(Usable(restores)) > 0 {
		reasons, err := refused(Manifest(restores), facts)
		if err != nil || len(reasons) == 0 {
			return err
		}
		for i, r := range restores {
			if r.Reason == "" {
				restores[i].Reason = reasons[r.Name]
			}
		}
	}
	return nil
}

// refused says why restores of a manifest cannot be carried out, by their names.
func refused(text []byte, facts plan.Facts) (map[string]string, error) {
	m, problems := schema.Parse("the new manifest", text)
	if problems.HasErrors() {
		return nil, fmt.Errorf("write a manifest: %w", problems[0]) // unreachable: what varies in it is legal
	}
	reasons := map[string]string{}
	d, problems := plan.Expand(plan.Input{Manifest: m, Now: facts.Now})
	if !problems.HasErrors() {
		var p *plan.Plan
		if p, problems = d.Resolve(facts); p != nil {
			for _, item := range p.Items {
				if item.Action == plan.Blocked {
					reasons[string(item.Key)] = item.Reason
				}
			}
		}
	}
	for _, problem := range problems {
		if problem.Severity == diag.Error {
			reasons[restoreAt(m, problem.Pos.Line)] = problem.Summary
		}
	}
	return reasons, nil
}

// restoreAt returns the name of the restore that a line belongs to.
func restoreAt(m *schema.Manifest, line int) (name string) {
	for i, r := range m.Restores {
		if i == 0 || m.Pos(fmt.Sprintf("/restores/%d", i)).Line <= line {
			name = r.Name
		}
	}
	return name
}
