package plan

import "slices"

// data is what a template sees under the names behind the dot.
type data struct {
	names         []string // those that there are
	db, name, run string
	vars          map[string]any
	each          any            // a string, a map[string]string or a *record
	whole         map[string]any // all that once for package template, filled when it is asked for
}

// The names that the templates of a place see.
var (
	inRunKey = []string{"vars"}
	inFields = []string{"each", "name", "run", "vars"}
	inRename = []string{"db", "each", "name", "run", "vars"}
)

// get returns the value of a name, nil when there is none.
func (d *data) get(name string) any {
	if !slices.Contains(d.names, name) {
		return nil
	}
	switch name {
	case "db":
		return d.db
	case "each":
		return plainEach(d.each)
	case "name":
		return d.name
	case "run":
		return d.run
	}
	return d.vars
}

// as sets the database.
func (d *data) as(db string) *data {
	d.db = db
	if d.whole != nil {
		d.whole["db"] = db
	}
	return d
}

// asMap returns the data as package template takes it.
func (d *data) asMap() map[string]any {
	if d.whole == nil {
		d.whole = make(map[string]any, len(d.names))
		for _, name := range d.names {
			d.whole[name] = d.get(name)
		}
	}
	return d.whole
}

// value returns the value of a reference, nil when there is none.
func (d *data) value(ref reference) any {
	if s, ok := d.text(ref); ok {
		return s
	}
	v := d.get(ref[0])
	if len(ref) > 1 {
		v, _ = index(v, ref[1])
	}
	return v
}

// text returns the value of a reference, false when it is no text.
func (d *data) text(ref reference) (s string, ok bool) {
	switch r, isRecord := d.each.(*record); {
	case isRecord && len(ref) > 1 && ref[0] == "each":
		return r.cell(ref[1])
	case len(ref) > 1:
		v, _ := index(d.get(ref[0]), ref[1])
		s, ok = v.(string)
		return s, ok
	case !slices.Contains(d.names, ref[0]):
		return "", false
	}
	switch ref[0] {
	case "db":
		return d.db, true
	case "name":
		return d.name, true
	case "run":
		return d.run, true
	}
	s, ok = d.each.(string)
	return s, ok && ref[0] == "each"
}
