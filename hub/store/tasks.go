package store

import (
	"errors"
	"time"

	"mashhub/hub/mash"
)

const taskColumns = `id, hub, request, agency, unit, kind, state, body, created, opened, opener, done, doer, version`

func scanTask(r row) (k mash.Task, err error) {
	err = r.Scan(&k.ID, &k.Hub, &k.Request, &k.Party.Agency, &k.Party.Unit, &k.Kind, &k.State, &k.Body,
		when{&k.Created}, when{&k.OpenedAt}, &k.OpenedBy, when{&k.DoneAt}, &k.DoneBy, &k.Version)
	return k, err
}

// PutTask errors with ErrStale if the id is known.
func (t nodeTx) PutTask(k mash.Task) error {
	return t.insert(`INSERT INTO tasks (`+taskColumns+`)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING`,
		k.ID, k.Hub, k.Request, k.Party.Agency, k.Party.Unit, k.Kind, k.State, orNull(k.Body),
		ms(k.Created), ms(k.OpenedAt), k.OpenedBy, ms(k.DoneAt), k.DoneBy, k.Version)
}

// Task errors with ErrNotFound.
func (t nodeTx) Task(id string) (mash.Task, error) {
	return one(t.tx, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE id = ?1`, id)
}

// UpdateTask stores k if its Version is the stored one, and raises it; whose
// task it is never changes. One that is done keeps nothing of what it was
// about. Errors: ErrStale, ErrNotFound.
func (t nodeTx) UpdateTask(k mash.Task) error {
	return t.guarded(`SELECT 1 FROM tasks WHERE id = ?1`, []any{k.ID},
		`UPDATE tasks SET kind = ?3, state = ?4, body = CASE WHEN ?4 = 'done' THEN NULL ELSE ?5 END, created = ?6, opened = ?7, opener = ?8, done = ?9, doer = ?10,
		version = version + 1 WHERE id = ?1 AND version = ?2`,
		k.ID, k.Version, k.Kind, k.State, orNull(k.Body), ms(k.Created), ms(k.OpenedAt), k.OpenedBy, ms(k.DoneAt), k.DoneBy)
}

// OpenTasks lists the oldest first. nil units mean every task, an empty list
// none; the unit "" is the agency itself.
func (t nodeTx) OpenTasks(units []string, limit int) ([]mash.Task, error) {
	args, where := []any{atMost(limit)}, ""
	if units != nil {
		if len(units) == 0 {
			return nil, nil
		}
		where = ` AND unit IN ` + in(2, len(units))
		for _, u := range units {
			args = append(args, u)
		}
	}
	return many(t.tx, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE state = 'open'`+where+` ORDER BY created, id LIMIT ?1`, args...)
}

// TasksOf lists a request's tasks, open and done, the oldest first.
func (t nodeTx) TasksOf(hub, request string) ([]mash.Task, error) {
	return many(t.tx, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE hub = ?1 AND request = ?2 ORDER BY created, id`, hub, request)
}

// TasksIn lists the oldest first. The index has no row for open and done tasks,
// which are most.
func (t nodeTx) TasksIn(state string, limit int) ([]mash.Task, error) {
	return many(t.tx, scanTask, `SELECT `+taskColumns+` FROM tasks
		WHERE state NOT IN ('open', 'done') AND state = ?1 ORDER BY created, id LIMIT ?2`, state, atMost(limit))
}

// NoticeOnce reports whether the key is new, and remembers it.
func (t nodeTx) NoticeOnce(hub, key string, at time.Time) (bool, error) {
	n, err := t.exec(`INSERT INTO node_notices (hub, named, made) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`, hub, key, ms(at))
	return n > 0, err
}

// Cursor is where a connector's watch goes on; empty at its first start.
func (t nodeTx) Cursor(connector string) (string, error) {
	s, err := one(t.tx, scanBytes, `SELECT place FROM cursors WHERE connector = ?1`, connector)
	if errors.Is(err, mash.ErrNotFound) {
		return "", nil
	}
	return string(s), err
}

// SetCursor remembers it.
func (t nodeTx) SetCursor(connector, cursor string) error {
	_, err := t.exec(`INSERT INTO cursors (connector, place) VALUES (?1, ?2)
		ON CONFLICT (connector) DO UPDATE SET place = excluded.place`, connector, cursor)
	return err
}
