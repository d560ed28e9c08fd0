package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/plan"
)

const maxReasons = 10 // that are told of a stale plan

// staleError refuses a plan that cannot be carried out as it was reviewed. It
// tells each reason once, with the items that it is about.
func staleError(path string, p *plan.Plan, stale []plan.Stale) error {
	if i := slices.IndexFunc(stale, func(s plan.Stale) bool { return s.Unread }); i >= 0 {
		return fail(exitUnavailable, fmt.Errorf("plan %s: whether it can still be carried out is not known: %s", path, stale[i].Why),
			"nothing was done; run the same command again when the service answers")
	}
	keys := map[string][]plan.Key{}
	var reasons []string
	items := map[plan.Key]bool{}
	for _, s := range stale {
		if keys[s.Why] == nil {
			reasons = append(reasons, s.Why)
		}
		keys[s.Why] = append(keys[s.Why], s.Key)
		items[s.Key] = true
	}
	var b strings.Builder
	fmt.Fprintf(&b, "plan %s is stale: %d of %d items can no longer be carried out as they were planned", path, len(items), len(p.Items))
	for _, why := range reasons[:min(len(reasons), maxReasons)] {
		fmt.Fprintf(&b, "\n  %s: %s", keyList(keys[why]), why)
	}
	if more := len(reasons) - maxReasons; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more reasons", more)
	}
	return fail(exitPlanRefused, errors.New(b.String()), "nothing was done; make the plan again with 'dbsrestore plan --out', and review it")
}
