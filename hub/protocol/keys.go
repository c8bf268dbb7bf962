package protocol

import (
	"reflect"

	"mashhub/hub/mash"
)

// keys are the parts that a question asks for. False marks a key that two
// different things share: whatever the policy says of one must not be taken for
// the other, so that part is a fault (or the whole, where the rules themselves
// find two answers for one key).
type keys map[string]bool

// add notes that thing is known by key.
func (k keys) add(things map[string]any, key string, thing any) {
	before, again := things[key]
	k[key] = !again || k[key] && reflect.DeepEqual(before, thing)
	things[key] = thing
}

// askKeys are the parts of an ask decision: persons and categories.
func askKeys(in mash.AskInput) keys {
	k, things := make(keys, len(in.Persons)+len(in.Categories)), map[string]any{}
	for _, person := range in.Persons {
		k.add(things, person.Key, person)
	}
	for _, category := range in.Categories {
		k.add(things, category, category)
	}
	return k
}

// releaseKeys are the parts of a release decision: existence and items.
func releaseKeys(in mash.ReleaseInput) keys {
	k, things := make(keys, len(in.Held)+len(in.Items)), make(map[string]any, len(in.Held)+len(in.Items))
	for _, held := range in.Held {
		k.add(things, "existence:"+held.Person+":"+held.Category, held)
	}
	for _, item := range in.Items {
		k.add(things, "item:"+item.ID, item)
	}
	return k
}

// viewKeys are the parts of a view decision: items.
func viewKeys(in mash.ViewInput) keys {
	k, things := make(keys, len(in.Items)), make(map[string]any, len(in.Items))
	for _, item := range in.Items {
		k.add(things, item.ID, item)
	}
	return k
}
