package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
)

func (a *app) planCommand() *cobra.Command {
	var out string
	var offline, detailed bool
	cmd := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Build the plan and show it: nothing is restored",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unexpected %q: a manifest is given with -f", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := a.makePlan(cmd, offline)
			if err != nil {
				return err
			}
			if out != "" {
				if err := a.save(p, out); err != nil {
					return err
				}
			}
			if err := a.showPlan(cmd.Context(), p, a.nextOf(p, out)); err != nil {
				return err
			}
			a.annotateBlocked(p)
			return planStatus(p, detailed)
		},
	}
	a.flags.manifestFlags(cmd)
	a.flags.targetFlags(cmd)
	a.flags.outputFlag(cmd, "text", "json")
	cmd.Flags().StringVar(&out, "out", "", "save the plan to `FILE` for apply")
	cmd.Flags().BoolVar(&offline, "offline", false, "ask nobody: what needs the service stays open")
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 when there is work to do")
	return cmd
}

// makePlan goes the whole way from the manifest to a plan.
func (a *app) makePlan(cmd *cobra.Command, offline bool) (*plan.Plan, error) {
	if a.flags.file == "" {
		return nil, usageError("write -f FILE", "%s: no manifest given", cmd.Name())
	}
	l, err := a.load(a.flags.file)
	if err != nil {
		return nil, err
	}
	now := a.env.Now()
	d, err := a.expand(l, now)
	if err != nil {
		return nil, err
	}
	if offline {
		return a.resolve(cmd.Context(), l, d, nil, now)
	}
	ctx := cmd.Context()
	s, err := a.connect(ctx, l.manifest.Limits.RequestsPerSecond, d.Sites())
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return a.resolve(ctx, l, d, s, now)
}

func planStatus(p *plan.Plan, detailed bool) error {
	n := p.Count()
	switch {
	case n[plan.Blocked] > 0:
		return statusOnly(exitManifest)
	case detailed && n[plan.Restore]+n[plan.Adopt] > 0:
		return statusOnly(exitWork)
	case detailed && n[plan.Failed] > 0: // nothing more happens to them, and they are not well
		return statusOnly(exitFailures)
	}
	return nil
}

// showPlan shows a plan, and what to do next.
func (a *app) showPlan(ctx context.Context, p *plan.Plan, notes view.PlanNotes) error {
	if a.flags.output == "json" {
		return p.Write(a.env.Stdout)
	}
	if p.Digest == "" { // it was not saved
		p.Seal()
	}
	return a.review(ctx, p, notes)
}

// nextOf says what to do about a plan that was just made, and saved in a file, or
// "" if it was not.
func (a *app) nextOf(p *plan.Plan, saved string) view.PlanNotes {
	n := p.Count()
	switch {
	case saved != "" && p.Offline:
		return view.PlanNotes{Next: "Saved " + saved + ", for review: what needs the service is open in it, and apply refuses it."}
	case saved != "":
		return view.PlanNotes{Next: "Saved " + saved + ". Carry out exactly this plan:",
			Command: fmt.Sprintf("dbsrestore apply %s --digest %s%s", quoteShell(saved), p.Digest, a.where())}
	case p.Offline:
		return view.PlanNotes{Next: "Next: plan without --offline, which asks the service for what is open."}
	case n[plan.Blocked] > 0:
		return view.PlanNotes{Next: "Next: mend what is blocked, and plan again."}
	case n[plan.Restore]+n[plan.Adopt] > 0:
		return view.PlanNotes{Next: "Next: 'dbsrestore apply' with the same flags carries it out; --out FILE saves it for review."}
	case n[plan.Failed] > 0:
		return view.PlanNotes{Next: "Next: 'dbsrestore retry " + p.Manifest.Name + "/" + p.Run + "' tries anew what failed."}
	}
	return view.PlanNotes{}
}

// review shows a plan, with a forecast by the last runs of the same manifest, as far
// as they can be read.
func (a *app) review(ctx context.Context, p *plan.Plan, notes view.PlanNotes) error {
	var took map[plan.Key]time.Duration
	j, err := a.readJournal()
	if j != nil {
		defer j.Close()
		took, err = a.durations(ctx, j, p, 0, forecastRuns)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(a.env.Stderr, "Forecast without all earlier runs: %s\n", view.Inert(err.Error()))
	}
	notes.Forecast = p.Forecast(took)
	view.Plan(a.env.Stdout, p, notes, a.viewOptions())
	return nil
}

// forecastRuns is how many runs a forecast goes back.
const forecastRuns = 3

// durations returns how long the items of a plan took when they were restored last
// at the same target, in the last few runs but one, as far as these can be read; the
// error names the others.
func (a *app) durations(ctx context.Context, j *journal.Journal, p *plan.Plan, but int64, few int) (map[plan.Key]time.Duration, error) {
	runs, err := j.Runs(ctx)
	if err != nil {
		return nil, errors.New("the list of runs in the journal cannot be read")
	}
	took := map[plan.Key]time.Duration{}
	var unread []error
	for _, run := range runs { // the newest first
		if few == 0 || run.ID == but || run.Manifest != p.Manifest.Name || run.Target != p.Target {
			continue
		}
		few--
		of, err := runner.Took(ctx, j, run)
		if err != nil { // without the advice for one that is needed
			unread = append(unread, fmt.Errorf("not all of run %s can be read", run.Key))
		}
		for key, d := range of {
			if took[key] == 0 {
				took[key] = d
			}
		}
	}
	return took, errors.Join(unread...)
}

// where repeats the flags that say which service a plan was made with, and where
// the journal is.
func (a *app) where() string {
	words := ""
	switch {
	case a.flags.emulator:
		words = " --emulator"
	case a.flags.endpoint != "":
		words = " --endpoint " + view.Inert(quoteShell(a.flags.endpoint))
	}
	if a.flags.stateDir != "" {
		words += " --state-dir " + view.Inert(quoteShell(a.flags.stateDir))
	}
	return words
}

func (a *app) viewOptions() view.Options {
	return view.Options{
		Width:   a.env.Columns,
		Color:   a.env.Color && !a.flags.noColor && a.env.Getenv("NO_COLOR") == "",
		Verbose: a.flags.verbose,
		ASCII:   a.env.Columns > 0 && !a.isUTF8(),
	}
}

// save writes the plan file whole or not at all. It replaces nothing but an
// earlier plan.
func (a *app) save(p *plan.Plan, path string) error {
	if path == "-" {
		return usageError("write -o json", "plan --out needs a file name")
	}
	switch old, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fail(exitUnavailable, fmt.Errorf("save the plan: %w", err), "")
	case !old.Mode().IsRegular() || old.Size() > 0 && !isPlan(path):
		return usageError("choose another path", "plan --out %s: there is something else that is not a plan", path)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fail(exitUnavailable, fmt.Errorf("save the plan: %w", err), "choose a folder that can be written to")
	}
	defer os.Remove(tmp.Name())
	if err = p.Write(tmp); err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fail(exitUnavailable, fmt.Errorf("save the plan: %w", err), "")
	}
	return nil
}

// isPlan reports whether a file begins as plan files do.
func isPlan(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	return beginsAsPlan(head[:n])
}

// beginsAsPlan reports whether a text begins as plan files do.
func beginsAsPlan(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text[:min(len(text), 64)], "{ \r\n\t"), []byte(`"formatVersion"`))
}
