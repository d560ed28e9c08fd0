package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Write sets the digest of the plan and writes what Encode returns, item by
// item, so that it is never held as a whole.
func (p *Plan) Write(to io.Writer) error {
	bare := *p
	bare.Digest, bare.Manifest.File = "", ""
	bareHead, bareTail, err := bare.frame()
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	head, _, _ := p.frame()
	if _, err := to.Write(head); err != nil {
		return err
	}
	sum := sha256.New()
	sum.Write(bareHead)
	if err := p.writeItems(io.MultiWriter(to, sum)); err != nil {
		return err
	}
	sum.Write(bareTail)
	p.Digest = sumDigest(sum.Sum(nil))
	_, tail, _ := p.frame()
	_, err = to.Write(tail)
	return err
}

// Seal sets the digest of the plan, as writing it does.
func (p *Plan) Seal() {
	p.Digest, _, _ = p.sum() // plain values: their encoding cannot fail
}

// frame returns what stands in the plan file before and after the list of items.
func (p *Plan) frame() (head, tail []byte, err error) {
	q := *p
	q.Items = nil
	data, err := indented(&q, "")
	// In a string of JSON quotation marks have backslashes: this is found once.
	const items = `"items": `
	head, tail, _ = bytes.Cut(data, []byte(items+"null"))
	return append(head[:len(head):len(head)], items...), tail, err
}

// writeItems writes the list of items.
func (p *Plan) writeItems(to io.Writer) error {
	w := writer{depth: 1}
	if p.Items == nil {
		w.out = append(w.out, "null"...)
	} else {
		w.open('[')
		for i := range p.Items {
			w.element()
			w.item(&p.Items[i])
			if len(w.out) < 64<<10 {
				continue
			}
			if _, err := to.Write(w.out); err != nil {
				return err
			}
			w.out = w.out[:0]
		}
		w.close(']')
	}
	_, err := to.Write(w.out)
	return err
}

// indented returns the JSON of a value as plan files hold it, with a newline at
// the end.
func indented(v any, prefix string) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// A writer appends the JSON of an item exactly as package json indents it, in
// one pass and without reflection. The package itself took more than half of
// the time of planning; a test compares the two, field by field.
type writer struct {
	out   []byte
	depth int
	inner bool     // something stands before on this level
	keys  []string // of the labels at hand
}

// item appends an item. The fields and their order are those of Item.
func (w *writer) item(i *Item) {
	w.open('{')
	w.must("key", string(i.Key))
	w.must("action", string(i.Action))
	w.text("reason", i.Reason)
	w.name("line")
	w.out = strconv.AppendInt(w.out, int64(i.Line), 10)
	w.name("site")
	w.open('{')
	w.text("profile", i.Site.Profile)
	w.must("region", i.Site.Region)
	w.close('}')
	list(w, "needs", i.Needs)
	w.must("clientToken", string(i.ClientToken))
	w.must("restoreTaskName", i.RestoreTaskName)
	w.must("declared", string(i.Declared))
	w.must("at", i.At)
	w.parameters(&i.Parameters)
	w.number("backupSetTime", i.BackupSetTime)
	if i.Password != nil {
		w.name("password")
		w.open('{')
		w.text("env", i.Password.Env)
		w.text("file", i.Password.File)
		w.close('}')
	}
	w.databases(i.Databases)
	w.text("databaseType", i.DatabaseType)
	w.text("source", i.Source)
	if i.AllowInPlace {
		w.name("allowInPlace")
		w.value(true)
	}
	w.must("destination", i.Destination)
	w.labels(i.Labels)
	if i.Objective != nil {
		w.name("objective")
		w.value(i.Objective)
	}
	list(w, "open", i.Open)
	list(w, "warnings", i.Warnings)
	w.close('}')
}

