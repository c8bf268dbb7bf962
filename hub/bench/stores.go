package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"mashhub/hub/app"
	"mashhub/hub/audit"
	"mashhub/hub/config"
	"mashhub/hub/mash"
	"mashhub/hub/store"
)

// opened is a stopped process's data, opened by the harness.
type opened[T mash.ExchangeTx] struct {
	name    string
	store   mash.Store[T]
	log     *audit.Log
	secrets *app.Secrets
	entries []mash.Entry
	close   func() error
}

func openSecrets(ctx context.Context, dir, name string) (*app.Secrets, *store.Vault, error) {
	keys, err := config.KeyDirectory(dir, "")
	if err != nil {
		return nil, nil, err
	}
	s, err := app.OpenSecrets(keys, dir, name, mash.SystemEnv())
	if err != nil {
		return nil, nil, err
	}
	v, err := store.OpenVault(ctx, store.VaultOptions{Path: filepath.Join(keys, "keys.db"), Key: s.Vault, Wrap: s.Wrap})
	return s, v, err
}

func openHub(ctx context.Context, dir, id string) (*opened[mash.HubTx], error) {
	s, v, err := openSecrets(ctx, dir, id)
	if err != nil {
		return nil, err
	}
	h, err := store.OpenHub(ctx, store.Options{Path: filepath.Join(dir, "hub.db"), Key: s.Store, Vault: v})
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return &opened[mash.HubTx]{name: "hub", store: h, secrets: s, log: audit.New(id, s.Signer, store.NewVaultAudit(v), mash.SystemEnv()),
		close: func() error { return errors.Join(h.Close(), v.Close()) }}, nil
}

func openNode(ctx context.Context, dir, id string) (*opened[mash.NodeTx], error) {
	s, v, err := openSecrets(ctx, dir, id)
	if err != nil {
		return nil, err
	}
	n, err := store.OpenNode(ctx, store.Options{Path: filepath.Join(dir, "node.db"), Key: s.Store, Vault: v})
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return &opened[mash.NodeTx]{name: id, store: n, secrets: s, log: audit.New(id, s.Signer, store.NewVaultAudit(v), mash.SystemEnv()),
		close: func() error { return errors.Join(n.Close(), v.Close()) }}, nil
}

// verify exports the log, checks it with nothing but the public key, and keeps
// its entries.
func (o *opened[T]) verify(ctx context.Context, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := o.store.View(ctx, func(tx T) error { return o.log.Export(tx, f) }); err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	rep, err := audit.VerifyBundle(f, o.secrets.Verifier)
	if err != nil {
		return err
	}
	if rep.Bodies+rep.Unsequenced != rep.Size+rep.Unsequenced || rep.Size == 0 {
		return fmt.Errorf("%d of %d entries have a body", rep.Bodies, rep.Size)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var line struct {
			Body string `json:"body"`
		}
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			return err
		}
		if line.Body == "" {
			continue // head and end
		}
		var e mash.Entry
		if err := json.Unmarshal([]byte(line.Body), &e); err != nil {
			return err
		}
		o.entries = append(o.entries, e)
	}
	return in.Err()
}
