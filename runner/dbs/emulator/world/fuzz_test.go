package world_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// atPlace is what an error begins with. Unlike in the corpus, what comes then
// may hold line breaks of the file.
var atPlace = regexp.MustCompile(`^w\.yaml:[1-9][0-9]*:[1-9][0-9]*: .+; .`)

// FuzzRead reads arbitrary files, each twice: either way there is an error at a
// place, or a world that does not contradict itself.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		first, err := world.Read("w.yaml", src, noon)
		second, again := world.Read("w.yaml", src, noon)
		if d := cmp.Diff(first, second); d != "" {
			t.Errorf("got two worlds of one file (-first +second):\n%s", d)
		}
		switch {
		case err == nil && again == nil:
			if err := first.Check(); err != nil {
				t.Errorf("got a world of which Check says %v, want nil", err)
			}
		case err == nil || again == nil || err.Error() != again.Error():
			t.Errorf("got %v and then %v, want the same", err, again)
		case !atPlace.MatchString(err.Error()):
			t.Errorf("got %v, want file:line:column: what is wrong", err)
		}
		_, _ = world.ReadFaults("body", src) // does not panic
	})
}
