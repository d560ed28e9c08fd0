package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// AdminPath is where [DBS.Admin] is to be served. No operation of DBS is there.
const AdminPath = "/_emulator/"

const adminHelp = `What this emulator of DBS was asked, and what goes wrong in it.

GET    /_emulator/record?from=N   what was asked and done, as JSON Lines, from number N (1)
GET    /_emulator/tasks           restore tasks, calls by operation, and totals, as JSON
POST   /_emulator/tasks/ID        do to a task what somebody else could: body start, pause,
                                  resume, stop or remove
GET    /_emulator/faults          the rules in force, with what each saw and did, as YAML
PUT    /_emulator/faults          replace them; the body is a list of rules, as in a world file
POST   /_emulator/faults          add to them
DELETE /_emulator/faults          remove them all
`

// Admin returns what looks into the emulator and disturbs it, to be served
// under [AdminPath]. It asks for no key: who can reach it can do all it does.
func (d *DBS) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+AdminPath+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		gateway.Write(w, http.StatusOK, []byte(adminHelp), "text/plain;charset=utf-8")
	})
	mux.HandleFunc("GET "+AdminPath+"record", d.adminRecord)
	mux.HandleFunc("GET "+AdminPath+"tasks", func(w http.ResponseWriter, _ *http.Request) {
		body, err := json.Marshal(d.Summary())
		if err != nil {
			panic(err) // unreachable: a summary holds text, numbers and times
		}
		gateway.Write(w, http.StatusOK, body, "application/json")
	})
	mux.HandleFunc("POST "+AdminPath+"tasks/{id}", d.adminTask)
	mux.HandleFunc("GET "+AdminPath+"faults", d.adminFaults)
	mux.HandleFunc("PUT "+AdminPath+"faults", d.adminSetFaults)
	mux.HandleFunc("POST "+AdminPath+"faults", d.adminSetFaults)
	mux.HandleFunc("DELETE "+AdminPath+"faults", func(w http.ResponseWriter, r *http.Request) {
		d.SetFaults(nil)
		d.adminFaults(w, r)
	})
	return mux
}

// SetFaults replaces the rules in force. They were checked.
func (d *DBS) SetFaults(rules []world.Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults.set(rules)
	d.noteRules()
}

// noteRules writes down that the rules were changed.
func (d *DBS) noteRules() {
	n := len(d.faults.rules)
	d.record.write(Entry{At: clock(), Rules: &n})
}

func (d *DBS) adminRecord(w http.ResponseWriter, r *http.Request) {
	n := uint64(1)
	if s := r.FormValue("from"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			http.Error(w, fmt.Sprintf("from=%q is no number; write from=1", s), http.StatusBadRequest)
			return
		}
	}
	d.mu.Lock()
	first, text := d.record.from(n)
	d.mu.Unlock()
	if first > n && len(text) > 0 {
		w.Header().Set("Emulator-Record-From", strconv.FormatUint(first, 10)) // what came before is in the file only
	}
	gateway.Write(w, http.StatusOK, text, "application/jsonl;charset=utf-8")
}

func (d *DBS) adminTask(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, 1<<10)
	if !ok {
		return
	}
	word := strings.TrimSpace(string(body))
	if !slices.Contains(world.Changes, word) {
		http.Error(w, fmt.Sprintf("%q is nothing that can be done to a task; send one of %s", word, strings.Join(world.Changes, ", ")), http.StatusBadRequest)
		return
	}
	if err := d.Change(r.PathValue("id"), word); err != nil {
		status := http.StatusConflict
		if errors.Is(err, errNoTask) {
			status = http.StatusNotFound
		}
		http.Error(w, err.Error(), status)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// readBody reads what came with a request, up to a number of bytes. It answers
// the request itself when that fails.
func readBody(w http.ResponseWriter, r *http.Request, most int64) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		http.Error(w, fmt.Sprintf("the body has more than %d bytes", most), http.StatusRequestEntityTooLarge)
	}
	return body, err == nil // or else the client has gone
}

var errNoTask = errors.New("there is no such task")

// Change lets somebody else do something to a task: one of [world.Changes].
func (d *DBS) Change(id, word string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tasks.byID[id]
	if t == nil {
		return fmt.Errorf("%s: %w", id, errNoTask)
	}
	c := &call{now: clock()}
	if err := d.change(c, t, word, "Somebody else did it."); err != nil {
		return err
	}
	d.record.write(Entry{At: c.now, Effects: c.effects})
	return nil
}

// ruleState is a rule as it is shown.
type ruleState struct {
	world.Fault `yaml:",inline"`
	Seen        int `yaml:"seen"`
	Struck      int `yaml:"struck"`
}

func (d *DBS) adminFaults(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	list := []ruleState{}
	for _, r := range d.faults.rules {
		list = append(list, ruleState{r.Fault, r.seen, r.struck})
	}
	d.mu.Unlock()
	body, err := yaml.Marshal(list)
	if err != nil {
		panic(err) // unreachable: rules hold text and numbers
	}
	gateway.Write(w, http.StatusOK, body, "application/yaml;charset=utf-8")
}

// uncounted returns rules without what they saw and did, so that those that
// were shown can be sent again. Others stay as they are.
func uncounted(body []byte) []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(body, &doc); err != nil || len(doc.Content) == 0 {
		return body
	}
	found := false
	for _, r := range doc.Content[0].Content {
		for i := len(r.Content) - 2; i >= 0 && r.Kind == yaml.MappingNode; i -= 2 {
			if name := r.Content[i].Value; name == "seen" || name == "struck" {
				r.Content, found = slices.Delete(r.Content, i, i+2), true
			}
		}
	}
	plain, err := yaml.Marshal(&doc)
	if err != nil || !found {
		return body
	}
	return plain
}

func (d *DBS) adminSetFaults(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, gateway.MaxBytes)
	if !ok {
		return
	}
	if len(bytes.TrimSpace(body)) == 0 {
		http.Error(w, "the body is empty; send a list of rules such as [{fault: cut, count: 1}]", http.StatusBadRequest)
		return
	}
	rules, err := world.ReadFaults("body", uncounted(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	if r.Method == http.MethodPut {
		d.faults.set(nil)
	}
	for _, f := range rules {
		d.faults.rules = append(d.faults.rules, &rule{Fault: f})
	}
	d.noteRules()
	d.mu.Unlock()
	d.adminFaults(w, r)
}
