package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
)

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check manifests, without network and credentials",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error {
			var failed error
			for _, file := range files {
				if err := a.validate(file); err != nil {
					failed = err
				}
			}
			return failed
		},
	}
}

func (a *app) validate(file string) error {
	l, err := a.load(file)
	if err != nil {
		return err
	}
	now := a.env.Now()
	d, err := a.expand(l, now)
	if err != nil {
		return err
	}
	p, problems := d.Resolve(plan.Facts{Now: now, Offline: true})
	if err := a.report(problems, l.sources); err != nil {
		return err
	}
	fmt.Fprintf(a.env.Stdout, "%s: valid, %d restores in run %s\n", view.Inert(l.manifest.File()), len(p.Items), view.Inert(p.Run))
	return nil
}

func (a *app) planCommand() *cobra.Command {
	var out string
	var offline, detailed bool
	cmd := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Build the plan and show it: nothing is restored",
		Args:  cobra.NoArgs,
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
			if err := a.showPlan(p, out); err != nil {
				return err
			}
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
	}
	return nil
}

func (a *app) showPlan(p *plan.Plan, saved string) error {
	if a.flags.output == "json" {
		data, err := p.Encode()
		if err != nil {
			return err
		}
		_, err = a.env.Stdout.Write(data)
		return err
	}
	view.Plan(a.env.Stdout, p, a.viewOptions())
	if saved != "" {
		fmt.Fprintf(a.env.Stdout, "\nSaved %s. Carry out exactly this plan:\n    dbsrestore apply %s --digest %s\n", view.Inert(saved), view.Inert(saved), p.Digest)
	}
	return nil
}

func (a *app) viewOptions() view.Options {
	return view.Options{Color: a.env.Color && !a.flags.noColor && a.env.Getenv("NO_COLOR") == "", Verbose: a.flags.verbose}
}

// save writes the plan file whole or not at all.
func (a *app) save(p *plan.Plan, path string) error {
	data, err := p.Encode()
	if err != nil {
		return err
	}
	if sameFile(path, a.flags.file) {
		return usageError("choose another path", "plan --out %s would overwrite the manifest", path)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fail(exitUnavailable, fmt.Errorf("save the plan: %w", err), "choose a folder that can be written to")
	}
	defer os.Remove(tmp.Name())
	if _, err = tmp.Write(data); err == nil {
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

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
