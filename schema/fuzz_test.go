package schema_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/schema"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, dir := range []string{"testdata/good", "testdata/bad"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			if src, err := os.ReadFile(dir + "/" + file.Name()); err == nil && strings.HasSuffix(file.Name(), ".yaml") {
				f.Add(src)
			}
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<20 {
			return
		}
		start := time.Now()
		m, problems := schema.Parse("m.yaml", src)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %s for %d bytes", took, len(src))
		}
		if (m == nil) != problems.HasErrors() {
			t.Fatalf("got manifest %v with %v", m, problems)
		}
		if m == nil {
			return
		}
		if len(m.Restores) == 0 {
			t.Errorf("a manifest without restores")
		}
		for i, r := range m.Restores {
			if r.Name == "" || !m.Pos(fmt.Sprintf("/restores/%d/name", i)).IsValid() {
				t.Errorf("restore %d has no name or no place", i)
			}
		}
		if crlf := bytes.ReplaceAll(bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")); mustDigest(t, crlf) != m.Digest() {
			t.Errorf("another digest with CRLF")
		}
	})
}

func mustDigest(t *testing.T, src []byte) string {
	m, problems := schema.Parse("m.yaml", src)
	if m == nil {
		t.Fatalf("refused with CRLF: %v", problems)
	}
	return m.Digest()
}
