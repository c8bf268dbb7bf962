package connectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/mod/semver"

	"mashhub/plugins/connector"
)

func settingsCases() []testCase {
	return []testCase{
		{name: "describe", asks: true, run: describes},
		{name: "settings schema", asks: true, run: schemaFitsSettings},
		{name: "wrong settings are refused", asks: true, run: refusesWrongSettings},
		{name: "unknown setting is refused", asks: true, run: refusesUnknownSetting},
		{name: "methods left out", asks: true, run: leftOutMethods},
		{name: "health", asks: true, run: healthy},
	}
}

var (
	kindForm     = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	categoryForm = regexp.MustCompile(`^[a-z][a-z_]*\.[a-z][a-z_]*$`)
)

func describes(ctx context.Context, s *subject) error {
	d, err := s.Describe(ctx, connector.DescribeRequest{})
	if err != nil {
		return err
	}
	var faults []error
	if !kindForm.MatchString(d.Kind) {
		faults = append(faults, fmt.Errorf("kind %q: write lower case letters, digits, - and _", d.Kind))
	}
	if !semver.IsValid("v" + d.Version) {
		faults = append(faults, fmt.Errorf("version %q is not semantic, such as 1.0.0", d.Version))
	}
	for _, c := range d.Categories {
		if !categoryForm.MatchString(c) {
			faults = append(faults, fmt.Errorf("category %q is not of the form agency.category", c))
		}
	}
	for _, c := range s.Categories {
		if !slices.Contains(d.Categories, c) {
			faults = append(faults, fmt.Errorf("the Spec's category %q is not described", c))
		}
	}
	for _, m := range d.Methods {
		if !slices.Contains([]string{"search", "fetch", "deliver", "watch"}, m) {
			faults = append(faults, fmt.Errorf("unknown method %q", m))
		}
	}
	faults = append(faults, s.fixtures(d.Methods))
	return errors.Join(faults...)
}

func schemaFitsSettings(_ context.Context, s *subject) error {
	if len(s.about.ConfigSchema) == 0 {
		return errors.New("describe gives no JSON Schema of the settings")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.about.ConfigSchema))
	if err != nil {
		return fmt.Errorf("the schema is not JSON: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///settings.json", document); err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	schema, err := compiler.Compile("mem:///settings.json")
	if err != nil {
		return fmt.Errorf("the schema is not a JSON Schema: %w", err)
	}
	settings, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.Config))
	if err != nil {
		return fmt.Errorf("the Spec's settings are not JSON: %w", err)
	}
	if err := schema.Validate(settings); err != nil {
		return fmt.Errorf("the schema refuses settings that work: %w", err)
	}
	if schema.Validate(with(s.Config, "no_such_setting", true)) == nil {
		return errors.New("the schema takes a setting that does not exist: add \"additionalProperties\": false")
	}
	return nil
}

// with returns the settings with one more key.
func with(config json.RawMessage, key string, value any) map[string]any {
	settings := map[string]any{}
	_ = json.Unmarshal(config, &settings)
	settings[key] = value
	return settings
}

// refused configures a new connector and expects it to refuse.
func refused(ctx context.Context, s *subject, what, config string) error {
	_, done, err := s.open(ctx, connector.ConfigureRequest{Config: json.RawMessage(config), Secrets: s.Secrets}, s.CallTimeout)
	if err == nil {
		done()
	}
	s.note(err)
	return wantCode(what, err, connector.CodeInvalid)
}

func refusesWrongSettings(ctx context.Context, s *subject) error {
	return errors.Join(
		refused(ctx, s, "settings that are a list", `[]`),
		refused(ctx, s, "settings that are not JSON", `{"`),
	)
}

func refusesUnknownSetting(ctx context.Context, s *subject) error {
	config, err := json.Marshal(with(s.Config, "no_such_setting", true))
	if err != nil {
		return err
	}
	return refused(ctx, s, "a setting that does not exist", string(config))
}

func leftOutMethods(ctx context.Context, s *subject) error {
	var faults []error
	for method, call := range map[string]func() error{
		"search":  func() error { _, err := s.Search(ctx, s.searchFor(s.Known)); return err },
		"fetch":   func() error { _, err := s.Fetch(ctx, s.fetchOf(connector.Candidate{Ref: "x"})); return err },
		"deliver": func() error { _, err := s.recorder.Deliver(ctx, connector.DeliverRequest{Call: s.key()}); return err },
		"watch":   func() error { _, err := s.Watch(ctx, connector.WatchRequest{}); return err },
	} {
		if !slices.Contains(s.about.Methods, method) {
			faults = append(faults, wantCode(method+", which describe does not list", call(), connector.CodeUnsupported))
		}
	}
	return errors.Join(faults...)
}

func healthy(ctx context.Context, s *subject) error {
	a, err := s.Health(ctx, connector.HealthRequest{})
	if err != nil {
		return err
	}
	if !a.OK {
		return fmt.Errorf("not healthy with settings that work: %s", a.Reason)
	}
	return nil
}
