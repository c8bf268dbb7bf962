package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/audit"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// Sharing is why one item was shared.
type Sharing struct {
	Enquiry   string    `json:"enquiry"`
	Reference string    `json:"reference"` // what people say on the telephone
	At        time.Time `json:"at"`        // when this was put together
	By        string    `json:"by"`        // for whom
	Item      Item      `json:"item"`
	Asked     Asked     `json:"asked"`
	Released  Released  `json:"released"`
	// Seen are those who were shown the item, oldest first.
	Seen []Step `json:"seen"`
	// Steps are what happened to the question and its answer, oldest first.
	Steps []Step `json:"steps"`
	// Erased counts entries of the enquiry whose bodies were destroyed when their
	// time was over: who saw the item then cannot be told any more.
	Erased int `json:"erased"`
	// Proofs show that each of these entries is in the log, one for each that a
	// checkpoint covers already.
	Proofs []audit.Proof `json:"proofs"`
}

// Item is what was shared, without what it says.
type Item struct {
	ID          string            `json:"id"` // in the chronology
	Category    string            `json:"category"`
	Kind        string            `json:"kind"`
	Sources     []enquiry.Source  `json:"sources"`
	Obligations []mash.Obligation `json:"obligations,omitempty"`
}

// Asked is the question that the item answers.
type Asked struct {
	Request  string       `json:"request"`
	Party    mash.Party   `json:"party"`
	Purpose  mash.Purpose `json:"purpose"`
	RaisedAt time.Time    `json:"raised_at"`
	Deciding
}

// Released is the answer that it came in.
type Released struct {
	Return     string    `json:"return"`
	Revision   int       `json:"revision"`
	LandedAt   time.Time `json:"landed_at"`
	SealedHash string    `json:"sealed_hash"` // SHA-256 of the message as it came
	Deciding
}

// Deciding is a decision with what it rests on, as that read then.
type Deciding struct {
	Decision string    `json:"decision"`
	At       time.Time `json:"decided_at,omitzero"` // not known here of an agency's
	By       string    `json:"decided_for,omitempty"`
	mash.Verdict
	Read   []agreement.Clause  `json:"read,omitempty"` // the clauses as they read in that version
	Signed agreement.Accession `json:"signed,omitzero"`
	// ReadIn is the hub's version of the same epoch, where the hub does not have the
	// agency's own.
	ReadIn  string `json:"read_in,omitempty"`
	Version string `json:"policy_version"`
	Epoch   int64  `json:"policy_epoch"`
	// Edition is how that version came into force; empty for the one that the
	// program was shipped with.
	Edition Edition `json:"edition,omitzero"`
}

// Edition is who put a version in force.
type Edition struct {
	ID         string    `json:"id"`
	ProposedBy string    `json:"proposed_by"`
	ApprovedBy string    `json:"approved_by"`
	Emergency  bool      `json:"emergency,omitempty"`
	InForceAt  time.Time `json:"in_force_at"`
}

