package kit

import (
	"errors"
	"fmt"
	"net/http"
)

// DemoRole is one synthetic person whom a visitor of the demo can be.
type DemoRole struct {
	Key         string // form value, unique
	Label       string // e.g. "MASH social worker"
	Description string // what this person may see and do, in a sentence
	User        User
}

// DemoSignIn adds a sign-in without any proof: choose who you are. It is for
// the demo only and says so on its page. serve and node never call it.
func (rt *Router) DemoSignIn(roles []DemoRole) error {
	if len(roles) == 0 {
		return errors.New("demo sign-in without roles")
	}
	byKey := map[string]DemoRole{}
	for _, r := range roles {
		if r.Key == "" || r.User.ID == "" {
			return errors.New("demo role without key or user")
		}
		if _, twice := byKey[r.Key]; twice {
			return fmt.Errorf("demo role %q is there twice", r.Key)
		}
		byKey[r.Key] = r
	}
	show := func(w http.ResponseWriter, r *http.Request, next, problem string) error {
		return rt.c.Layout.Write(w, r, demoPage(roles, next, problem))
	}
	rt.Handle(
		Route{Pattern: "GET /sign-in", Rule: RulePublic, Handler: func(w http.ResponseWriter, r *http.Request) error {
			return show(w, r, SafeNext(r.URL.Query().Get("next")), "")
		}},
		Route{Pattern: "POST /sign-in", Rule: RulePublic, MaxBody: 4 << 10, Handler: func(w http.ResponseWriter, r *http.Request) error {
			if err := r.ParseForm(); err != nil {
				return formError(err)
			}
			next := SafeNext(r.PostForm.Get("next"))
			role, ok := byKey[r.PostForm.Get("role")]
			if !ok {
				return show(w, r, next, "Choose who you are")
			}
			if err := rt.c.Sessions.SignIn(r.Context(), role.User); err != nil {
				return err
			}
			http.Redirect(w, r, next, http.StatusSeeOther)
			return nil
		}},
	)
	return nil
}

// formError tells a form that was too large from one that could not be read.
// Neither repeats what was sent.
func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return ErrTooLarge
	}
	return ErrNotFound
}

func demoPage(roles []DemoRole, next, problem string) Page {
	radios := Radios{
		Name: "role", Error: problem,
		Legend: Legend{Text: "Who are you?", Classes: "govuk-fieldset__legend--m"},
	}
	for _, r := range roles {
		radios.Items = append(radios.Items, Choice{Value: r.Key, Text: r.Label, Hint: r.Description})
	}
	p := Page{
		Title: "Sign in to the demonstration",
		Path:  "-",
		Body: Stack{
			Warning{Text: "This is a demonstration. Nobody in it is real, there is no password, and anyone who can open this page can be anyone. Enter nothing about a real child or family."},
			Form{
				Action: "/sign-in", Hidden: map[string]string{"next": next},
				Body: Stack{radios, Button{Text: "Sign in", OnceOnly: true}},
			},
		},
	}
	if problem != "" {
		p.Problems = []Problem{{Text: problem, Field: radios.FieldID()}}
	}
	return p
}
