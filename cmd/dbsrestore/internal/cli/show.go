package cli

import "github.com/spf13/cobra"

func (a *app) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show PLAN.json",
		Short: "Show a saved plan again, without network and credentials",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.readPlan(args[0])
			if err != nil {
				return err
			}
			return a.showPlan(p, "")
		},
	}
	a.flags.outputFlag(cmd, "text", "json")
	return cmd
}
