package dbs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/runner/secret"
)

// shortest is the length from which a secret is masked, in characters: in place
// of a shorter one, words would be.
const shortest = 4

// remember keeps a password, boxed, to mask it in whatever the service says
// from now on: it may tell it again long after the call that sent it.
func (c *Client) remember(v secret.Value) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := func(old secret.Value) bool { return old.Reveal() == v.Reveal() }
	if !slices.ContainsFunc(c.passwords, known) {
		c.passwords = append(c.passwords, v)
	}
}

// mask takes what we keep secret out of a text of the service: the credentials
// of the call and every password that the client has read. What is compared
// later is never masked.
func (k *call) mask(text string) string {
	if text == "" {
		return ""
	}
	secrets := []string{k.credentials.AccessKeySecret, k.credentials.SecurityToken}
	k.client.mu.Lock()
	for _, v := range k.client.passwords {
		secrets = append(secrets, v.Reveal())
	}
	k.client.mu.Unlock()
	var found []string
	for _, s := range secrets {
		if utf8.RuneCountInString(s) < shortest {
			continue
		}
		for _, shape := range shapes(s) {
			if strings.Contains(text, shape) {
				found = append(found, shape)
			}
		}
	}
	// The longest first, as one secret may begin with another.
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, shape := range found {
		pairs = append(pairs, shape, "REDACTED")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// shapes returns a secret as it is and as it stands in a form, in the signed
// string and in JSON.
func shapes(s string) []string {
	form := url.QueryEscape(s)
	signed := strings.ReplaceAll(form, "+", "%20")
	all := []string{s, form, signed, url.QueryEscape(form), url.QueryEscape(signed)}
	for _, html := range []bool{false, true} {
		var quoted bytes.Buffer
		e := json.NewEncoder(&quoted)
		e.SetEscapeHTML(html)
		if e.Encode(s) == nil {
			all = append(all, quoted.String()[1:quoted.Len()-len("\"\n")])
		}
	}
	return all
}
