package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// ErrShredded is what sealing or opening gives once the key was destroyed.
var ErrShredded = &mash.Error{Code: mash.CodeConflict, Field: "key", Message: "the key was destroyed: this content was erased, and nothing can be added"}

// KeyRef names a content key. Each class has a retention of its own.
type KeyRef struct{ Class, ID string }

// EnquiryKey is the key of everything personal in one enquiry.
func EnquiryKey(enquiry string) KeyRef { return KeyRef{"enquiry", enquiry} }

// NoticeKey is the key of one notification's content.
func NoticeKey(notice string) KeyRef { return KeyRef{"notice", notice} }

// AuditKey is the key of one month's audit bodies, in UTC.
func AuditKey(at time.Time) KeyRef { return KeyRef{"audit", at.UTC().Format("2006-01")} }

// VaultOptions say where a vault is and what opens it.
type VaultOptions struct {
	// Path of the keys' own file, never in one backup with the data.
	Path string
	// Key encrypts the file: KeySize bytes, not the data's key.
	Key []byte
	// Wrap wraps the content keys within the file: KeySize bytes, from
	// elsewhere than Key. Whoever has the file and its key has nothing yet.
	Wrap []byte
	// Now dates creation and destruction; time.Now by default.
	Now func() time.Time
}

// cachedKeys bounds the unwrapped keys held in memory.
const cachedKeys = 4096

// Vault holds a key for each enquiry, notification and month of audit bodies.
// Content is sealed by AES-256-GCM under such a key, bound to key, table and
// row, so that a sealed value serves nowhere else. Destroying the key erases
// every copy of what it sealed.
//
// A vault has transactions of its own, which never wait for the data's: it may
// be used within one. A key is durable before the first thing it seals. Safe
// for concurrent use.
type Vault struct {
	f    *file
	wrap cipher.AEAD
	now  func() time.Time

	mu    sync.RWMutex
	cache map[KeyRef]cipher.AEAD

	wrapping sync.RWMutex // held, for reading, from wrapping a key to its commit
}

