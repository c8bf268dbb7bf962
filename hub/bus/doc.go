// Package bus moves opaque sealed bytes between hub and nodes over Kafka, and
// holds the embedded broker of a hub that has no Kafka of its own. It is the
// only importer of Kafka libraries.
//
// What must hold. Publish returns nil only when the broker has every message
// durably (acks from all in-sync replicas). Read hands over every record from
// the given offset on, in the partition's order, again and again until the
// caller's function returns nil; the caller stores the next offset in the
// transaction of the effect, so that nothing is lost and nothing counted twice
// after kill -9. Records of one key keep their order. Messages are at least
// once: a publish that returned an error may still be delivered, and a lost
// acknowledgement writes a message twice; the inbox recognises duplicates.
//
// Why there are no consumer groups: after kill -9 the successor of a group's
// member waits for a session timeout before its first record (30 s seen); a
// reader of an explicit partition waits for nothing.
//
// Why there is no kafka.Reader: it fetches in a loop of its own that turns a
// forbidden or missing topic into silence, and its Close waits out a long
// poll. We fetch ourselves with kafka.Client, one bounded request at a time:
// every error comes back to us and becomes a Health, an answer without
// progress is noticed, ending a context is immediate, and one fetch runs ahead
// of the caller's function, so that whatever arrived meanwhile is the next
// batch and shares one commit.
//
// Why there is no kafka.Writer: to send at once it must be told to wait for
// nothing, and then every message is a request, and a sync, of its own. Here
// what arrives during a write goes with the next one.
//
// Topic names and keys are visible to the broker: they hold the hub's id, an
// agency's id and the request's id, nothing personal. Values are sealed.
//
// Apache Kafka. kafka-go 0.4.51 is tested by its authors up to Kafka 2.7; this
// package is tested on 4.4.0, one node (deploy/kafka): the conformance suite,
// kill -9 and a frozen broker. The two agree on a version of every request that
// is used here. What differs from the embedded broker, and what we do about it:
//
//   - A topic is announced before its partition has a leader, and the first
//     write or read is refused with error 6. A write waits for the leader up to
//     3 s; a reader says that it fails, and then that it works again.
//   - A record whose time is more than an hour ahead of the broker's clock is
//     refused, and one older than the retention is deleted. Topics that
//     EnsureTopics makes go by the broker's clock instead, so that an agency's
//     wrong clock does no harm. It leaves topics that exist as they are: whoever
//     makes them by other means sets message.timestamp.type=LogAppendTime.
//   - An acknowledged record is in the memory of the in-sync replicas and not
//     yet on a disk. It survives kill -9 of a broker, but a power cut only where
//     another replica is elsewhere.
//   - A killed broker that starts again is let in when its old session is over:
//     9 s by default, 3 s in deploy/kafka. Until then nothing is served.
//   - A topic that an access list hides is reported as one that does not exist.
//
// TLS 1.3, SCRAM and access lists were tried there by hand and worked; the test
// of them runs on a broker in the test's process.
//
// kafka-go's reader of consumer groups works there too, and took 9 s for its
// first record (seen): see above why there are none.
//
// The broker is trusted with nothing but delivery. What it cannot be stopped
// from: withholding, repeating and reordering messages (receipts, the inbox
// and sequences catch these), and stopping a client process by a malformed
// answer, for kafka-go decodes sizes that a broker claims. Connect only to a
// broker of the partnership's own, over TLS.
package bus
