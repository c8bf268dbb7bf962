package web

import (
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

type (
	proposeIn struct {
		Cell  *agreement.Cell `json:"cell,omitempty" doc:"One place of the matrix to change; else files"`
		Mode  string          `json:"mode,omitempty" enum:"content,existence,none"`
		Files edition.Files   `json:"files,omitempty" doc:"All files of a version, by path: rego/, tables/ and agreements/"`
		Why   string          `json:"why"`
	}
	approveIn struct {
		From time.Time `json:"from,omitzero" doc:"From when it is in force; empty for at once"`
	}
	whyIn struct {
		Why string `json:"why"`
	}
	againIn struct {
		Version string `json:"version" doc:"The version to go back to, as an edition or a decision names it"`
		Why     string `json:"why"`
	}
	whatIfIn struct {
		Edition string `json:"edition,omitempty" doc:"A change, by its id; empty for what is in force"`
		edition.Invented
	}
	suspendIn struct {
		Agreement string `json:"agreement"`
		Pair      string `json:"pair,omitempty" doc:"One pair of it, such as fernshire/police; empty for the whole agreement"`
		Why       string `json:"why"`
	}
	editionOut struct {
		mash.Edition
		Changes []agreement.Change `json:"changes" doc:"What it changes, what shares more first"`
	}
	inForceOut struct {
		Version  string             `json:"version"`
		Epoch    int64              `json:"epoch"`
		Files    edition.Files      `json:"files"`
		Matrices []agreement.Matrix `json:"matrices"`
	}
)

// agreements registers how the sharing agreements are read and changed.
func (a *api) agreements() {
	d := a.site.Editions
	kit.Add[kit.Bare](a.API, kit.Get("agreements", "/agreements", rulePolicy, "The agreements in force: files, and what may be shared as a matrix"),
		func(c kit.Call, _ kit.Nothing) (out inForceOut, err error) {
			if out.Files, err = d.Current(c, c.Actor); err != nil {
				return out, err
			}
			out.Version, out.Epoch = d.Engine.Version(), d.Engine.Epoch()
			out.Matrices, err = agreement.Matrices(agreement.FS(out.Files))
			return out, err
		})
	kit.Add[kit.Bare](a.API, kit.Get("editions", "/agreements/changes", rulePolicy, "Every change that was proposed, newest first, and who agreed to it"),
		func(c kit.Call, _ kit.Nothing) ([]mash.Edition, error) { return d.List(c, c.Actor) })
	kit.Add[kit.WithID](a.API, kit.Get("edition", "/agreements/changes/{id}", rulePolicy, "One change, in sentences"),
		func(c kit.Call, _ kit.Nothing) (out editionOut, err error) {
			e, was, now, err := d.Show(c, c.Actor, c.ID)
			if err != nil {
				return out, err
			}
			out.Edition = e
			out.Changes, err = agreement.Diff(agreement.FS(was), agreement.FS(now))
			return out, err
		})
	kit.Add[kit.WithAgreement](a.API, kit.Get("agreement-document", "/agreements/document", rulePolicy, "What one agreement lets happen, in plain English, as its partners sign it"),
		func(c kit.Call, _ kit.Nothing) (agreement.Document, error) {
			return a.site.explained(c, c.Actor, c.Agreement, c.Edition)
		})
	kit.Add[kit.WithID](a.API, kit.Get("rehearse", "/agreements/changes/{id}/rehearsal", rulePolicy, "What a change would have decided otherwise in the last 90 days, what shares more first; while running is true, ask again"),
		func(c kit.Call, _ kit.Nothing) (edition.Rehearsal, error) {
			return d.Rehearsing(c, c.Actor, c.ID, a.site.Desk.Env.Now().Add(-rehearsed), false)
		})
	kit.Add[kit.WithBody](a.API, kit.Post("what-if", "/agreements/what-if", rulePolicy, "What would be decided in an invented case, by what is in force or by a change, and why; nothing is asked, released or recorded as a decision"),
		func(c kit.Call, in whatIfIn) (edition.Foreseen, error) {
			return d.WhatIf(c, c.Actor, in.Edition, in.Invented)
		})
	kit.Step[kit.WithID](a.API, kit.Post("stop-rehearsal", "/agreements/changes/{id}/rehearsal/stop", ruleApprove, "Stop the rehearsal of a change, with what it has looked at"),
		func(c kit.Call, _ kit.Nothing) error { return d.StopRehearsal(c, c.Actor, c.ID) })
	propose := kit.Post("propose", "/agreements/changes", rulePropose, "Propose a change of one cell, or a whole version; nothing changes by it")
	propose.MaxBody = 2 << 20
	kit.Add[kit.WithBody](a.API, propose, func(c kit.Call, in proposeIn) (mash.Edition, error) {
		if in.Cell != nil {
			if err := a.site.Desk.Page(c, c.Actor, rulePropose); err != nil {
				return mash.Edition{}, err
			}
			files, err := d.Current(c, c.Actor)
			if err != nil {
				return mash.Edition{}, err
			}
			if in.Files, err = agreement.SetMode(agreement.FS(files), *in.Cell, in.Mode); err != nil {
				return mash.Edition{}, err
			}
		}
		return d.Propose(c, c.Actor, in.Files, in.Why)
	})
	at := func(id, path, rule, summary string) kit.Op {
		return kit.Post(id, "/agreements/changes/{id}/"+path, rule, summary)
	}
	kit.Step[kit.WithIDBody](a.API, at("approve-change", "approve", ruleApprove, "Agree to what somebody else proposed"),
		func(c kit.Call, in approveIn) error { return d.Approve(c, c.Actor, c.ID, in.From) })
	kit.Step[kit.WithIDBody](a.API, at("reject-change", "reject", ruleApprove, "Do not agree to a proposal"),
		func(c kit.Call, in whyIn) error { return d.Reject(c, c.Actor, c.ID, in.Why) })
	kit.Add[kit.WithBody](a.API, kit.Post("propose-again", "/agreements/again", rulePropose, "Propose an earlier version once more: the way back"),
		func(c kit.Call, in againIn) (mash.Edition, error) { return d.Again(c, c.Actor, in.Version, in.Why) })
	kit.Add[kit.WithBody](a.API, kit.Post("suspend", "/agreements/suspend", ruleSuspend, "Stop an agreement, or one pair of it, at once"),
		func(c kit.Call, in suspendIn) (mash.Edition, error) {
			return d.Suspend(c, c.Actor, in.Agreement, in.Pair, in.Why)
		})
}
