package inbox

import (
	"context"
	"encoding/json"
	"testing"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
	"mashhub/plugins/connectortest"
	"mashhub/plugins/record"
)

func TestConformance(t *testing.T) {
	person := connector.Person{Key: "subject-1", Record: record.Person{Names: []record.Name{{Family: []string{"Tessel"}, Given: []string{"Rowan"}}}}}
	connectortest.Run(t, connectortest.Spec{New: New, Config: json.RawMessage(`{"unit":"reception"}`), Known: person, Unknown: person, AlwaysAsks: true,
		Deliver: &connector.DeliverRequest{Call: "call-1", Unit: "100001", Notification: connector.Notification{ID: "n-1", Kind: "feedback", Text: "x"}}})
}

func TestWhoIsAsked(t *testing.T) {
	c := New()
	if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(`{"unit":"reception"}`)}); err != nil {
		t.Fatal(err)
	}
	for unit, want := range map[string]string{"": "reception", "100001": "100001"} {
		s, err := c.Search(context.Background(), connector.SearchRequest{Unit: unit})
		if err != nil || s.Outcome != connector.AskPerson || s.Unit != want {
			t.Errorf("search %q: %+v %v", unit, s, err)
		}
		f, err := c.Fetch(context.Background(), connector.FetchRequest{Unit: unit})
		if err != nil || f.Outcome != connector.AskPerson || f.Unit != want {
			t.Errorf("fetch %q: %+v %v", unit, f, err)
		}
	}
	if d, err := c.Deliver(context.Background(), connector.DeliverRequest{}); err != nil || d.Outcome != connector.AskPerson {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := c.Watch(context.Background(), connector.WatchRequest{}); connector.CodeOf(err) != connector.CodeUnsupported {
		t.Error(err)
	}
	if h, err := c.Health(context.Background(), connector.HealthRequest{}); err != nil || !h.OK {
		t.Error(h, err)
	}
	if _, err := New().Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(`{"units":"x"}`)}); connector.CodeOf(err) != connector.CodeInvalid {
		t.Error(err)
	}
	if err := settings.Agree(json.RawMessage(schema), config{}); err != nil {
		t.Error(err)
	}
}
