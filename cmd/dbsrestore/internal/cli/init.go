package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/starter"
	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// How many calls a second init makes, per region.
const (
	initRate     = 5
	emulatorRate = 100 // it does not mind
)

func (a *app) initCommand() *cobra.Command {
	var fromAccount bool
	var regions []string
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a manifest to begin with",
		Long: `Write a commented manifest to begin with, to FILE or, without one, to stdout. A file that exists
is left as it is.

With --from-account it has a restore for each backup plan of the account that something can be
restored from, and the others as comments with the reason. The service is only read. It is asked in
every region, unless --region names some. The destination is to be filled in.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := append(args, "-")[0]
			if file != "-" {
				if err := isFree(file); err != nil {
					return err
				}
			}
			if !fromAccount {
				for _, name := range []string{"region", "endpoint", "emulator"} {
					if cmd.Flags().Changed(name) {
						return usageError("add --from-account", "init: --%s only goes with --from-account", name)
					}
				}
				return a.writeManifest(file, starter.Blank(), "Fill in your backup plans")
			}
			return a.initFromAccount(cmd.Context(), file, regions)
		},
	}
	a.flags.serviceFlags(cmd)
	cmd.Flags().BoolVar(&fromAccount, "from-account", false, "of the account's backup plans")
	cmd.Flags().StringArrayVar(&regions, "region", nil, "with --from-account: only this `REGION`; may be repeated")
	return cmd
}

// isFree refuses a path where there is something.
func isFree(file string) error {
	switch _, err := os.Lstat(file); {
	case err == nil:
		return usageError("choose another name, or remove it first", "init: %s exists, and is left as it is", file)
	case !errors.Is(err, fs.ErrNotExist):
		return fail(exitUnavailable, fmt.Errorf("init: %w", err), "choose a path that can be written to")
	}
	return nil
}

// writeManifest writes the manifest to a new file, or to stdout for "-", and says what
// comes next.
func (a *app) writeManifest(file string, text []byte, next string) error {
	if file == "-" {
		file = "FILE"
		if _, err := a.env.Stdout.Write(text); err != nil {
			return err
		}
	} else if err := writeNew(file, text); err != nil {
		return fail(exitUnavailable, fmt.Errorf("init: %w", err), "choose a path that is free and can be written to")
	}
	if !a.flags.quiet {
		name := view.Inert(quoteShell(file))
		fmt.Fprintf(a.env.Stderr, "%s and the destination, then:\n    dbsrestore validate %s\n    dbsrestore plan -f %s%s\n", next, name, name, a.where())
	}
	return nil
}

// writeNew writes a file that does not exist, whole or not at all.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

func (a *app) initFromAccount(ctx context.Context, file string, regions []string) error {
	rate := float64(initRate)
	if a.flags.emulator {
		rate = emulatorRate
	}
	s, err := a.connect(ctx, rate, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	plans, err := a.accountPlans(ctx, s, regions)
	if err != nil {
		return err
	}
	restores := starter.Restores(plans)
	answers, err := s.BackupPlans(ctx, starter.Questions(restores), nil)
	if err != nil {
		return serviceError(err)
	}
	if err := starter.LeaveOut(restores, plan.Facts{Now: a.env.Now(), Answers: answers}); err != nil {
		return err
	}
	n := len(starter.Usable(restores))
	if n == 0 {
		for _, r := range restores {
			fmt.Fprintf(a.env.Stderr, "%s: %s\n", view.Inert(r.Plan.ID), view.Inert(r.Reason))
		}
		return fail(exitUnavailable, fmt.Errorf("init: of %s nothing can be restored", view.Plural(len(restores), "backup plan")),
			"see that these are the right account and --region; 'dbsrestore init' alone writes a manifest without the account")
	}
	return a.writeManifest(file, starter.Manifest(restores), fmt.Sprintf("%s, %d left out. Fill in the name", view.Plural(n, "restore"), len(restores)-n))
}

// accountPlans lists the backup plans of regions, of all when none is named.
func (a *app) accountPlans(ctx context.Context, s *session, regions []string) ([]plan.BackupPlan, error) {
	every := len(regions) == 0
	if every {
		regions = s.Regions()
	}
	var plans []plan.BackupPlan
	var failed error
	seen := map[string]bool{}
	answered := false
	for _, region := range regions {
		some, err := s.AccountPlans(ctx, plan.Site{Region: region})
		f, ok := errors.AsType[*restore.Failure](err)
		switch {
		case err != nil && (!every || !ok || f.Fatal || f.Wait || ctx.Err() != nil):
			return nil, serviceError(fmt.Errorf("backup plans of %s: %w", region, err))
		case err != nil: // not every region is open to every account
			failed = serviceError(fmt.Errorf("backup plans of %s: %w", region, err))
			fmt.Fprintf(a.env.Stderr, "warning: region %s is left out: %s\n", view.Inert(region), view.Inert(f.Error()))
			continue
		}
		answered = true
		for _, p := range some {
			if !seen[p.ID] {
				seen[p.ID] = true
				plans = append(plans, p)
			}
		}
	}
	if !answered && failed != nil {
		return nil, failed
	}
	return plans, nil
}
