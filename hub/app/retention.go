package app

import (
	"mashhub/hub/mash"
	"mashhub/hub/retention"
	"mashhub/hub/store"
)

// Sweeper destroys what the hub needs no more, and carries out what people
// decided about what is personal.
func (h *Hub) Sweeper() *retention.Sweeper[mash.HubTx] {
	return &retention.Sweeper[mash.HubTx]{Owner: h.ID, Store: h.Store, Audit: h.Audit, Env: h.Env, Log: h.Log, Tables: store.HubTables(),
		EraseMonth: store.NewVaultAudit(h.Vault).DestroyMonth, Flush: h.Store.Flush, Also: h.Desk.Dispose}
}

// Sweeper destroys what the node needs no more.
func (n *Node) Sweeper() *retention.Sweeper[mash.NodeTx] {
	return &retention.Sweeper[mash.NodeTx]{Owner: n.Agency.ID, Store: n.Store, Audit: n.Audit, Env: n.Env, Log: n.Log, Tables: store.NodeTables(),
		EraseMonth: store.NewVaultAudit(n.Vault).DestroyMonth, Flush: n.Store.Flush, Also: n.Node.ForgetStale}
}
