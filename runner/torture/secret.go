package torture

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/dbsrestore/dbsrestore/plan"
)

func (c *trial) noSecret() {
	for _, secret := range c.Secrets {
		for i, notes := range c.notes {
			for _, n := range notes {
				if holds(string(n.Body), secret) {
					c.broken(plan.Key(n.Item), "entry %d of journal %d holds a secret", n.number, i+1)
				}
			}
		}
		for _, call := range c.Calls {
			for name, value := range call.Parameters {
				if holds(value, secret) {
					c.broken("", "record %d holds a secret in %s", call.Number, name)
				}
			}
		}
	}
}

// holds reports whether text has a secret in it, as it is or as it is written
// in JSON or in a URL.
func holds(text, secret string) bool {
	quoted, err := json.Marshal(secret)
	if err != nil {
		panic(err) // unreachable: a string can be written in JSON
	}
	return strings.Contains(text, secret) || strings.Contains(text, strings.Trim(string(quoted), `"`)) ||
		strings.Contains(text, url.QueryEscape(secret))
}
