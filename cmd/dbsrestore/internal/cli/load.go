package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Inputs are read no further than these sizes, in bytes.
const (
	maxManifest = 32 << 20
	maxCSV      = 64 << 20
	maxPlan     = 256 << 20
)

// loaded is a manifest and what its author wrote, for showing problems.
type loaded struct {
	manifest *schema.Manifest
	sources  map[string][]byte
}

// load reads and checks a manifest, and prints what is wrong with it.
func (a *app) load(file string) (*loaded, error) {
	src, err := a.read(file, maxManifest)
	if err != nil {
		return nil, fail(exitManifest, fmt.Errorf("manifest: %w", err), "give the path of a manifest, or - for stdin")
	}
	if beginsAsPlan(src) {
		return nil, fail(exitManifest, fmt.Errorf("%s is a saved plan, no manifest", displayName(file)), "leave out -f: dbsrestore apply PLAN.json, or dbsrestore show PLAN.json")
	}
	name := displayName(file)
	m, problems := schema.Parse(name, src)
	l := &loaded{manifest: m, sources: map[string][]byte{name: src}}
	if err := a.report(problems, l.sources); err != nil {
		return nil, err
	}
	return l, nil
}

func displayName(file string) string {
	if file == "-" {
		return "<stdin>"
	}
	return file
}

func (a *app) read(file string, limit int64) ([]byte, error) {
	if file == "-" {
		if a.stdinRead {
			return nil, errors.New("<stdin> was read already: give one of the files a name")
		}
		a.stdinRead = true
		return readAll(a.env.Stdin, "<stdin>", limit)
	}
	return readFile(file, limit)
}

func readAll(r io.Reader, name string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(name, limit)
	}
	return data, nil
}

func tooLarge(name string, limit int64) error {
	return fmt.Errorf("%s is larger than %d MiB", name, limit>>20)
}

// expand makes the draft of a manifest under the flags of the command.
func (a *app) expand(l *loaded, now time.Time) (*plan.Draft, error) {
	vars, err := pairs(a.flags.vars, "var")
	if err != nil {
		return nil, err
	}
	labels, err := a.labels()
	if err != nil {
		return nil, err
	}
	a.overrideLimits(l.manifest)
	files, problems := readCSVs(l.manifest)
	if err := a.report(problems, l.sources); err != nil {
		return nil, err
	}
	in := plan.Input{Manifest: l.manifest, Run: a.flags.run, Vars: vars, Files: files, Now: now, Selector: labels}
	for _, key := range a.flags.only {
		in.Only = append(in.Only, plan.Key(key))
	}
	draft, problems := plan.Expand(in)
	if err := a.report(problems, l.sources); err != nil {
		return nil, err
	}
	return draft, nil
}

func (a *app) overrideLimits(m *schema.Manifest) {
	if a.flags.inFlight > 0 {
		m.Limits.InFlight = a.flags.inFlight
	}
	if a.flags.rate > 0 {
		m.Limits.RequestsPerSecond = a.flags.rate
	}
}

// readCSVs reads the files that the manifest's forEach name, relative to it.
func readCSVs(m *schema.Manifest) (map[string][]byte, diag.List) {
	files := map[string][]byte{}
	var problems diag.List
	for i, r := range m.Restores {
		if r.ForEach == nil || r.ForEach.CSV == "" {
			continue
		}
		path := r.ForEach.CSV
		if _, ok := files[path]; ok {
			continue
		}
		data, err := readBeside(m.File(), path)
		if err != nil {
			if pathErr, ok := errors.AsType[*os.PathError](err); ok {
				err = pathErr.Err
			}
			problems = append(problems, diag.Diagnostic{
				Code: codeCSV, Pos: m.Pos(fmt.Sprintf("/restores/%d/forEach/csv", i)), Width: len(path),
				Summary: fmt.Sprintf("cannot read %s: %v", path, err),
				Hint:    "write the path of a file in the manifest's folder or below",
			})
			continue
		}
		files[path] = data
	}
	return files, problems.Sort()
}

// readBeside reads a regular file in the folder of a manifest or below it: what
// a manifest names must not be a way to show other files of the machine.
func readBeside(manifest, path string) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Dir(manifest))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, path, maxCSV)
}
