package view_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
)

func TestPlanMarkdown(t *testing.T) {
	for _, c := range []struct {
		name string
		p    *plan.Plan
		max  int
	}{
		{"plan.md", reviewPlan(2), 60000},
		{"plan-risky.md", tiers(400), 20000},
		{"plan-groups.md", tiers(400), 3000},
		{"plan-few.md", manyReasons(40), view.MinMarkdown},
		{"plan-nothing.md", newPlan(), 60000},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := view.PlanMarkdown(c.p, c.max)
			if len(got) > c.max {
				t.Errorf("got %d bytes, want at most %d", len(got), c.max)
			}
			golden(t, c.name, got)
		})
	}
}

// tiers returns a plan of n items in three tiers over 50 destinations, two of
// them blocked.
func tiers(n int) *plan.Plan {
	p := newPlan()
	for i := range n {
		it := item(fmt.Sprintf("tenants[%03d]", i))
		it.Labels = map[string]string{"tier": []string{"gold", "silver", "bronze"}[i%3]}
		it.Site.Region = "cn-hangzhou"
		it.Destination = fmt.Sprintf("rm-bp1drill%05d", i%50)
		if i < 2 {
			it.Action, it.Reason = plan.Blocked, "backup plan dbs1hvb0wwexample is locked"
		}
		p.Items = append(p.Items, it)
	}
	return p
}

// manyReasons returns a plan of blocked items, each for a reason of its own.
func manyReasons(n int) *plan.Plan {
	p := newPlan()
	for i := range n {
		it := item(fmt.Sprintf("legacy-%02d", i))
		it.Action, it.Reason = plan.Blocked, fmt.Sprintf("there is no backup plan dbs1legacy%02d in region cn-hangzhou", i)
		p.Items = append(p.Items, it)
	}
	return p
}

// The budget decides how much is said; whatever it is, it holds, and tables are
// whole.
func TestPlanMarkdownFitsAnyBudget(t *testing.T) {
	for _, p := range []*plan.Plan{reviewPlan(40), tiers(400), manyReasons(100), hostilePlan(strings.Repeat("`|@", 3000))} {
		last := 0
		for size := view.MinMarkdown; size < 100000; size += 977 {
			got := view.PlanMarkdown(p, size)
			if len(got) > size || len(got) < last {
				t.Fatalf("got %d bytes for a budget of %d, %d before it", len(got), size, last)
			}
			last = len(got)
			checkTables(t, string(got))
		}
	}
}

// checkTables checks that every row of a table has as many cells as its head.
func checkTables(t *testing.T, text string) {
	t.Helper()
	bar := regexp.MustCompile(`(^|[^\\])\|`)
	cells := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		n := len(bar.FindAllString(line, -1))
		if cells != 0 && n != cells {
			t.Fatalf("a row has %d bars, the head %d: %s", n, cells, line)
		}
		cells = n
	}
	if text = withoutCode(t, text); strings.Count(text, "<details>") != strings.Count(text, "</details>") {
		t.Fatal("a fold is not closed")
	}
}

// hostilePlan returns a plan in which every text is one that means something.
func hostilePlan(text string) *plan.Plan {
	it := item("orders")
	it.Key, it.Reason, it.Destination, it.At = plan.Key(text), text, text, text
	it.Warnings, it.Labels, it.Site.Region = []string{text}, map[string]string{"tier": text}, text
	it.Action = plan.Blocked
	it.Databases = []plan.Database{{Source: text, Target: text + "!"}}
	p := newPlan(it)
	p.Manifest.Name, p.Run, p.Digest = text, text, plan.Digest(text)
	return p
}

// What is left of a comment without its code spans is our own text: no mention,
// no link, no image, no HTML but our own.
func TestPlanMarkdownIsInert(t *testing.T) {
	hostile := []string{
		"@everyone", "#1", "org/repo#1", "![x](http://evil.example/x.png)", "[x](javascript:alert)", "http://evil.example", "www.evil.example",
		"<img src=x>", "<script>", "</details>", "-->", "`@everyone`", "``@everyone`` x", "`", "a`b``c", "|x|", `\`, `\|`, "\n\n# title", "\u202e", "\x1b[31m", "::error::x",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709", "&lt;img&gt;", "$x$", "**b**", "- [ ] x", "a@b.example", " ", "",
	}
	own := regexp.MustCompile(`<!-- dbsrestore:plan:[a-z0-9_-]* -->|</?details>|</?summary>|</?sub>`)
	for _, text := range hostile {
		got := string(view.PlanMarkdown(hostilePlan(text), 60000))
		checkTables(t, got)
		rest := own.ReplaceAllString(withoutCode(t, got), "")
		for _, bad := range []string{"@", "<", ">", "http", "www", "](", "![", "evil", "da39a3ee", "javascript", "$x", "&lt"} {
			if strings.Contains(rest, bad) {
				t.Errorf("%q: %q stands outside of code:\n%s", text, bad, rest)
			}
		}
		if bytes.ContainsAny([]byte(got), "\x1b\u202e") {
			t.Errorf("%q: a control character got through", text)
		}
	}
}

// withoutCode takes the code spans out of Markdown, by CommonMark's rule: a run
// of backticks opens a span that the next run of the same length closes.
func withoutCode(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(text) {
		for line != "" {
			open := strings.IndexByte(line, '`')
			if open < 0 {
				out.WriteString(line)
				break
			}
			out.WriteString(line[:open])
			line = line[open:]
			n := len(line) - len(strings.TrimLeft(line, "`"))
			end := closing(line[n:], n)
			if end < 0 {
				t.Fatalf("a code span is not closed: %q", line)
			}
			line = line[n+end+n:]
		}
	}
	return out.String()
}

// closing returns where a run of exactly n backticks begins.
func closing(s string, n int) int {
	for i := 0; i < len(s); {
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		switch {
		case run == n:
			return i
		case run > 0:
			i += run
		default:
			i++
		}
	}
	return -1
}
