package envelope

import (
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"mashhub/hub/mash"
)

// vectors is a file of Project Wycheproof's JOSE tests.
type vectors struct {
	NumberOfTests int `json:"numberOfTests"`
	TestGroups    []struct {
		Comment string          `json:"comment"`
		Private json.RawMessage `json:"private"`
		Public  json.RawMessage `json:"public"`
		Tests   []vector        `json:"tests"`
	} `json:"testGroups"`
}

type vector struct {
	ID      int    `json:"tcId"`
	Comment string `json:"comment"`
	JWS     token  `json:"jws"`
	JWE     token  `json:"jwe"`
	PT      string `json:"pt"`
	Enc     string `json:"enc"`
	Result  string `json:"result"`
}

// token is compact, or JSON: some vectors are in the JSON serialisation.
type token string

func (t *token) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b)
	}
	*t = token(s)
	return nil
}

// jwkSays is what a vector's key says of itself.
type jwkSays struct {
	Kty, Crv, Alg, Use, Kid string
	Keys                    []json.RawMessage
}

func wycheproofFiles(t *testing.T) []string {
	dir := os.Getenv("MASH_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	files, err := filepath.Glob(filepath.Join(dir, "wycheproof", "json_web_*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no wycheproof/json_web_*.json in MASH_TEST_DATA: the Wycheproof vectors are not run")
	}
	return files
}

// TestWycheproof runs the vectors on what lies behind our exact header lists:
// the strict base64, the checks of a registry's key, and the library with our
// options. The header lists themselves would refuse every vector, valid ones
// too, for none has our "typ"; that is checked as well.
func TestWycheproof(t *testing.T) {
	w := newWorld(t, mixed)
	for _, file := range wycheproofFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v vectors
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
			counts, total := map[string]int{}, 0
			for _, g := range v.TestGroups {
				for _, c := range g.Tests {
					total++
					if _, err := w.at[hub].Open(t.Context(), []byte(c.JWS+c.JWE)); err == nil {
						t.Errorf("%d %s: opened", c.ID, c.Comment)
					}
					key := g.Public
					if c.JWE != "" || key == nil {
						key = g.Private
					}
					accepted, skipped := try(key, c)
					switch {
					case skipped != "":
						counts["skipped: "+skipped]++
					case accepted && c.Result == "invalid":
						t.Errorf("%d %s (%s): an invalid token is accepted", c.ID, c.Comment, g.Comment)
					case accepted:
						counts["run: "+c.Result+", accepted"]++
					case c.Result == "valid":
						t.Logf("%d %s (%s): valid, and refused", c.ID, c.Comment, g.Comment)
						counts["run: valid, refused"]++
					default:
						counts["run: invalid, refused"]++
					}
				}
			}
			if total != v.NumberOfTests || total == 0 {
				t.Errorf("%d vectors, the file says %d", total, v.NumberOfTests)
			}
			for _, k := range slices.Sorted(maps.Keys(counts)) {
				t.Logf("%4d %s", counts[k], k)
			}
		})
	}
}

// try runs one vector with its key, or says why it cannot be run.
func try(key json.RawMessage, c vector) (accepted bool, skipped string) {
	var says jwkSays
	if err := json.Unmarshal(key, &says); err != nil {
		return false, "the key is not an object"
	}
	if says.Keys != nil {
		// The registry holds single keys and finds them by id: a token is
		// tried with each of the set's, as if each had been enrolled.
		run := false
		for _, k := range says.Keys {
			if c.Result == "valid" {
				return false, "a set of keys: ours are found by id, one by one"
			}
			ok, why := try(k, c)
			if why == "" {
				run = true
			}
			if ok {
				return true, ""
			}
		}
		if !run {
			return false, "a set of keys of which none is of an algorithm of ours"
		}
		return false, ""
	}
	if c.JWE != "" {
		return tryJWE(key, says, c)
	}
	return tryJWS(key, says, c)
}

func tryJWS(key json.RawMessage, says jwkSays, c vector) (accepted bool, skipped string) {
	if says.Kty != "EC" && says.Kty != "OKP" {
		return false, "key type " + says.Kty
	}
	if says.Alg != "" && says.Alg != AlgES256 && says.Alg != AlgEdDSA {
		return false, "algorithm " + says.Alg
	}
	alg := says.Alg
	if alg == "" {
		alg = AlgES256
	}
	public, err := publicOnly(key)
	if err != nil {
		return false, "" // not a key: refused
	}
	raw, err := parsePublic(mash.Key{Owner: hub, ID: says.Kid, Use: mash.KeySign, Alg: alg, JWK: public})
	if err != nil {
		return false, "" // the registry refuses the key
	}
	if _, err := compact([]byte(c.JWS), 3); err != nil {
		return false, ""
	}
	_, err = verify(alg, raw, []byte(c.JWS))
	return err == nil, ""
}

func tryJWE(key json.RawMessage, says jwkSays, c vector) (accepted bool, skipped string) {
	switch {
	case says.Kty != "EC" || says.Crv != "P-256" && says.Crv != "":
		return false, "key type " + says.Kty + " " + says.Crv
	case says.Alg != AlgECDH && c.Result == "valid":
		return false, "algorithm " + says.Alg
	// Invalid ones of another algorithm are run: the pinned one refuses them.
	case c.Enc != encGCM && c.Result == "valid":
		return false, "content encryption " + c.Enc
	}
	k, err := jwk.ParseKey(key)
	if err != nil {
		return false, ""
	}
	var ec ecdsa.PrivateKey
	if jwk.Export(k, &ec) != nil {
		return false, ""
	}
	private, err := ec.ECDH()
	if err != nil {
		return false, ""
	}
	if _, err := compact([]byte(c.JWE), 5); err != nil {
		return false, ""
	}
	plain, err := protect(func() ([]byte, error) { return decrypt(private, []byte(c.JWE)) })
	if err != nil {
		return false, ""
	}
	if c.Result == "valid" && hex.EncodeToString(plain) != c.PT {
		panic(fmt.Sprintf("%d: another plaintext", c.ID))
	}
	return true, ""
}

// publicOnly takes the private part out of a vector's key.
func publicOnly(key json.RawMessage) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(key, &members); err != nil {
		return nil, err
	}
	delete(members, "d")
	return json.Marshal(members)
}
