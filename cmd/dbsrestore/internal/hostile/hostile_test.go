package hostile_test

import (
	"testing"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/hostile"
)

func TestThereAreManyAndNoneTwice(t *testing.T) {
	texts := hostile.Texts()
	if len(texts) < 100 {
		t.Errorf("got %d texts, want 100 at least", len(texts))
	}
	seen := map[string]bool{}
	for _, text := range texts {
		if text == "" || seen[text] {
			t.Errorf("%.40q is empty, or there twice", text)
		}
		seen[text] = true
	}
}
