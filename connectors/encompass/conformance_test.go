package encompass

import (
	"encoding/json"
	"fmt"
	"testing"

	"mashhub/plugins/connector"
	"mashhub/plugins/connectortest"
	"mashhub/plugins/record"
)

func TestConformance(t *testing.T) {
	s := newSystem(t)
	s.incident(t, 1, "Ada", "Bo")
	s.incident(t, 2, "Ada")
	person := connector.Person{Key: "subject-1", Record: record.Person{Names: []record.Name{{Family: []string{"Tessel"}, Given: []string{"Ada"}}}}}
	open := func() connector.Connector {
		c := New()
		t.Cleanup(func() { c.(*watcher).Close() })
		return c
	}
	connectortest.Run(t, connectortest.Spec{New: open, Config: json.RawMessage(fmt.Sprintf(`{"driver":"sqlite","dsn":%q,"poll_interval":"50ms"}`, s.dsn)),
		Secrets: map[string]string{"id_key": key}, Known: person, Unknown: person, Events: 3})
}
