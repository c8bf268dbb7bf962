package world

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// Hub is the id of the demo's hub.
const Hub = "fernshire"

// Directory returns the partners of the demo's hub.
func Directory() (mash.Directory, error) {
	raw, err := files.ReadFile("agencies.yaml")
	if err != nil {
		return nil, fmt.Errorf("reading the directory: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	var d mash.Directory
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("reading the directory: %w", err)
	}
	return d, nil
}
