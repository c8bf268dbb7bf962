package tables

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver" // registers "sqlite3"

	"mashhub/connectors/internal/settings"
)

// Reasons why a question could not be put. They are codes for the node and its
// pages; the database's own words stay out, because they may repeat data.
const (
	ReasonUnreachable = "database_unreachable"
	ReasonTimeout     = "statement_timeout"
	ReasonMapping     = "table_or_column_missing"
	ReasonPermission  = "permission_denied"
	ReasonLogin       = "login_refused"
	ReasonDatabase    = "database_error"
	ReasonNothing     = "nothing_to_search_by"
)

// Failure is why a question could not be put. It carries a reason code and no
// text of the database.
type Failure struct{ Reason string }

func (f *Failure) Error() string { return "asking the agency's database: " + f.Reason }

// errTooMany is an answer above the row limit.
var errTooMany = errors.New("more rows than row_limit")

// errNoSuchValue is a value that a typed column cannot hold, so that no row has it.
var errNoSuchValue = errors.New("no row can have this value")

// Database is a read-only connection to an agency's database. It is safe for
// use by several goroutines.
type Database struct {
	db       *sql.DB
	postgres bool
	timeout  time.Duration
}

// Open prepares the connection; it does not reach out yet, because an agency's
// system that is down must not keep the node from starting. conn is checked.
func Open(conn Connection, secrets map[string]string) (*Database, error) {
	for name := range secrets {
		if name != "dsn" && name != "password" && name != "id_key" {
			return nil, settings.Invalid("secrets", "has one that is not known; the secrets are dsn and password (and id_key for encompass)")
		}
	}
	dsn := conn.DSN
	if whole := secrets["dsn"]; whole != "" {
		dsn = whole
	}
	if dsn == "" {
		return nil, settings.Invalid("dsn", "is missing; write it here, or give the secret dsn if it holds a password")
	}
	d := &Database{postgres: conn.Driver == "postgres", timeout: time.Duration(conn.StatementTimeout)}
	var err error
	if d.postgres {
		d.db, err = openPostgres(dsn, conn, secrets)
	} else {
		d.db, err = openSQLite(dsn)
	}
	if err != nil {
		return nil, err
	}
	d.db.SetMaxOpenConns(4)
	d.db.SetMaxIdleConns(2)
	d.db.SetConnMaxIdleTime(5 * time.Minute)
	return d, nil
}

// Close lets the connections go.
func (d *Database) Close() error { return d.db.Close() }

func openSQLite(dsn string) (*sql.DB, error) {
	path := strings.TrimPrefix(dsn, "file:")
	if strings.ContainsAny(path, "?#") {
		return nil, settings.Invalid("dsn", "has parameters; write the file's name alone, the connector opens it read-only")
	}
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, settings.Invalid("dsn", "is not a file; write the database file's name")
	}
	options := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(2000)", "query_only(1)", "trusted_schema(0)"}}
	return sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
}

func openPostgres(dsn string, conn Connection, secrets map[string]string) (*sql.DB, error) {
	if secrets["dsn"] == "" && holdsPassword(dsn) {
		return nil, settings.Invalid("dsn", "holds a password; take it out and give it as the secret password, or the whole as the secret dsn")
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, settings.Invalid("dsn", "is not a PostgreSQL connection string; write postgres://user@host:5432/database")
	}
	if p := secrets["password"]; p != "" {
		cfg.Password = p
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	for name, value := range map[string]string{
		"application_name":              "mashhub-connector",
		"default_transaction_read_only": "on",
		"statement_timeout":             strconv.FormatInt(time.Duration(conn.StatementTimeout).Milliseconds(), 10),
		"lock_timeout":                  strconv.FormatInt(time.Duration(conn.StatementTimeout).Milliseconds(), 10),
		"DateStyle":                     "ISO",
		"TimeZone":                      conn.TimeZone,
	} {
		cfg.RuntimeParams[name] = value
	}
	// Describing each statement lets the server give every parameter its
	// column's type, and leaves no prepared statements behind for a pooler to lose.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	return stdlib.OpenDB(*cfg), nil
}

// holdsPassword looks for a password in either form of a connection string.
func holdsPassword(dsn string) bool {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		_, has := u.User.Password()
		return has || u.Query().Has("password")
	}
	return strings.Contains(strings.ToLower(strings.ReplaceAll(dsn, " ", "")), "password=") || strings.Contains(dsn, "://")
}

