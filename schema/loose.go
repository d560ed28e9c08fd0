package schema

import (
	"fmt"
)

// looseValues reports the plain scalars that readers of YAML disagree on and
// that the schema let pass.
func (r *report) looseValues(n *node, label string) {
	if n.reported {
		return
	}
	switch {
	case n.kind == list:
		for i, c := range n.children {
			switch {
			case c.kind == mapping: // names what it holds itself
				r.looseValues(c, "")
			case c.loose, c.kind == list:
				r.looseValues(c, fmt.Sprintf("%s[%d]", label, i))
			}
		}
	case n.kind == mapping:
		for i, c := range n.children {
			if c.loose || c.kind >= list {
				r.looseValues(c, n.keys[i].name)
			}
		}
	case n.loose && n.kind == text:
		r.value(n, CodeQuote, "quote the value where text is meant, else write true or false",
			"%s: %s is text to some readers of YAML and a boolean to others", label, n.shown())
	case n.loose:
		r.looseNumber(n, label)
	}
}

func (r *report) looseNumber(n *node, label string) {
	r.value(n, CodeNumber, "write decimal digits only; quote the value where text is meant",
		"%s: %s is a number that readers of YAML understand differently", label, n.shown())
}