// OpenVault opens, or makes, a vault. Errors as OpenHub.
func OpenVault(ctx context.Context, o VaultOptions) (*Vault, error) {
	wrap, err := newAEAD(o.Wrap)
	if err != nil {
		return nil, mash.Invalid("wrap", fmt.Sprintf("%d bytes, not %d", len(o.Wrap), KeySize), "give the vault a wrapping key")
	}
	f, err := openFile(ctx, Options{Path: o.Path, Key: o.Key, Readers: 2}, "vault")
	if err != nil {
		return nil, fmt.Errorf("opening vault: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Vault{f: f, wrap: wrap, now: o.Now, cache: map[KeyRef]cipher.AEAD{}}, nil
}

// Close waits for what runs and forgets the unwrapped keys.
func (v *Vault) Close() error {
	v.mu.Lock()
	clear(v.cache)
	v.mu.Unlock()
	return v.f.close()
}

// Create makes a key if there is none, durably. Errors: ErrShredded if it was
// destroyed: a key is never made twice.
func (v *Vault) Create(k KeyRef) error {
	if v.cached(k) != nil {
		return nil
	}
	if _, err := v.load(k); !errors.Is(err, mash.ErrNotFound) {
		return err
	}
	key := make([]byte, KeySize)
	defer clear(key)
	if _, err := rand.Read(key); err != nil {
		return mash.Errorf(mash.CodeUnavailable, "making a key: %w", err)
	}
	v.wrapping.RLock()
	defer v.wrapping.RUnlock()
	wrapped := seal(v.wrap, wrapName(k), key)
	err := v.f.writer.update(context.Background(), func(t *tx) error {
		_, err := t.exec(`INSERT INTO vault_keys (class, id, wrapped, made, destroyed)
			VALUES (?1, ?2, ?3, ?4, 0) ON CONFLICT DO NOTHING`, k.Class, k.ID, wrapped, ms(v.now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping a key: %w", err)
	}
	_, err = v.load(k) // what another made at the same time is the key
	return err
}

// Seal seals plain for one row of a table. Errors: ErrShredded; ErrNotFound
// before Create.
func (v *Vault) Seal(k KeyRef, table, row string, plain []byte) ([]byte, error) {
	a, err := v.key(k)
	if err != nil {
		return nil, err
	}
	return seal(a, rowName(k, table, row), plain), nil
}

// Open opens what Seal sealed for this row. Errors: ErrShredded;
// CodeUnavailable if the vault has no such key, as after restoring one backup
// without the other: never ErrNotFound, which would deny that there is content;
// CodeInternal if the value is damaged or another's.
func (v *Vault) Open(k KeyRef, table, row string, sealed []byte) ([]byte, error) {
	a, err := v.key(k)
	if errors.Is(err, mash.ErrNotFound) {
		return nil, mash.Errorf(mash.CodeUnavailable, "the vault has no key for this %s: is it the vault of this store?", k.Class)
	}
	if err != nil {
		return nil, err
	}
	return unseal(a, rowName(k, table, row), sealed)
}

// Destroy destroys a key for good, durably, and what it sealed with it. A key
// that never was can never be made afterwards. After an error, destroy it again:
// the key may be gone, and still be in the log. Overwriting reaches the file and
// its log; what a disk keeps of old blocks is wrapped, and useless without the
// wrapping key. Errors: ErrHeld for a key on legal hold.
func (v *Vault) Destroy(k KeyRef) error {
	err := v.f.writer.update(context.Background(), func(t *tx) error {
		if err := v.held(t, k); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO vault_keys (class, id, wrapped, made, destroyed) VALUES (?1, ?2, NULL, ?3, ?3)
			ON CONFLICT (class, id) DO UPDATE SET wrapped = NULL, destroyed = excluded.destroyed
			WHERE vault_keys.destroyed = 0`, k.Class, k.ID, ms(v.now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("destroying a key: %w", err)
	}
	v.mu.Lock()
	delete(v.cache, k)
	v.mu.Unlock()
	return v.f.flush()
}

// Destroyed reports whether the key was destroyed, and when.
func (v *Vault) Destroyed(k KeyRef) (bool, time.Time, error) {
	r, err := v.read(k)
	if errors.Is(err, mash.ErrNotFound) {
		return false, time.Time{}, nil
	}
	return !r.destroyed.IsZero(), r.destroyed, err
}

func (v *Vault) cached(k KeyRef) cipher.AEAD {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.cache[k]
}

func (v *Vault) key(k KeyRef) (cipher.AEAD, error) {
	if a := v.cached(k); a != nil {
		return a, nil
	}
	return v.load(k)
}

type vaultKey struct {
	wrapped   []byte
	destroyed time.Time
}

func (v *Vault) read(k KeyRef) (out vaultKey, err error) {
	err = v.f.view(context.Background(), func(t *tx) error {
		out, err = one(t, func(r row) (x vaultKey, err error) {
			err = r.Scan(&x.wrapped, when{&x.destroyed})
			return x, err
		}, `SELECT wrapped, destroyed FROM vault_keys WHERE class = ?1 AND id = ?2`, k.Class, k.ID)
		return err
	})
	return out, err
}

// load reads and unwraps a key, and caches it. The cache's lock is held over
// the reading, so that a key destroyed meanwhile does not come back.
func (v *Vault) load(k KeyRef) (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.read(k)
	if err != nil {
		return nil, err
	}
	if !r.destroyed.IsZero() {
		return nil, ErrShredded
	}
	key, err := unseal(v.wrap, wrapName(k), r.wrapped)
	if err != nil {
		return nil, mash.Errorf(mash.CodeUnavailable, "the vault's wrapping key does not open a key: %w", err)
	}
	defer clear(key)
	a, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	for old := range v.cache {
		if len(v.cache) < cachedKeys {
			break
		}
		delete(v.cache, old) // any: it is read again when needed
	}
	v.cache[k] = a
	return a, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, mash.Errorf(mash.CodeInternal, "a key has %d bytes", len(key))
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// The additional data that binds a value to its place. Parts are
// quoted, so that no two places have one name.
func rowName(k KeyRef, table, row string) []byte {
	return fmt.Appendf(nil, "content/1 %q %q %q %q", k.Class, k.ID, table, row)
}

func wrapName(k KeyRef) []byte { return fmt.Appendf(nil, "key/1 %q %q", k.Class, k.ID) }

// seal puts a fresh random nonce before the ciphertext.
func seal(a cipher.AEAD, name, plain []byte) []byte { return a.Seal(nil, nil, plain, name) }

func unseal(a cipher.AEAD, name, sealed []byte) ([]byte, error) {
	plain, err := a.Open(nil, nil, sealed, name)
	if err != nil {
		return nil, mash.Errorf(mash.CodeInternal, "sealed content is damaged or belongs elsewhere")
	}
	if plain == nil {
		plain = []byte{}
	}
	return plain, nil
}
