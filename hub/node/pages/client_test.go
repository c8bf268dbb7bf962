package pages

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// client is a signed-in person's browser.
type client struct {
	t    *testing.T
	base string
	http *http.Client
}

// as signs in as a person of the demo; "" stays outside.
func (f *agency) as(role string) *client {
	f.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	c := &client{f.t, f.server.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if role != "" {
		if a := c.form("/sign-in", url.Values{"role": {role}}); a.status != http.StatusSeeOther {
			f.t.Fatalf("sign-in as %s: %d", role, a.status)
		}
	}
	return c
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (c *client) do(method, path string, body io.Reader) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return c.send(r)
}

func (c *client) send(r *http.Request) reply {
	c.t.Helper()
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(b)}
}

func (c *client) get(path string) reply { return c.do("GET", path, nil) }

func (c *client) form(path string, v url.Values) reply {
	return c.do("POST", path, strings.NewReader(v.Encode()))
}

// want fails unless the reply has a status and holds each text.
func (c *client) want(a reply, status int, texts ...string) reply {
	c.t.Helper()
	if a.status != status {
		c.t.Fatalf("status %d, want %d\n%s", a.status, status, a.body)
	}
	for _, s := range texts {
		if !strings.Contains(a.body, s) {
			c.t.Errorf("the page lacks %q\n%s", s, a.body)
		}
	}
	return a
}
