package socialcare

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"

	"mashhub/plugins/connector"
	"mashhub/plugins/connectortest"
	"mashhub/plugins/record"
)

func TestConformance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cases.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(LayoutSQL + `
	INSERT INTO person VALUES ('c1', NULL, 'Marchetti-Lund', 'Iva', '2017-06-05', 'F', NULL, NULL, NULL);
	INSERT INTO alias VALUES ('c1', 'Lund', 'Iva');
	INSERT INTO event (id, person_ref, category, kind, date, until, title, source) VALUES
	 ('contact', 'c1', 'socialcare.contact', 'fact', '2026-01-02', NULL, 'Contact from school', 'Front door'),
	 ('earlier', 'c1', 'socialcare.contact', 'fact', '2020-01-02', NULL, 'Contact from neighbour', NULL),
	 ('plan', 'c1', 'socialcare.plan', 'fact', '2024-01-02', NULL, 'Child in need plan', NULL),
	 ('closed', 'c1', 'socialcare.plan', 'fact', '2021-01-02', '2022-01-02', 'Child protection plan', NULL);`); err != nil {
		t.Fatal(err)
	}
	person := func(given, family, dob string) connector.Person {
		return connector.Person{Key: "subject-1", Record: record.Person{Names: []record.Name{{Family: []string{family}, Given: []string{given}}}, BirthDate: &record.PartialDate{Date: dob}}}
	}
	connectortest.Run(t, connectortest.Spec{New: New, Config: json.RawMessage(fmt.Sprintf(`{"driver":"sqlite","dsn":%q}`, path)),
		Known: person("Iva", "Lund", "2017-06-05"), Unknown: person("Quillfeather", "Zebedee", "1999-09-09"),
		Categories: []string{"socialcare.contact", "socialcare.plan"}, Period: connector.Period{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}})
}
