package restore

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Listing is the tasks of a backup plan, arranged for finding those of one
// restore among many.
type Listing struct {
	byName map[string][]Task
	byID   map[string]Task
}

// NewListing arranges tasks.
func NewListing(tasks []Task) Listing {
	l := Listing{make(map[string][]Task, len(tasks)), make(map[string]Task, len(tasks))}
	for _, t := range tasks {
		l.byName[t.Name] = append(l.byName[t.Name], t)
		l.byID[t.ID] = t
	}
	return l
}

// Ours returns the listed tasks of the restore's current attempt, oldest
// first: by name, and by id once it is known, for a service may cut names.
func (s State) Ours(l Listing) []Task {
	ours := slices.Clone(l.byName[s.Identity().RestoreTaskName])
	if t, ok := l.byID[s.TaskID]; ok && !hasTask(ours, t.ID) {
		ours = append(ours, t)
	}
	slices.SortFunc(ours, func(a, b Task) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return ours
}

// Looked returns the event of a list that was read. Of a restore of which nothing
// is known, the list may show tasks of later attempts: it is then at the last.
func (s State) Looked(l Listing) Event {
	e := Event{Kind: Looked, Attempt: s.Attempt}
	if s.Phase == Waiting {
		s = s.latest(l)
		e.Attempt = s.Attempt
	}
	e.Tasks = s.Ours(l)
	for _, id := range s.Earlier {
		if t, ok := l.byID[id]; ok {
			e.Earlier = append(e.Earlier, t)
		}
	}
	return e
}

// latest returns the state at the last attempt of which a task is listed.
func (s State) latest(l Listing) State {
	last := s.spec.Attempts
	if s.spec.Foreseen > 0 {
		last = max(last, s.Attempt) + s.spec.Foreseen
	}
	found, earlier := s, slices.Clip(s.Earlier)
	for n := s.Attempt; n <= last; n++ {
		at := s.at(n, earlier)
		ours := at.Ours(l)
		if len(ours) > 0 {
			found = at
		}
		for _, t := range ours {
			earlier = append(earlier, t.ID)
		}
	}
	return found
}

// differences names the parameters in which a listed task is not what the
// restore asked for. What the service does not echo is not compared, and
// RestoreObjects are compared as JSON, since it echoes them with white space
// of its own (dbs-api.md §1.4).
func (s State) differences(t Task) []string {
	if t.Parameters == nil {
		return nil
	}
	want, got := &s.spec.Item.Parameters, t.Parameters
	var diff []string
	text := func(name, want, got string) {
		if want != "" && got != "" && want != got {
			diff = append(diff, name)
		}
	}
	number := func(name string, want, got int64) {
		if want != 0 && got != 0 {
			text(name, strconv.FormatInt(want, 10), strconv.FormatInt(got, 10))
		}
	}
	text("BackupPlanId", want.BackupPlanId, got.BackupPlanId)
	text("DestinationEndpointInstanceType", strings.ToLower(want.DestinationEndpointInstanceType), strings.ToLower(got.DestinationEndpointInstanceType))
	text("DestinationEndpointRegion", want.DestinationEndpointRegion, got.DestinationEndpointRegion)
	text("DestinationEndpointInstanceID", want.DestinationEndpointInstanceID, got.DestinationEndpointInstanceID)
	text("DestinationEndpointIP", want.DestinationEndpointIP, got.DestinationEndpointIP)
	number("DestinationEndpointPort", int64(want.DestinationEndpointPort), int64(got.DestinationEndpointPort))
	text("DestinationEndpointDatabaseName", want.DestinationEndpointDatabaseName, got.DestinationEndpointDatabaseName)
	text("DestinationEndpointUserName", want.DestinationEndpointUserName, got.DestinationEndpointUserName)
	number("BackupGatewayId", want.BackupGatewayId, got.BackupGatewayId)
	if want.RestoreObjects != "" && got.RestoreObjects != "" && !sameJSON(want.RestoreObjects, got.RestoreObjects) {
		diff = append(diff, "RestoreObjects")
	}
	if !s.spec.MovingTime {
		number("RestoreTime", want.RestoreTime, got.RestoreTime)
		text("BackupSetId", want.BackupSetId, got.BackupSetId)
	}
	text("DestinationEndpointOracleSID", want.DestinationEndpointOracleSID, got.DestinationEndpointOracleSID)
	text("RestoreDir", want.RestoreDir, got.RestoreDir)
	text("CrossAliyunId", want.CrossAliyunId, got.CrossAliyunId)
	text("CrossRoleName", want.CrossRoleName, got.CrossRoleName)
	return diff
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}
