package store

import (
	"fmt"
	"strings"
	"time"

	"mashhub/hub/mash"
)

// Kept tells how a row of the hub's store is kept.
func (t hubTx) Kept(table, row string) (mash.Kept, error) {
	return keptRow(t.tx, hubTables, table, row)
}

// SweepDue names what is over; see mash.Retentions.
func (t hubTx) SweepDue(table string, before time.Time, limit int) ([]string, error) {
	return sweepDue(t.tx, hubTables, table, before, limit)
}

// Sweep destroys what is over; see mash.Retentions.
func (t hubTx) Sweep(table string, before time.Time, rows []string) (int, error) {
	return sweep(t.tx, hubTables, table, before, rows)
}

// AuditMonths lists months whose bodies may go.
func (t hubTx) AuditMonths(before time.Time) ([]time.Time, error) {
	return auditMonths(t.tx, entryHeld, before)
}

// Kept tells how a row of the node's store is kept.
func (t nodeTx) Kept(table, row string) (mash.Kept, error) {
	return keptRow(t.tx, nodeTables, table, row)
}

// SweepDue names what is over; see mash.Retentions.
func (t nodeTx) SweepDue(table string, before time.Time, limit int) ([]string, error) {
	return sweepDue(t.tx, nodeTables, table, before, limit)
}

// Sweep destroys what is over; see mash.Retentions.
func (t nodeTx) Sweep(table string, before time.Time, rows []string) (int, error) {
	return sweep(t.tx, nodeTables, table, before, rows)
}

// AuditMonths lists months whose bodies may go.
func (t nodeTx) AuditMonths(before time.Time) ([]time.Time, error) {
	return auditMonths(t.tx, "0", before)
}

// StaleHeld lists questions received at or before an instant whose content is
// still here, oldest first.
func (t nodeTx) StaleHeld(before time.Time, limit int) ([]mash.HeldRequest, error) {
	return many(t.tx, scanHeld, `SELECT `+heldColumns+` FROM held
		WHERE body IS NOT NULL AND received <= ?1 ORDER BY received, hub, id LIMIT ?2`, ms(before), atMost(limit))
}

func tableOf(tables map[string]kept, name string) (kept, error) {
	k, ok := tables[name]
	if !ok {
		return k, mash.Errorf(mash.CodeInternal, "this store has no table %s", name)
	}
	return k, nil
}

func keptRow(t *tx, tables map[string]kept, table, row string) (mash.Kept, error) {
	k, err := tableOf(tables, table)
	if err != nil {
		return mash.Kept{}, err
	}
	return one(t, scanKept, `SELECT `+or0(k.begins)+`, `+or0(k.review)+`, `+or0(k.hold)+` FROM `+table+` x WHERE `+k.match, row)
}

func scanKept(r row) (k mash.Kept, err error) {
	err = r.Scan(when{&k.Begins}, when{&k.Review}, &k.Hold)
	return k, err
}

// sweepable is the condition on the rows that may go.
func (k kept) sweepable() string { return k.due + ` AND ` + or0(k.hold) + ` = 0` }

// sweepDue names each row by its primary key, as a JSON array. Looking for them
// may read the whole table, so it is a reader's work; the writer then goes to
// each by its key.
func sweepDue(t *tx, tables map[string]kept, table string, before time.Time, limit int) ([]string, error) {
	k, err := tableOf(tables, table)
	if err != nil || k.due == "" {
		return nil, err
	}
	return many(t, scanText, `SELECT json_array(`+k.key+`) FROM `+table+` x WHERE `+k.sweepable()+` LIMIT ?2`, ms(before), atMost(limit))
}

func sweep(t *tx, tables map[string]kept, table string, before time.Time, rows []string) (int, error) {
	k, err := tableOf(tables, table)
	if err != nil || k.due == "" || len(rows) == 0 {
		return 0, err
	}
	parts := make([]string, strings.Count(k.key, ",")+1)
	for i := range parts {
		parts[i] = fmt.Sprintf("json_extract(j.value, '$[%d]')", i)
	}
	n, err := t.exec(`DELETE FROM `+table+` AS x WHERE (`+k.key+`) IN (SELECT `+strings.Join(parts, ", ")+` FROM json_each(?2) j)
		AND `+k.sweepable(), ms(before), "["+strings.Join(rows, ",")+"]")
	return int(n), err
}

func scanText(r row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}

// auditMonths reads the log from its beginning to the first entry that is not
// old enough, and no further: it may be long.
func auditMonths(t *tx, held string, before time.Time) ([]time.Time, error) {
	b := before.UTC()
	end := time.Date(b.Year(), b.Month(), 1, 0, 0, 0, 0, time.UTC)
	names, err := many(t, scanText, `SELECT DISTINCT strftime('%Y-%m', x.made / 1000, 'unixepoch') AS month FROM audit_rows x
		WHERE x.made < ?1 AND x.body IS NOT NULL
		AND x.seq < coalesce((SELECT y.seq FROM audit_rows y WHERE y.made >= ?1 ORDER BY y.seq LIMIT 1), 9223372036854775807)
		ORDER BY month`, ms(end))
	if err != nil {
		return nil, err
	}
	var out []time.Time
	for _, name := range names {
		from, err := time.Parse("2006-01", name)
		if err != nil {
			return nil, mash.Errorf(mash.CodeInternal, "reading a month of the log: %w", err)
		}
		// Nor while one of its entries has no place in the tree yet.
		stays, err := many(t, scanInt, `SELECT 1 FROM audit_rows x WHERE x.made >= ?1 AND x.made < ?2
			AND (x.idx IS NULL OR `+held+` = 1) LIMIT 1`, ms(from), ms(from.AddDate(0, 1, 0)))
		if err != nil {
			return nil, err
		}
		if len(stays) == 0 {
			out = append(out, from)
		}
	}
	return out, nil
}

// EmptyAudit overwrites what is left of a month's bodies and salts.
func (t exchangeTx) EmptyAudit(month time.Time, limit int) (int, error) {
	from := month.UTC()
	n, err := t.exec(`UPDATE audit_rows SET body = NULL, salt = NULL WHERE seq IN (SELECT seq FROM audit_rows
		WHERE made >= ?1 AND made < ?2 AND body IS NOT NULL AND idx IS NOT NULL LIMIT ?3)`,
		ms(from), ms(from.AddDate(0, 1, 0)), atMost(limit))
	return int(n), err
}
