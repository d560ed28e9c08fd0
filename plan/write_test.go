package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/schema"
)

// texts are what a field may hold, from the plain to the hostile.
var texts = []string{"", "orders", `[{"DBName":"a","NewDBName":"b\\c"}]`, "<&>", "ünï", "a\tb\x00\x7f", "\xff", "\u2028"}

// fill sets the fields of a struct, each to something of its own, or those in
// the pattern only.
func fill(v reflect.Value, text string, some func() bool) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), text, some)
		}
		return
	case reflect.Pointer:
		if some() {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), text, some)
		}
		return
	}
	if !some() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(time.Hour))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), fmt.Sprint(text, i), some)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"b": text, text: "b", "a": "1"}))
	default:
		panic("no filling for " + v.Type().String())
	}
}

// Whoever adds a field to Item and forgets the writer fails here.
func TestAPlanIsWrittenAsPackageJSONDoes(t *testing.T) {
	for _, text := range texts {
		for every := 1; every <= 7; every++ {
			n := 0
			p := &Plan{FormatVersion: 1, Manifest: ManifestRef{Name: text, File: `"items": []`}, Run: text, Digest: "d"}
			for range 20 {
				var item Item
				fill(reflect.ValueOf(&item).Elem(), text, func() bool { n++; return n%every == 0 })
				p.Items = append(p.Items, item)
			}
			compare(t, p)
		}
	}
	compare(t, &Plan{})
	compare(t, &Plan{Items: []Item{}})
	compare(t, &Plan{Items: []Item{{}}, Limits: schema.Limits{InFlight: 1}})
}

func compare(t *testing.T, p *Plan) {
	t.Helper()
	var got, want bytes.Buffer
	if err := p.Write(&got); err != nil { // and set the digest
		t.Fatal(err)
	}
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Fatalf("want -, got +:\n%s", diff)
	}
}
