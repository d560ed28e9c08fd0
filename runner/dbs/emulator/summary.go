package emulator

import (
	"maps"
	"slices"
	"time"
)

// Summary is what an emulator was asked and what it did, for tests that hold a
// client to it. Calls count this emulator's requests; the rest goes back to the
// tasks it found in its directory. The record has the requests one by one.
type Summary struct {
	Calls      map[string]int // requests by operation, whatever the answer; unknown ones are not counted
	Created    int            // restore tasks made
	Started    int            // StartRestoreTask calls that had an effect
	PeakActive int            // the most tasks that were created and unfinished at one moment
	Tasks      []Task         // in order of creation, those removed by somebody else included
}

// Task is one restore task.
type Task struct {
	ID           string
	Name         string // RestoreTaskName
	BackupPlanID string
	ClientToken  string
	Parameters   map[string]string // of CreateRestoreTask, without ClientToken and password
	Status       string            // RestoreStatus at the time of the question
	Starts       int               // StartRestoreTask calls that had an effect
	Databases    []string          // names given at the destination, once it runs; none if it stops
	Created      time.Time
	Started      time.Time // the last effective start; zero before
	Finished     time.Time // well or badly; zero before
	Removed      bool      // by somebody else
}

// Summary returns what happened so far.
func (d *DBS) Summary() Summary {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := clock()
	s := Summary{Calls: maps.Clone(d.calls), Created: len(d.tasks.all), PeakActive: d.tasks.peak}
	for _, t := range d.tasks.all {
		st := t.state(now, d.world.Behaviour.FinishWord)
		task := Task{
			ID:           t.ID,
			Name:         t.Parameters["RestoreTaskName"],
			BackupPlanID: t.Parameters["BackupPlanId"],
			ClientToken:  t.ClientToken,
			Parameters:   maps.Clone(t.Parameters),
			Status:       st.Status,
			Starts:       t.starts,
			Created:      t.Created,
			Started:      t.started,
			Finished:     st.Finished,
			Removed:      t.removed,
		}
		if t.run != nil {
			task.Databases = slices.Clone(t.run.Databases)
		}
		s.Started += t.starts
		s.Tasks = append(s.Tasks, task)
	}
	return s
}
