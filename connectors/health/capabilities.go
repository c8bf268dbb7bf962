package health

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// searchModeExtension is how a server may say which search methods it takes
// (FHIR Extensions Pack, capabilitystatement-search-mode: GET, POST or both).
const searchModeExtension = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-mode"

// capabilities is what the server has said about itself. It is learnt once and
// kept until the next Configure; a failed attempt is not kept.
type capabilities struct {
	mu     sync.Mutex
	known  *offer
	noPost map[string]bool // seen refusing POST
}

// offer is one CapabilityStatement in short. A server without a statement has
// said nothing, which is not the same as offering nothing.
type offer struct {
	stated bool
	search map[string]bool // resource types that can be searched
	post   map[string]bool // of these, the ones that take POST _search
}

func (c *capabilities) refusedPost(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.noPost == nil {
		c.noPost = map[string]bool{}
	}
	c.noPost[kind] = true
}

// offered returns what the server says it offers, asking it the first time.
func (s *state) offered(ctx context.Context) (*offer, error) {
	c := &s.capabilities
	c.mu.Lock()
	known := c.known
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	learnt, err := s.learn(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = learnt
	return learnt, nil
}

// usePost decides how searches for kind are sent.
func (s *state) usePost(ctx context.Context, kind string) (bool, error) {
	if s.SearchMode != searchAuto {
		return s.SearchMode == searchPost, nil
	}
	o, err := s.offered(ctx)
	if err != nil {
		return false, err
	}
	s.capabilities.mu.Lock()
	defer s.capabilities.mu.Unlock()
	return o.post[kind] && !s.capabilities.noPost[kind], nil
}

// holds says whether the server may hold resources of this type. A server that
// states what it offers and leaves a type out holds none of it; that is an
// answer. A server that states nothing is asked.
func (s *state) holds(ctx context.Context, kind string) (bool, error) {
	if s.SearchMode != searchAuto || s.Profile == profilePDS {
		return true, nil
	}
	o, err := s.offered(ctx)
	if err != nil {
		return false, err
	}
	return !o.stated || o.search[kind], nil
}

// learn reads the CapabilityStatement. A server without one is asked with GET.
func (s *state) learn(ctx context.Context) (*offer, error) {
	a, err := s.call(ctx, http.MethodGet, s.at("metadata"), nil)
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed {
		return &offer{}, nil
	}
	if err := a.refused(); err != nil {
		return nil, err
	}
	var st capabilityStatement
	if a.kind != "CapabilityStatement" || json.Unmarshal(a.body, &st) != nil {
		return nil, unavailable(ReasonMalformed)
	}
	if !strings.HasPrefix(st.FHIRVersion, "4.0") {
		return nil, unavailable(ReasonVersion)
	}
	return st.offer(), nil
}

func (st *capabilityStatement) offer() *offer {
	out := &offer{stated: true, search: map[string]bool{}, post: map[string]bool{}}
	for _, rest := range st.Rest {
		if rest.Mode != "server" {
			continue
		}
		for _, r := range rest.Resource {
			modes := map[string]bool{}
			for _, x := range r.Extension {
				if x.URL == searchModeExtension {
					modes[strings.ToUpper(x.ValueCode)] = true
				}
			}
			for _, i := range r.Interaction {
				if i.Code == "search-type" {
					out.search[r.Type] = true
					out.post[r.Type] = len(modes) == 0 || modes["POST"] || modes["BOTH"]
				}
			}
		}
	}
	return out
}

// probe says whether the server answers; it asks about nobody.
func (s *state) probe(ctx context.Context) error {
	_, err := s.learn(ctx)
	return err
}
