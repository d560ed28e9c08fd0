package torture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

// note is an entry of a journal as far as it is judged.
type note struct {
	journal.Entry
	body
	number int // in its journal, from 1
}

// body is the body of an entry.
type body struct {
	Event struct {
		Effect  string
		Attempt int
		TaskID  string
		Intent  *struct{ Parameters map[string]any }
	}
	State struct {
		Phase   string
		Attempt int
		TaskID  string
		Surplus []string
		Earlier []string
	}
}

// The words of a journal that decide something here.
const (
	kindIntended   = "intended"
	effectCreate   = "create"
	effectStart    = "start"
	phaseSucceeded = "succeeded"
	phaseFailed    = "failed"
	phaseUnknown   = "unknown"
)

// read decodes entries.
func read(entries []journal.Entry) ([]note, error) {
	var notes []note
	for i, e := range entries {
		n := note{Entry: e, number: i + 1}
		dec := json.NewDecoder(bytes.NewReader(e.Body))
		dec.UseNumber() // milliseconds do not fit a float as they are written
		if err := dec.Decode(&n.body); err != nil {
			return nil, fmt.Errorf("entry %d of the journal: %w", n.number, err)
		}
		notes = append(notes, n)
	}
	return notes, nil
}

// intends reports whether n is the intent of an effect.
func (n *note) intends(effect string) bool { return n.Kind == kindIntended && n.Event.Effect == effect }

// names reports whether n tells of a task.
func (n *note) names(id string) bool {
	return n.State.TaskID == id || n.Event.TaskID == id || slices.Contains(n.State.Surplus, id) || slices.Contains(n.State.Earlier, id)
}

// parameters are those that an intent says will be sent, as they are sent.
func (n *note) parameters() map[string]string {
	sent := make(map[string]string)
	if n.Event.Intent == nil {
		return sent
	}
	for name, value := range n.Event.Intent.Parameters {
		if text := fmt.Sprint(value); text != "" && text != "0" {
			sent[name] = text
		}
	}
	return sent
}
