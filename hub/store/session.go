package store

import (
	"cmp"
	"fmt"
	"reflect"

	"github.com/ncruces/go-sqlite3"
)

// session is one connection with its prepared statements. It speaks to SQLite
// without database/sql, which takes locks, a context, a result and rows for
// each statement. What is here (run, exec, query and the rules of bind and
// cursor.Scan) is all that a session by another driver needs to have. Not safe
// for concurrent use.
type session struct {
	conn  *sqlite3.Conn
	stmts map[string]*sqlite3.Stmt
}

func newSession(path string, key []byte) (*session, error) {
	c, err := sqlite3.Open(dataName(path))
	if err != nil {
		return nil, err
	}
	if err := prepareConn(c, key); err != nil {
		_ = c.Close()
		return nil, err
	}
	return &session{conn: c, stmts: map[string]*sqlite3.Stmt{}}, nil
}

// run executes a statement without parameters.
func (s *session) run(q string) error {
	_, err := s.exec(q)
	return err
}

// exec executes a statement and gives the number of rows it changed. Nothing
// interrupts it: an interrupted write undoes the whole transaction, others'
// work included.
func (s *session) exec(q string, args ...any) (int64, error) {
	st, err := s.prepare(q, args)
	if err != nil {
		return 0, err
	}
	err = st.Exec()
	if len(args) > 0 {
		err = cmp.Or(err, st.ClearBindings())
	}
	if err != nil {
		return 0, err
	}
	return s.conn.Changes(), nil
}

// query calls each for every row, until it errors. What each gets is valid
// until it returns, and shorter than the statement.
func (s *session) query(q string, args []any, each func(row) error) (err error) {
	st, err := s.prepare(q, args)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, st.Reset(), st.ClearBindings()) }()
	for st.Step() {
		if err := each(cursor{st}); err != nil {
			return err
		}
	}
	return st.Err()
}

// prepare gives the statement, its parameters bound.
func (s *session) prepare(q string, args []any) (*sqlite3.Stmt, error) {
	st, ok := s.stmts[q]
	if !ok {
		var tail string
		var err error
		if st, tail, err = s.conn.Prepare(q); err != nil {
			return nil, err
		}
		if st == nil || tail != "" {
			_ = st.Close()
			return nil, fmt.Errorf("not one statement: %w", sqlite3.MISUSE)
		}
		s.stmts[q] = st
	}
	for i, a := range args {
		if err := bind(st, i+1, a); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func (s *session) close() {
	for _, st := range s.stmts {
		_ = st.Close()
	}
	_ = s.conn.Close()
}

// bind gives ?n its value: a string, an integer, a bool, bytes or nil. Bytes
// that are nil are empty; see orNull.
func bind(st *sqlite3.Stmt, n int, value any) error {
	switch v := value.(type) {
	case string:
		return st.BindText(n, v)
	case int64:
		return st.BindInt64(n, v)
	case int:
		return st.BindInt64(n, int64(v))
	case bool:
		return st.BindBool(n, v)
	case []byte:
		return st.BindBlob(n, v)
	case nil:
		return st.BindNull(n)
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		return st.BindText(n, v.String())
	case reflect.Int, reflect.Int64, reflect.Int32:
		return st.BindInt64(n, v.Int())
	}
	return fmt.Errorf("binding a %T: %w", value, sqlite3.MISMATCH)
}

// row is what a scan function reads from.
type row interface{ Scan(...any) error }

// cursor is the row that a statement is at.
type cursor struct{ st *sqlite3.Stmt }

// Scan copies the columns, as database/sql does: text or bytes into a string or
// []byte, an integer into an integer or bool, NULL into nil bytes. Anything
// else is an error.
func (c cursor) Scan(into ...any) error {
	if n := c.st.ColumnCount(); n != len(into) {
		return fmt.Errorf("%d columns into %d places: %w", n, len(into), sqlite3.MISMATCH)
	}
	for i, to := range into {
		if err := c.column(i, to); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func (c cursor) column(i int, to any) error {
	kind := c.st.ColumnType(i)
	text := kind == sqlite3.TEXT || kind == sqlite3.BLOB
	switch to := to.(type) {
	case *string:
		if text {
			*to = string(c.st.ColumnRawBlob(i))
			return nil
		}
	case *[]byte:
		if text {
			*to = append([]byte{}, c.st.ColumnRawBlob(i)...)
			return nil
		}
		if kind == sqlite3.NULL {
			*to = nil
			return nil
		}
	case *int64:
		if kind == sqlite3.INTEGER {
			*to = c.st.ColumnInt64(i)
			return nil
		}
	case *int:
		if kind == sqlite3.INTEGER {
			*to = int(c.st.ColumnInt64(i))
			return nil
		}
	case *bool:
		if kind == sqlite3.INTEGER {
			*to = c.st.ColumnInt64(i) != 0
			return nil
		}
	case when:
		if kind == sqlite3.INTEGER {
			to.set(c.st.ColumnInt64(i))
			return nil
		}
	default:
		switch v := reflect.ValueOf(to).Elem(); {
		case v.Kind() == reflect.String && text:
			v.SetString(string(c.st.ColumnRawBlob(i)))
			return nil
		case v.CanInt() && kind == sqlite3.INTEGER:
			v.SetInt(c.st.ColumnInt64(i))
			return nil
		}
	}
	return fmt.Errorf("%v into %T: %w", kind, to, sqlite3.MISMATCH)
}
