package socialcare

import (
	"strings"

	"mashhub/connectors/internal/tables"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

var (
	lasting    = []string{"socialcare.plan", "socialcare.looked_after", "socialcare.lead_professional", "socialcare.early_help"}
	categories = append([]string{"socialcare.contact"}, lasting...)
)

// New makes the social care connector. It is configured once and then answers
// search and fetch, also at the same time.
func New() connector.Connector {
	return tables.New(tables.Spec{Kind: "socialcare", Version: "1.0.0", Categories: categories,
		Default: func() (*tables.PersonTable, *tables.AliasTable, []tables.Source) { return tables.EventLayout(lasting) },
		Finish: func(it *record.Item) {
			if strings.TrimSpace(it.Source) == "" {
				it.Source = "Children's social care case system"
			}
		}})
}
