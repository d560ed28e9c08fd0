package hostile

import (
	"bytes"
	"io"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	rawhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

// Elements returns the elements of a page with the names of their attributes,
// whose values are text, and if wanted the text that does not stand in code: what must
// be the same whatever the texts are that a page is made of.
func Elements(page io.Reader, text bool) string {
	var b strings.Builder
	code := 0
	for z := html.NewTokenizer(page); ; {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if text && code == 0 {
				b.WriteString(token.Data)
			}
			continue
		case html.StartTagToken, html.EndTagToken:
			if token.Data == "code" {
				code += map[html.TokenType]int{html.StartTagToken: 1, html.EndTagToken: -1}[kind]
			}
		}
		b.WriteString("<")
		if kind == html.EndTagToken {
			b.WriteString("/")
		}
		b.WriteString(token.Data)
		for _, a := range token.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteString(">")
	}
}

// MarkdownElements returns those of rendered Markdown, as GitHub has it.
func MarkdownElements(text []byte) (string, error) {
	var rendered bytes.Buffer
	err := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(rawhtml.WithUnsafe())).Convert(text, &rendered)
	return Elements(&rendered, true), err
}
