package runner

import (
	"context"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

// Service is the part of DBS that carrying out a plan needs. Implementations
// are safe for concurrent use, honour the context and return every error as a
// *restore.Failure. CreateRestoreTask and StartRestoreTask send at most one
// request each, at once, and none that is signed after the context's deadline
// by the wall clock; the reads may retry by themselves, and wait for their
// turn under the request rate.
type Service interface {
	// Turn takes a turn under the request rate of a site for a create or a
	// start that is sent next, and returns 0; or it takes none, and returns how
	// long to wait before asking again. So an intent is on disk only for as long
	// as its call takes, and no effect is queued when a run is to stop.
	Turn(site plan.Site) time.Duration

	// CreateRestoreTask asks for a task and returns its id. It does not run
	// until it is started. The password is read at the last moment; nil for none.
	CreateRestoreTask(ctx context.Context, site plan.Site, a plan.Attempt, p plan.Parameters, password *schema.SecretRef) (id string, err error)

	// StartRestoreTask starts a task. Starting is what writes data.
	StartRestoreTask(ctx context.Context, site plan.Site, id string, token plan.Token) error

	Lister

	// RestoreTasksByID asks about up to 100 tasks in one call. Unknown ids are
	// left out of the answer.
	RestoreTasksByID(ctx context.Context, site plan.Site, ids []string) ([]restore.Task, error)

	// Precheck says how the precheck of a started task stands.
	Precheck(ctx context.Context, site plan.Site, id string) (restore.Precheck, error)
}

// A Lister lists the restore tasks of backup plans.
type Lister interface {
	// RestoreTasks lists every task of a backup plan that was created at or
	// after since (zero: ever), oldest first. The list is whole, or the error
	// is not nil.
	RestoreTasks(ctx context.Context, site plan.Site, backupPlanID string, since time.Time) ([]restore.Task, error)
}
