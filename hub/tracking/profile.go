package tracking

import (
	_ "embed"
	"fmt"
	"time"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

//go:embed profiles.yaml
var shipped []byte

// Profile is a partnership's targets: data, versioned, never constants.
type Profile struct {
	Name    string
	Version int
	Source  string
	targets map[mash.RAG]target
	office  Calendar
}

type target struct {
	within time.Duration
	office bool
}

// Profiles reads profiles from YAML. Errors name the profile and the field.
func Profiles(raw []byte) (map[string]Profile, error) {
	type entry struct {
		Within string `yaml:"within"`
		Clock  string `yaml:"clock"`
	}
	var file map[string]struct {
		Version int    `yaml:"version"`
		Source  string `yaml:"source"`
		Red     entry  `yaml:"red"`
		Amber   entry  `yaml:"amber"`
		Green   entry  `yaml:"green"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("reading profiles: %w", err)
	}
	out := map[string]Profile{}
	for name, f := range file {
		p := Profile{Name: name, Version: f.Version, Source: f.Source, targets: map[mash.RAG]target{}, office: OfficeHours()}
		for rag, e := range map[mash.RAG]entry{mash.Red: f.Red, mash.Amber: f.Amber, mash.Green: f.Green} {
			d, err := time.ParseDuration(e.Within)
			if err != nil || d <= 0 {
				return nil, mash.Invalid(name+"."+string(rag)+".within", "is not a time", "write it as 2h or 90m")
			}
			if e.Clock != "elapsed" && e.Clock != "office" {
				return nil, mash.Invalid(name+"."+string(rag)+".clock", "must be elapsed or office", "choose one")
			}
			p.targets[rag] = target{d, e.Clock == "office"}
		}
		out[name] = p
	}
	return out, nil
}

// DefaultProfile is the profile that is shipped as default.
func DefaultProfile() Profile {
	all, err := Profiles(shipped)
	if err != nil {
		panic(fmt.Sprintf("tracking: the shipped profiles: %v", err)) // a test reads them
	}
	return all["default"]
}

// Target says by when a request raised then should be answered, and by which
// profile and version.
func (p Profile) Target(rag mash.RAG, _ mash.Party, raised time.Time) (time.Time, string) {
	label := fmt.Sprintf("%s/%d", p.Name, p.Version)
	t := p.targets[rag]
	if t.office {
		return mash.Instant(p.office.Add(raised, t.within)), label
	}
	return mash.Instant(raised.Add(t.within)), label
}
