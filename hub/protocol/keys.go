package protocol

import (
	"reflect"

	"mashhub/hub/mash"
)

// keys are the parts that a question asks for.
type keys map[string]asked

// asked is what a key means. Where two different things share a key, whatever
// the policy says of one must not be taken for the other, so that part is a
// fault (or the whole, where the rules themselves find two answers for one key).
type asked struct {
	thing   any // points to it
	several bool
}

// add notes that the thing pointed to is known by key.
func (k keys) add(key string, thing any) {
	before, again := k[key]
	k[key] = asked{thing, again && (before.several || !reflect.DeepEqual(before.thing, thing))}
}

// askKeys are the parts of an ask decision: persons and categories.
func askKeys(in mash.AskInput) keys {
	k := make(keys, len(in.Persons)+len(in.Categories))
	for i := range in.Persons {
		k.add(in.Persons[i].Key, &in.Persons[i])
	}
	for i := range in.Categories {
		k.add(in.Categories[i], &in.Categories[i])
	}
	return k
}

// releaseKeys are the parts of a release decision: existence and items.
func releaseKeys(in mash.ReleaseInput) keys {
	k := make(keys, len(in.Held)+len(in.Items))
	for i := range in.Held {
		k.add("existence:"+in.Held[i].Person+":"+in.Held[i].Category, &in.Held[i])
	}
	for i := range in.Items {
		k.add("item:"+in.Items[i].ID, &in.Items[i])
	}
	return k
}

// viewKeys are the parts of a view decision: items.
func viewKeys(in mash.ViewInput) keys {
	k := make(keys, len(in.Items))
	for i := range in.Items {
		k.add(in.Items[i].ID, &in.Items[i])
	}
	return k
}