func (w *writer) parameters(p *Parameters) {
	w.name("parameters")
	w.open('{')
	w.must("BackupPlanId", p.BackupPlanId)
	w.must("DestinationEndpointInstanceType", p.DestinationEndpointInstanceType)
	w.text("DestinationEndpointRegion", p.DestinationEndpointRegion)
	w.text("DestinationEndpointInstanceID", p.DestinationEndpointInstanceID)
	w.text("DestinationEndpointIP", p.DestinationEndpointIP)
	w.number("DestinationEndpointPort", int64(p.DestinationEndpointPort))
	w.text("DestinationEndpointDatabaseName", p.DestinationEndpointDatabaseName)
	w.text("DestinationEndpointUserName", p.DestinationEndpointUserName)
	w.number("BackupGatewayId", p.BackupGatewayId)
	w.text("RestoreObjects", p.RestoreObjects)
	w.number("RestoreTime", p.RestoreTime)
	w.text("BackupSetId", p.BackupSetId)
	w.text("DestinationEndpointOracleSID", p.DestinationEndpointOracleSID)
	w.text("RestoreDir", p.RestoreDir)
	w.text("RestoreHome", p.RestoreHome)
	w.text("DuplicateConflict", p.DuplicateConflict)
	w.text("CrossAliyunId", p.CrossAliyunId)
	w.text("CrossRoleName", p.CrossRoleName)
	w.text("OwnerId", p.OwnerId)
	w.close('}')
}

func (w *writer) databases(databases []Database) {
	if len(databases) == 0 {
		return
	}
	w.name("databases")
	w.open('[')
	for _, d := range databases {
		w.element()
		w.open('{')
		w.must("source", d.Source)
		w.must("target", d.Target)
		w.close('}')
	}
	w.close(']')
}

func (w *writer) labels(labels map[string]string) {
	if len(labels) == 0 {
		return
	}
	w.name("labels")
	w.open('{')
	w.keys = w.keys[:0]
	for k := range labels {
		w.keys = append(w.keys, k)
	}
	slices.Sort(w.keys)
	for _, k := range w.keys {
		w.must(k, labels[k])
	}
	w.close('}')
}

// list appends a field that is omitted when it is empty.
func list[S ~string](w *writer, name string, elements []S) {
	if len(elements) == 0 {
		return
	}
	w.name(name)
	w.open('[')
	for _, s := range elements {
		w.element()
		w.out = appendText(w.out, string(s))
	}
	w.close(']')
}

// must appends a field, text one that is omitted when it is empty.
func (w *writer) must(name, value string) {
	w.name(name)
	w.out = appendText(w.out, value)
}

func (w *writer) text(name, value string) {
	if value != "" {
		w.must(name, value)
	}
}

func (w *writer) number(name string, value int64) {
	if value != 0 {
		w.name(name)
		w.out = strconv.AppendInt(w.out, value, 10)
	}
}

// value appends what is too rare to be worth more.
func (w *writer) value(v any) {
	data, err := indented(v, indentation[:2*w.depth])
	if err != nil {
		panic(err) // unreachable: plain values
	}
	w.out = append(w.out, bytes.TrimSuffix(data, []byte("\n"))...)
}

func (w *writer) open(bracket byte) {
	w.out = append(w.out, bracket)
	w.depth++
	w.inner = false
}

func (w *writer) close(bracket byte) {
	w.depth--
	if w.inner {
		w.newline()
	}
	w.out = append(w.out, bracket)
	w.inner = true
}

func (w *writer) name(name string) {
	w.element()
	w.out = append(appendText(w.out, name), ": "...)
}

func (w *writer) element() {
	if w.inner {
		w.out = append(w.out, ',')
	}
	w.newline()
	w.inner = true
}

const indentation = "                "

func (w *writer) newline() {
	w.out = append(append(w.out, '\n'), indentation[:2*w.depth]...)
}

// appendText appends a JSON string. What holds more than printable ASCII goes
// the way of package json.
func appendText(out []byte, s string) []byte {
	begin := len(out)
	out = append(out, '"')
	done := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= 0x7f:
			data, err := indented(s, "")
			if err != nil {
				panic(err) // unreachable: a string
			}
			return append(out[:begin], bytes.TrimSuffix(data, []byte("\n"))...)
		case c == '"' || c == '\\':
			out = append(append(out, s[done:i]...), '\\')
			done = i
		}
	}
	return append(append(out, s[done:]...), '"')
}
