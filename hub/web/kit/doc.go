// Package kit is what the pages of the hub and of the nodes are made of.
package kit