// Step is an entry of the log.
type Step struct {
	Entry    string    `json:"entry"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Action   string    `json:"action"`
	Page     string    `json:"page,omitempty"`
	Decision string    `json:"decision,omitempty"`
	Index    int64     `json:"index"` // place in the log; -1 where no checkpoint covers it yet
}

// Desk puts it together. Safe for concurrent use.
type Desk struct {
	Hub     string
	Enquiry *enquiry.Desk
	Store   mash.Store[mash.HubTx]
	Log     *audit.Log
	Env     mash.Env
}

// Why says why an item of a chronology was shared. Errors: CodeNotFound for what is
// not there and what the actor may not see alike, CodeFault.
func (d *Desk) Why(ctx context.Context, actor mash.Actor, enquiryID, item string) (out Sharing, err error) {
	p, err := d.Enquiry.Show(ctx, actor, enquiryID, "chronology")
	if err != nil {
		return out, err
	}
	i := slices.IndexFunc(p.Chronology, func(x enquiry.Entry) bool { return x.ID == item })
	if i < 0 {
		return out, mash.Errorf(mash.CodeNotFound, "there is no such item in this chronology")
	}
	x := p.Chronology[i]
	out = Sharing{Enquiry: enquiryID, Reference: p.Enquiry.Reference, At: d.Env.Now(), By: actor.ID,
		Item: Item{ID: x.ID, Category: x.Item.Category, Kind: string(x.Item.Kind), Sources: x.Sources, Obligations: x.Obligations}}
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		request, err := d.answer(tx, p, x.Sources[0], &out)
		if err != nil {
			return err
		}
		return d.steps(tx, x, request, &out)
	})
	return out, err
}

// answer fills in question and answer.
func (d *Desk) answer(tx mash.HubTx, p enquiry.Picture, from enquiry.Source, out *Sharing) (request string, err error) {
	for _, r := range p.Requests {
		returns, err := tx.ReturnsOf(r.ID)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(returns, func(ret mash.Return) bool { return ret.ID == from.Return })
		if i < 0 {
			continue
		}
		ret := returns[i]
		out.Asked = Asked{Request: r.ID, Party: r.Party, Purpose: r.Purpose, RaisedAt: r.RaisedAt}
		ask, err := tx.Decision(r.Decision)
		if err != nil {
			return "", fmt.Errorf("reading the decision to ask: %w", err)
		}
		pair := d.Hub + "/" + r.Party.Agency
		whole, part := ask.Verdict, ask.Part(out.Item.Category)
		whole.Clauses, whole.Reasons = slices.Concat(whole.Clauses, part.Clauses), slices.Concat(whole.Reasons, part.Reasons)
		whole.Obligations = slices.Concat(whole.Obligations, part.Obligations)
		if out.Asked.Deciding, err = d.deciding(tx, ask.ID, whole, ask.PolicyVersion, ask.PolicyEpoch, pair); err != nil {
			return "", err
		}
		out.Asked.At, out.Asked.By = ask.At, ask.Actor
		out.Released = Released{Return: ret.ID, Revision: ret.Revision, LandedAt: ret.LandedAt, SealedHash: ret.SealedHash}
		j := slices.IndexFunc(ret.Items, func(x mash.ReturnedItem) bool { return x.ID == from.Item })
		if j < 0 {
			return "", mash.Errorf(mash.CodeInternal, "the return has no such item")
		}
		out.Released.Deciding, err = d.deciding(tx, ret.Items[j].Decision, mash.Verdict{Answer: mash.Permit, Clauses: ret.Items[j].Clauses, Obligations: ret.Items[j].Obligations}, ret.PolicyVersion, ret.PolicyEpoch, pair)
		return r.ID, err
	}
	return "", mash.Errorf(mash.CodeInternal, "no request has the return")
}

// deciding reads what a decision rests on, in the version that decided.
func (d *Desk) deciding(tx mash.HubTx, id string, v mash.Verdict, version string, epoch int64, pair string) (Deciding, error) {
	out := Deciding{Decision: id, Verdict: v, Version: version, Epoch: epoch}
	editions, err := tx.EditionsOf(d.Hub, 0)
	if err != nil {
		return out, err
	}
	if i := slices.IndexFunc(editions, func(e mash.Edition) bool { return e.Version == version && e.Epoch == epoch }); i >= 0 {
		e := editions[i]
		out.Edition = Edition{ID: e.ID, ProposedBy: e.ProposedBy, ApprovedBy: e.ApprovedBy, Emergency: e.Emergency, InForceAt: e.InForceAt}
	}
	b, err := tx.PolicyFiles(version)
	if errors.Is(err, mash.ErrNotFound) {
		// An agency that stopped on top of what it had agreed to decides by a version of
		// its own: the clauses are those of the hub's under the same number.
		i := slices.IndexFunc(editions, func(e mash.Edition) bool { return e.Epoch == epoch })
		if i < 0 {
			return out, nil // its number says which
		}
		out.ReadIn = editions[i].Version
		b, err = tx.PolicyFiles(out.ReadIn)
	}
	if err != nil {
		return out, err
	}
	var files map[string]string
	if err := json.Unmarshal(b, &files); err != nil {
		return out, mash.Errorf(mash.CodeInternal, "the files of a version cannot be read")
	}
	out.Read, out.Signed, err = agreement.Read(agreement.FS(files), v.Clauses, pair)
	return out, err
}

// steps reads the log of the enquiry: who saw the item, and what happened to the
// question, each with its proof.
func (d *Desk) steps(tx mash.HubTx, x enquiry.Entry, request string, out *Sharing) error {
	rows, err := tx.AuditRowsOf(out.Enquiry)
	if err != nil {
		return err
	}
	ids := []string{x.ID}
	for _, s := range x.Sources {
		ids = append(ids, s.Return+"/"+s.Item)
	}
	out.Seen, out.Steps, out.Proofs = []Step{}, []Step{}, []audit.Proof{}
	for _, row := range rows {
		e, err := d.Log.Entry(row)
		if errors.Is(err, audit.ErrErased) {
			out.Erased++
			continue
		}
		if err != nil {
			return err
		}
		step := Step{Entry: e.ID, At: e.At, Actor: e.Actor, Action: e.Action, Page: e.Detail["page"], Decision: e.Decision, Index: row.Index}
		list := &out.Steps
		switch {
		case slices.ContainsFunc(e.Shown, func(id string) bool { return slices.Contains(ids, id) }):
			list = &out.Seen
		case e.Request != request:
			continue
		}
		proof, err := d.Log.Prove(tx, row.Index)
		switch {
		case errors.Is(err, mash.ErrNotFound): // the next checkpoint covers it
			step.Index = -1
		case err != nil:
			return err
		default:
			out.Proofs = append(out.Proofs, proof)
		}
		*list = append(*list, step)
	}
	return nil
}

// Checked is what a bundle's proofs say.
type Checked struct {
	Origin  string `json:"origin"` // of the log
	Entries int    `json:"entries"`
	Proved  int    `json:"proved"`
	Erased  int    `json:"erased"`
	Size    int64  `json:"size"` // of the log that they are in
}

// most is how large a bundle may be, in bytes.
const most = 64 << 20

// Verify checks a bundle with nothing but the log's public key: each entry that it
// lists with a place in the log has its proof, and the log says of it what is
// listed. What has no place yet is counted, and nothing says that it is true; nor
// does the log hold the words of clauses and decisions, but the decisions' ids. Errors: CodeInvalid for a key that is none, CodeBadMessage for
// what does not verify.
func Verify(r io.Reader, key string) (c Checked, err error) {
	var s Sharing
	if err := json.NewDecoder(io.LimitReader(r, most)).Decode(&s); err != nil {
		return c, mash.Errorf(mash.CodeBadMessage, "this is no bundle: it cannot be read as JSON of that form")
	}
	if s.Item.ID == "" || len(s.Steps) == 0 {
		return c, mash.Errorf(mash.CodeBadMessage, "this is no bundle: it names no item or no step")
	}
	c.Entries, c.Erased = len(s.Seen)+len(s.Steps), s.Erased
	proved := map[int64]mash.Entry{}
	for _, p := range s.Proofs {
		cp, err := audit.VerifyInclusion(p, key)
		if err != nil {
			return c, err
		}
		c.Origin, c.Size = cp.Origin, max(c.Size, cp.Size)
		var e mash.Entry
		if err := json.Unmarshal(p.Body, &e); err != nil {
			return c, mash.Errorf(mash.CodeBadMessage, "entry %d: its proof is without its body", p.Index)
		}
		proved[p.Index] = e
	}
	for i, step := range slices.Concat(s.Seen, s.Steps) {
		if step.Index < 0 {
			continue
		}
		e, ok := proved[step.Index]
		if !ok {
			return c, mash.Errorf(mash.CodeBadMessage, "entry %d: its proof is missing", step.Index)
		}
		same := e.ID == step.Entry && e.At.Equal(step.At) && e.Actor == step.Actor && e.Action == step.Action && e.Decision == step.Decision &&
			e.Enquiry == s.Enquiry && e.Detail["page"] == step.Page
		if i < len(s.Seen) {
			same = same && slices.ContainsFunc(e.Shown, func(id string) bool {
				return id == s.Item.ID || slices.ContainsFunc(s.Item.Sources, func(x enquiry.Source) bool { return x.Return+"/"+x.Item == id })
			})
		} else {
			same = same && e.Request == s.Asked.Request
		}
		if !same {
			return c, mash.Errorf(mash.CodeBadMessage, "entry %d: the log says otherwise", step.Index)
		}
		c.Proved++
	}
	if c.Proved == 0 {
		return c, mash.Errorf(mash.CodeBadMessage, "no entry of it is proved")
	}
	return c, nil
}
