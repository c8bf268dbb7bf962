package store

import (
	"maps"
	"slices"
)

// HubTables lists the tables of a hub's store that have rules of keeping.
func HubTables() []string { return slices.Sorted(maps.Keys(hubTables)) }

// NodeTables lists those of a node's store.
func NodeTables() []string { return slices.Sorted(maps.Keys(nodeTables)) }

// VaultTables lists those of a vault.
func VaultTables() []string { return slices.Sorted(maps.Keys(vaultTables)) }
