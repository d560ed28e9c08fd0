package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
)

// savedPlan reads a plan file and brings its actions up to date with what the
// journal knows of its run.
func (a *app) savedPlan(ctx context.Context, cmd *cobra.Command, path, digest string) (*plan.Plan, *session, error) {
	for _, name := range []string{"run", "var", "only", "selector"} {
		if cmd.Flags().Changed(name) && (name == "run" || a.flags.file == "") {
			return nil, nil, usageError("make the plan with it: dbsrestore plan --"+name+" …", "apply: --%s cannot change a saved plan", name)
		}
	}
	p, err := a.readPlan(path)
	if err != nil {
		return nil, nil, err
	}
	if err := isApproved(p, digest); err != nil {
		return nil, nil, err
	}
	if p.Offline {
		return nil, nil, fail(exitPlanRefused, fmt.Errorf("plan %s was made offline: what needs the service is open in it", path), "make it again without --offline")
	}
	if a.flags.file != "" {
		if err := a.sameManifest(p, path); err != nil {
			return nil, nil, err
		}
	}
	s, err := a.connectFor(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if p.Target != s.target {
		return nil, nil, errors.Join(fail(exitPlanRefused, fmt.Errorf("plan %s was made for %s, this is %s", path, p.Target, s.target),
			"nothing was done; apply it with the endpoint and the account that it was made with, or plan anew"), s.Close())
	}
	known, err := a.history(ctx, s.target, p.Manifest.Name, p.Run)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	facts, empty, err := runner.ReadFacts(ctx, s, p, p, known, a.env.Now())
	if err != nil {
		return nil, nil, errors.Join(serviceError(err), s.Close())
	}
	s.empty = empty
	if stale := p.Stale(facts); len(stale) > 0 {
		return nil, nil, errors.Join(staleError(path, p, stale), s.Close())
	}
	p = p.Recall(facts.History)
	return p, s, nil
}

// readPlan reads a plan file, which is a regular file, or - for stdin.
func (a *app) readPlan(path string) (*plan.Plan, error) {
	const hint = "make it again with 'dbsrestore plan --out'; a manifest is given with -f"
	read := func() ([]byte, error) { return readRegular(path, maxPlan) }
	if path == "-" {
		read = func() ([]byte, error) { return a.read(path, maxPlan) }
	}
	data, err := read()
	if err != nil {
		return nil, fail(exitPlanRefused, fmt.Errorf("plan: %w", err), hint)
	}
	p, err := plan.Decode(data)
	if err != nil {
		return nil, fail(exitPlanRefused, fmt.Errorf("plan %s %s", path, strings.TrimPrefix(err.Error(), "plan file ")), hint)
	}
	return p, nil
}

// readRegular reads a regular file. It opens it once, so that what was looked at
// is what is read, and does not wait for a pipe that nobody writes to.
func readRegular(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > limit:
		return nil, tooLarge(path, limit)
	}
	return readAll(f, path, limit)
}

// isApproved refuses another plan than the one that was approved; "" is for none.
func isApproved(p *plan.Plan, digest string) error {
	if digest == "" || digest == string(p.Digest) {
		return nil
	}
	return fail(exitPlanRefused, fmt.Errorf("the plan is %s, approved was %s", p.Digest, digest), "review the plan again; nothing was done")
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// approvedDigest reads --digest, "" for none.
func approvedDigest(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	digits := strings.TrimPrefix(strings.ToLower(text), "sha256:")
	if !hexDigest.MatchString(digits) {
		return "", usageError("copy it whole, as 'dbsrestore plan' printed it", "--digest: not the 64 hexadecimal digits of a digest")
	}
	return "sha256:" + digits, nil
}

// sameManifest refuses a plan that is not of the manifest as it is now.
func (a *app) sameManifest(p *plan.Plan, path string) error {
	l, err := a.load(a.flags.file)
	if err != nil {
		return err
	}
	a.flags.run = p.Run
	d, err := a.expand(l, a.env.Now())
	if err != nil {
		return err
	}
	const hint = "nothing was done; give the flags that the plan was made with, or plan the manifest again and review that"
	if p.Manifest.Name != l.manifest.Name {
		return fail(exitPlanRefused, fmt.Errorf("plan %s is of a manifest named %s, %s is named %s", path, p.Manifest.Name, l.manifest.File(), l.manifest.Name), hint)
	}
	diff := p.Compare(d)
	if diff.IsZero() {
		return nil
	}
	var b strings.Builder
	if l.manifest.Digest() == string(p.Manifest.Digest) {
		fmt.Fprintf(&b, "plan %s was made with another --var, --only, --selector, --in-flight or --requests-per-second than are given now, or other CSV files; the manifest is the same", path)
	} else {
		fmt.Fprintf(&b, "plan %s is not of %s as it is now (it was %s, it is %s)", path, l.manifest.File(), p.Manifest.Digest, l.manifest.Digest())
	}
	for _, part := range []struct {
		what string
		keys []plan.Key
	}{{"added", diff.Added}, {"removed", diff.Removed}, {"changed", diff.Changed}} {
		if len(part.keys) > 0 {
			fmt.Fprintf(&b, "\n  %s: %s", part.what, keyList(part.keys))
		}
	}
	if diff.Rules {
		b.WriteString("\n  changed: limits or failure")
	}
	return fail(exitPlanRefused, errors.New(b.String()), hint)
}

// keyList names the first few keys.
func keyList(keys []plan.Key) string {
	const most = 5
	var names []string
	for _, k := range keys[:min(len(keys), most)] {
		names = append(names, string(k))
	}
	text := strings.Join(names, ", ")
	if more := len(keys) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
