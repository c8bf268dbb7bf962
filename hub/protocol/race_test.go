//go:build race

package protocol

// raced: the race detector makes sync.Pool forget at random, and the engine
// keeps its memory in pools.
const raced = true
