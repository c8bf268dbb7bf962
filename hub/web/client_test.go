package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"
)

// client is a signed-in person's browser, or program.
type client struct {
	t    *testing.T
	base string
	http *http.Client
}

// as signs in as a person of the demo; "" stays outside.
func (h *hub) as(key string) *client {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	c := &client{h.t, h.server.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if key != "" {
		if a := c.form("/sign-in", url.Values{"role": {key}}); a.status != http.StatusSeeOther {
			h.t.Fatalf("sign-in as %s: %d", key, a.status)
		}
	}
	return c
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (c *client) do(method, path, contentType string, body []byte) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (c *client) get(path string) answer { return c.do("GET", path, "", nil) }

func (c *client) form(path string, v url.Values) answer {
	return c.do("POST", path, "application/x-www-form-urlencoded", []byte(v.Encode()))
}

// json sends v (text as it is) and, where out is given, expects success.
func (c *client) json(method, path string, v, out any) answer {
	c.t.Helper()
	body, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			c.t.Fatal(err)
		}
		body = string(b)
	}
	a := c.do(method, path, "application/json", []byte(body))
	if out != nil {
		if a.status >= 300 {
			c.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
		}
		if err := json.Unmarshal([]byte(a.body), out); err != nil {
			c.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return a
}
