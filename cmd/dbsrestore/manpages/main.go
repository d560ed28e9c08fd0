// Command manpages writes the manual of dbsrestore: a page of section 1 for each
// verb, and one of section 7 for each topic of its help.
//
// It is a command of its own, so that dbsrestore does not carry what renders
// pages. The same source gives the same bytes: no page has a date.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/cli"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: manpages DIR")
		os.Exit(64)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// write writes all pages into a directory, which it makes.
func write(dir string) error {
	pages, err := render(tree())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range pages {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	return err
}

// tree returns the verbs and topics as dbsrestore has them.
func tree() *cobra.Command {
	var kinds []cli.FaultKind
	for _, k := range world.Kinds {
		kinds = append(kinds, cli.FaultKind{Name: k.Name, About: k.About, Only: k.Only})
	}
	root := cli.Tree(cli.Env{FaultKinds: kinds})
	root.InitDefaultCompletionCmd()
	return root
}

const manual = "dbsrestore manual"

// render returns the pages of a command and of what is below it, by file name.
func render(root *cobra.Command) (map[string][]byte, error) {
	pages := map[string][]byte{}
	topics := "\n.PP\nTopics:"
	for _, c := range append([]*cobra.Command{root}, below(root)...) {
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		if c.IsAdditionalHelpTopicCommand() {
			pages[name+".7"] = topic(name, c)
			topics += " \\fB" + strings.ReplaceAll(name, "-", `\-`) + "(7)\\fP"
			continue
		}
		c.DisableAutoGenTag = true
		c.Long = verbatim(c.Long)
		var b bytes.Buffer
		if err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Date: &time.Time{}, Source: "dbsrestore", Manual: manual}, &b); err != nil {
			return nil, err
		}
		undated := bytes.Replace(b.Bytes(), []byte(`"`+time.Time{}.Format("Jan 2006")+`"`), []byte(`""`), 1)
		pages[name+".1"] = undated
	}
	front := root.Name() + ".1"
	pages[front] = append(pages[front], topics+"\n"...)
	return pages, nil
}

// below returns what users see below a command.
func below(c *cobra.Command) (all []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			all = append(append(all, sub), below(sub)...)
		}
	}
	return all
}

// topic renders a help text that belongs to no verb.
func topic(name string, c *cobra.Command) []byte {
	return md2man.Render(fmt.Appendf(nil, "%% %q \"7\" \"\" \"dbsrestore\" %q\n# NAME\n%s \\- %s\n\n# DESCRIPTION\n%s\n\n# SEE ALSO\n**dbsrestore(1)**\n",
		strings.ToUpper(name), manual, name, c.Short, verbatim(c.Long)))
}

// verbatim keeps the lines of a text as they are: they are laid out for a terminal.
func verbatim(text string) string {
	if text == "" {
		return ""
	}
	return "```\n" + strings.TrimRight(text, "\n") + "\n```"
}
