package world

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed scenarios/*.yaml agencies.yaml
var files embed.FS

// Count is how many scenarios there are.
const Count = 10

// Load reads scenario n (1 to Count) for the day it was written for.
func Load(n int) (*Scenario, error) { return LoadAt(n, time.Time{}) }

// LoadAt reads scenario n as if today were the day of now (in UTC). The zero
// time means the day that the file names. Scenarios that name a day of their
// own choosing (fixed dates only) are the same on every day.
func LoadAt(n int, now time.Time) (*Scenario, error) {
	name, err := fileOf(n)
	if err != nil {
		return nil, err
	}
	raw, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading scenario %d: %w", n, err)
	}
	s, err := Parse(raw, now)
	if err != nil {
		return nil, fmt.Errorf("scenario %d: %w", n, err)
	}
	s.Number = n
	s.Slug = strings.TrimSuffix(name[strings.Index(name, "-")+1:], ".yaml")
	return s, nil
}

// All reads every scenario for the day it was written for.
func All() ([]*Scenario, error) {
	var out []*Scenario
	for n := range Count {
		s, err := Load(n + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func fileOf(n int) (string, error) {
	names, err := fs.Glob(files, fmt.Sprintf("scenarios/%02d-*.yaml", n))
	if err != nil || len(names) != 1 || n < 1 || n > Count {
		return "", fmt.Errorf("there is no scenario %d: choose 1 to %d", n, Count)
	}
	return names[0], nil
}

// Parse reads a scenario strictly: an unknown key is an error. now as LoadAt.
func Parse(raw []byte, now time.Time) (*Scenario, error) {
	var head struct {
		Today string `yaml:"today"`
	}
	if err := yaml.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("reading YAML: %w", err)
	}
	today := now.UTC()
	if now.IsZero() {
		var err error
		if today, err = time.Parse(time.DateOnly, head.Today); err != nil {
			return nil, errors.New("today: write the day the story was written for, as YYYY-MM-DD")
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(resolve(raw, today)))
	dec.KnownFields(true)
	var s Scenario
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("reading YAML: %w", err)
	}
	if err := dec.Decode(new(Scenario)); !errors.Is(err, io.EOF) {
		return nil, errors.New("one scenario per file")
	}
	s.Today = today.Format(time.DateOnly)
	return &s, nil
}

var relative = regexp.MustCompile(`\btoday([-+])(\d{1,5})d\b`)

// resolve replaces today-26d and today+300d by a date; a weekend day becomes the
// Friday before it, because schools and surgeries are closed.
func resolve(raw []byte, today time.Time) []byte {
	return relative.ReplaceAllFunc(raw, func(m []byte) []byte {
		part := relative.FindSubmatch(m)
		n, err := strconv.Atoi(string(part[2]))
		if err != nil {
			return m
		}
		if string(part[1]) == "-" {
			n = -n
		}
		d := today.AddDate(0, 0, n)
		switch d.Weekday() {
		case time.Saturday:
			d = d.AddDate(0, 0, -1)
		case time.Sunday:
			d = d.AddDate(0, 0, -2)
		}
		return []byte(d.Format(time.DateOnly))
	})
}

// Keys lists the people of the scenario in order.
func (s *Scenario) Keys() []string {
	var out []string
	for k := range s.People {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// daysAgo is the day n days before the scenario's.
func (s *Scenario) daysAgo(n int) string {
	today, err := time.Parse(time.DateOnly, s.Today)
	if err != nil {
		return ""
	}
	return today.AddDate(0, 0, -n).Format(time.DateOnly)
}
