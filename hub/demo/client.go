package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// client is somebody signed in at a hub or node.
type client struct {
	base  string
	http  *http.Client
	trail *trail
}

// signIn chooses a role on the demo's sign-in page, as a browser would.
func (d *Demo) signIn(ctx context.Context, addr, role string) (*client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &client{base: "http://" + addr, trail: &d.trail, http: &http.Client{Transport: &d.trail, Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	res, err := c.form(ctx, "/sign-in", url.Values{"role": {role}})
	if err != nil {
		return nil, fmt.Errorf("signing in as %s: %w", role, err)
	}
	if res != http.StatusSeeOther {
		return nil, fmt.Errorf("signing in as %s: status %d", role, res)
	}
	return c, nil
}

// problem is how the API says no (RFC 9457).
type problem struct {
	Status  int      `json:"status"`
	Code    string   `json:"code"`
	Detail  string   `json:"detail"`
	Field   string   `json:"field"`
	Remedy  string   `json:"remedy"`
	Clauses []string `json:"clauses"`
	Reasons []string `json:"reasons"`
}

func (p *problem) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s: %s %s %s", p.Status, p.Code, p.Field, p.Detail, p.Remedy))
}

// busyFor is how long somebody tries again what could not be decided or stored.
const busyFor = 10 * time.Second

// call sends and receives JSON, again while the answer is 503: on a busy
// machine the policy's answer may come too late, and then nothing was done. A
// refusal is a *problem.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	for until := time.Now().Add(busyFor); ; {
		err := c.try(ctx, method, path, in, out)
		if !busy(err) || time.Now().After(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// busy reports a refusal that may be gone in a moment.
func busy(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.Status == http.StatusServiceUnavailable
}

func (c *client) try(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		c.trail.note("an error that came back", string(b))
		p := &problem{}
		_ = json.Unmarshal(b, p) // a page instead of a problem leaves the status
		p.Status = res.StatusCode
		return p
	}
	if out == nil {
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = b
		return nil
	}
	return json.Unmarshal(b, out)
}

// form posts a form as a browser does and returns the status.
func (c *client) form(ctx context.Context, path string, v url.Values) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(v.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
