package diag

import "strings"

// Page explains a code to the person who met it. Its Text is read as it is; the
// lines that are indented by four below "Example:" are the part of a manifest
// that provokes the code, those below "Message:" what it is told.
type Page struct {
	Code  string
	Title string // what it means, in one line
	Text  string
}

// Pages reads pages from a text in which each begins with a line "# CODE TITLE".
func Pages(text string) []Page {
	var pages []Page
	for _, part := range strings.Split("\n"+text, "\n# ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		code, title, _ := strings.Cut(head, " ")
		pages = append(pages, Page{code, title, strings.Trim(body, "\n") + "\n"})
	}
	return pages
}

// Block returns the lines below "NAME:" without their indentation, "" for none.
func (p Page) Block(name string) string {
	_, rest, _ := strings.Cut("\n"+p.Text, "\n"+name+":\n")
	var b strings.Builder
	for line := range strings.Lines(rest) {
		line, ok := strings.CutPrefix(line, "    ")
		if !ok {
			break
		}
		b.WriteString(line)
	}
	return b.String()
}
