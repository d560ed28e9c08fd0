package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/schema"
)

// applyFlags are the flags of the verbs that carry out a plan, apply and retry.
type applyFlags struct {
	yes, newRun, skipBlocked, wait bool
	retry                          bool // of the verb retry
	digest                         string
}

func (a *app) applyCommand() *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:   "apply [PLAN.json] [-f FILE]",
		Short: "Carry out a plan; run it again to resume",
		Long: `Carry out a saved plan, or the plan of a manifest. Running the same command again
resumes: what is done is left alone, what exists at the service is followed, and nothing is
restored twice.

A saved plan is carried out as it was reviewed, or refused with status 7: when it was altered, when
it is not the one that --digest approves, when it was made for another endpoint or account, and
when an item that is not begun could no longer be carried out. With -f as well, it must be a plan
of that manifest as it is now: what a pipeline asks that applies after a merge.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.apply(cmd, args, f) },
	}
	a.flags.manifestFlags(cmd)
	a.flags.targetFlags(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&f.newRun, "new-run", false, "begin although an earlier run of the manifest is unfinished")
	cmd.Flags().BoolVar(&f.skipBlocked, "skip-blocked", false, "carry out the rest of a plan that has blocked items")
	cmd.Flags().BoolVar(&f.wait, "wait", true, "follow the restores until they end")
	a.flags.runFlags(cmd)
	cmd.Flags().StringVar(&f.digest, "digest", "", "carry out only the plan with this `SHA`, as it was approved, and do not ask: 64 hexadecimal digits, with or without sha256:")
	return cmd
}

func (a *app) apply(cmd *cobra.Command, args []string, f applyFlags) error {
	var err error
	if f.digest, err = approvedDigest(f.digest); err != nil {
		return err
	}
	p, s, err := a.planToApply(cmd.Context(), cmd, args, f.digest)
	if err != nil {
		return err
	}
	defer s.Close()
	if a.flags.output == "text" && (!a.flags.quiet || !f.yes) {
		unfold := a.fold(a.env.Stdout, "Plan")
		err := a.review(cmd.Context(), p, view.PlanNotes{})
		unfold()
		if err != nil {
			return err
		}
		fmt.Fprintln(a.env.Stdout)
	}
	if err := a.mayApply(p, f); err != nil {
		return err
	}
	if n := p.Count(); n[plan.Done] == len(p.Items) {
		recorded, ended, err := a.isRecorded(cmd.Context(), p, s)
		if err != nil {
			return err
		}
		if recorded { // else the run takes note of what is done, or tells of surplus tasks as it did before
			return a.nothingToDo(p, ended)
		}
	}
	return a.carryOut(cmd.Context(), p, s, f)
}

// isRecorded reports whether the journal has the end of the run and of every item of
// a plan, and knows of no task beyond those that were started; ended is when the
// run was over. A process that was killed may have left the end of all items and
// not that of the run, which then would stay unfinished for ever.
func (a *app) isRecorded(ctx context.Context, p *plan.Plan, s *session) (recorded bool, ended time.Time, err error) {
	run, past, err := a.past(ctx, s.target, p.Manifest.Name, p.Run)
	if err != nil {
		return false, time.Time{}, err
	}
	known := past.Known()
	over := !run.Ended.IsZero() || len(p.Items) == 0
	return over && !slices.ContainsFunc(p.Items, func(it plan.Item) bool {
		k, ok := known[it.Key]
		return !ok || len(k.Surplus) > 0
	}), run.Ended, nil
}

// nothingToDo tells that the run is over and went well.
func (a *app) nothingToDo(p *plan.Plan, ended time.Time) error {
	into, err := createJSON(a.flags.jsonInto)
	if err != nil {
		return err
	}
	now := a.env.Now()
	out := a.newProgress(p, into)
	out.text = false
	out.finish(runner.Report{Started: now, Ended: now, Counts: runner.Counts{Total: len(p.Items), Succeeded: len(p.Items)}}, nil)
	switch {
	case a.flags.output == "json":
	case len(p.Items) == 0:
		fmt.Fprintln(a.env.Stdout, "Nothing to do: the plan has no restores.")
	default:
		fmt.Fprintf(a.env.Stdout, "Nothing to do: all %d restores of run %s are done. It ended %s; another --run KEY restores anew.\n",
			len(p.Items), view.Inert(p.Run), ended.UTC().Format(time.RFC3339))
	}
	return nil
}

// planToApply makes the plan of a manifest, or reads a saved one.
func (a *app) planToApply(ctx context.Context, cmd *cobra.Command, args []string, digest string) (*plan.Plan, *session, error) {
	if len(args) == 0 && a.flags.file == "" {
		return nil, nil, usageError("write 'dbsrestore apply -f FILE', or 'dbsrestore apply PLAN.json'", "apply: no manifest and no saved plan given")
	}
	if len(args) == 1 {
		return a.savedPlan(ctx, cmd, args[0], digest)
	}
	l, err := a.load(a.flags.file)
	if err != nil {
		return nil, nil, err
	}
	now := a.env.Now()
	d, err := a.expand(l, now)
	if err != nil {
		return nil, nil, err
	}
	s, err := a.connect(ctx, l.manifest.Limits.RequestsPerSecond, d.Sites())
	if err != nil {
		return nil, nil, err
	}
	p, err := a.resolve(ctx, l, d, s, now)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	p.Seal()
	if err := isApproved(p, digest); err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return p, s, nil
}

// mayApply refuses what must not be carried out, and asks.
func (a *app) mayApply(p *plan.Plan, f applyFlags) error {
	if err := mayRun(p, f); err != nil {
		return errors.Join(a.refuseBlocked(p), err)
	}
	if err := a.checkSecrets(p); err != nil {
		return err
	}
	n := p.Count()
	work := n[plan.Restore] + n[plan.Adopt]
	if work == 0 || f.yes || f.digest != "" { // the digest is of what was approved
		return nil
	}
	if !a.env.Interactive || a.stdinRead {
		verb := "apply"
		if f.retry {
			verb = "retry"
		}
		return usageError("review the plan above and add --yes", "%s: nobody can be asked, standard input is not a terminal or was read", verb)
	}
	fmt.Fprintf(a.env.Stderr, "Carry out %d restores? Only 'yes' is accepted: ", work)
	answer, _ := bufio.NewReader(a.env.Stdin).ReadString('\n')
	if strings.TrimSpace(answer) != "yes" {
		return fail(exitUsage, errors.New("not confirmed, nothing was done"), "")
	}
	return nil
}

// mayRun refuses a plan with blocked items, unless they are to be skipped.
func mayRun(p *plan.Plan, f applyFlags) error {
	if n := p.Count()[plan.Blocked]; n > 0 && !f.skipBlocked {
		return fail(exitManifest, fmt.Errorf("%d of %d items are blocked", n, len(p.Items)), "mend what blocks them, or carry out the rest with --skip-blocked; nothing was done")
	}
	return nil
}

// checkSecrets reads every secret once and forgets it, so that a missing one
// is found before the first create.
func (a *app) checkSecrets(p *plan.Plan) error {
	if a.flags.emulator {
		return nil // its destinations have no passwords
	}
	checked := map[schema.SecretRef]bool{}
	for _, it := range p.Items {
		if it.Password == nil || it.Action != plan.Restore || checked[*it.Password] {
			continue
		}
		checked[*it.Password] = true
		if _, err := secret.Read(*it.Password, a.env.Getenv); err != nil {
			return fail(exitCredentials, fmt.Errorf("password of %s: %w", it.Key, err), "nothing was done")
		}
	}
	return nil
}