// statement starts a SELECT in this database's dialect.
func (d *Database) statement() *statement { return &statement{postgres: d.postgres} }

// each runs the statement in a read-only transaction and hands over every row,
// null as empty and every value as valid UTF-8. The slice is reused. An error
// of handle ends it and is returned; others are a *Failure, errNoSuchValue, or
// the caller's own context's error.
func (d *Database) each(ctx context.Context, s *statement, handle func([]string) error) error {
	bounded, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	err := d.run(bounded, s, handle)
	var own *handled
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own.error
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil:
		return &Failure{ReasonTimeout}
	}
	return classify(err)
}

// handled is an error of the caller's row function.
type handled struct{ error }

func (d *Database) run(ctx context.Context, s *statement, handle func([]string) error) error {
	tx, err := d.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was written
	rows, err := tx.QueryContext(ctx, s.sql.String(), s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	cells := make([]sql.NullString, len(columns))
	into, out := make([]any, len(columns)), make([]string, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i := range cells {
			out[i] = strings.ToValidUTF8(cells[i].String, "\uFFFD")
		}
		if err := handle(out); err != nil {
			return &handled{err}
		}
	}
	return rows.Err()
}

// declared gives the declared types of a table's columns. A mapping that the
// database does not know is a *Failure with ReasonMapping.
func (d *Database) declared(ctx context.Context, table string, columns []string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	s := d.statement()
	s.sql.WriteString("SELECT ")
	for i, c := range columns {
		if i > 0 {
			s.sql.WriteString(", ")
		}
		s.sql.WriteString(column("t", c))
	}
	s.sql.WriteString(" FROM " + quote(table) + " AS t WHERE 1 = 0")
	rows, err := d.db.QueryContext(ctx, s.sql.String())
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, classify(err)
	}
	out := make(map[string]string, len(columns))
	for i, c := range columns {
		out[c] = types[i].DatabaseTypeName()
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		return nil, classify(err)
	}
	return out, nil
}

// classify turns a database's error into a reason code.
func classify(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case pg.Code == "57014", pg.Code == "55P03":
			return &Failure{ReasonTimeout}
		case pg.Code == "42P01", pg.Code == "42703", pg.Code == "3F000":
			return &Failure{ReasonMapping}
		case pg.Code == "42501":
			return &Failure{ReasonPermission}
		case strings.HasPrefix(pg.Code, "28"):
			return &Failure{ReasonLogin}
		case pg.Code == "22P02", pg.Code == "22003", pg.Code == "22007", pg.Code == "22008", pg.Code == "22021":
			return errNoSuchValue
		case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "57"), pg.Code == "3D000", pg.Code == "53300":
			return &Failure{ReasonUnreachable}
		}
		return &Failure{ReasonDatabase}
	}
	switch {
	case errors.Is(err, sqlite3.INTERRUPT), errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED),
		errors.Is(err, context.DeadlineExceeded):
		return &Failure{ReasonTimeout}
	case errors.Is(err, sqlite3.CANTOPEN), errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.IOERR):
		return &Failure{ReasonUnreachable}
	case errors.Is(err, sqlite3.PERM), errors.Is(err, sqlite3.AUTH):
		return &Failure{ReasonPermission}
	case strings.Contains(err.Error(), "no such table"), strings.Contains(err.Error(), "no such column"):
		// SQLite has one code, SQLITE_ERROR, for everything that does not compile.
		return &Failure{ReasonMapping}
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return &Failure{ReasonUnreachable}
	}
	return &Failure{ReasonDatabase}
}
