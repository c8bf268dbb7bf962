package store

import (
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/store/storetest"
)

func TestHub(t *testing.T) {
	storetest.Hub(t, func(t *testing.T) (mash.Store[mash.HubTx], func(string) error, func(string) error) {
		h := testHub(t, t.TempDir())
		return h, func(id string) error { return h.vault.Destroy(EnquiryKey(id)) },
			func(id string) error { return h.vault.Destroy(NoticeKey(id)) }
	})
}

func TestNode(t *testing.T) {
	storetest.Node(t, func(t *testing.T) mash.Store[mash.NodeTx] { return testNode(t, t.TempDir()) })
}
