package plan_test

import (
	"slices"
	"testing"

	"github.com/dbsrestore/dbsrestore/plan"
)

func TestRecallBringsActionsUpToDate(t *testing.T) {
	p := offline(t, plan.Input{Manifest: simple("new", "done", "running", "lost", "changed")})
	data := encoded(t, p)
	known := func(i int, k plan.Known) plan.Known {
		k.Declared, k.Parameters, k.Databases = p.Items[i].Declared, p.Items[i].Parameters, p.Items[i].Databases
		return k
	}
	changed := known(4, plan.Known{TaskID: "s4"})
	changed.Declared = "sha256:of-something-else"
	q := p.Recall(map[plan.Key]plan.Known{
		"done":    known(1, plan.Known{TaskID: "s1", Ended: true, Succeeded: true}),
		"running": known(2, plan.Known{TaskID: "s2"}),
		"lost":    known(3, plan.Known{}),
		"changed": changed,
	})
	var got []plan.Action
	for _, item := range q.Items {
		got = append(got, item.Action)
	}
	if want := []plan.Action{plan.Restore, plan.Done, plan.Adopt, plan.Restore, plan.Blocked}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if q.Digest != p.Digest {
		t.Errorf("got digest %s, want that of the plan, %s", q.Digest, p.Digest)
	}
	if string(encoded(t, p)) != string(data) {
		t.Error("the plan itself was changed")
	}
}

func TestSitesAreNamedOnce(t *testing.T) {
	m := simple("a", "b", "c")
	m.Restores[1].Profile = "dr"
	want := []plan.Site{{Region: "cn-hangzhou"}, {Profile: "dr", Region: "cn-hangzhou"}}
	draft, problems := plan.Expand(plan.Input{Manifest: m})
	if draft == nil {
		t.Fatal(problems)
	}
	if got := draft.Sites(); !slices.Equal(got, want) {
		t.Errorf("got %v for the draft, want %v", got, want)
	}
	if got := offline(t, plan.Input{Manifest: m}).Sites(); !slices.Equal(got, want) {
		t.Errorf("got %v for the plan, want %v", got, want)
	}
}
