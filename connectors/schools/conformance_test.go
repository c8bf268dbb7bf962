package schools

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"mashhub/plugins/connector"
	"mashhub/plugins/connectortest"
)

func TestConformance(t *testing.T) {
	root := t.TempDir()
	good().write(t, root, "100001")
	notices := filepath.Join(root, "100001", "notices")
	if err := os.Mkdir(notices, 0o700); err != nil {
		t.Fatal(err)
	}
	delivery := notification()
	connectortest.Run(t, connectortest.Spec{New: New, Config: json.RawMessage(fmt.Sprintf(`{"root":%q,"notices":"notices"}`, root)), Unit: "100001", UnknownUnit: "100002",
		Known:      connector.Person{Key: "subject-1", Record: who("José", "Núñez", "2016-05-03")},
		Unknown:    connector.Person{Key: "subject-1", Record: who("Quillfeather", "Zebedee", "1999-09-09")},
		Categories: []string{"education.attendance", "education.suspension", "education.concern"},
		Period:     connector.Period{From: day("2026-01-01"), To: day("2026-04-30")},
		Deliver:    &delivery,
		Delivered: func() (int, error) {
			all, err := filepath.Glob(filepath.Join(notices, "*.json"))
			return len(all), err
		}})
}
