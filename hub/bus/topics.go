package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/segmentio/kafka-go"

	"mashhub/hub/mash"
)

// EnsureTopics creates the topics that are missing. A topic that exists is
// left as it is: another number of partitions than wanted is logged, because
// changing it would move keys and lose their order.
//
// A topic keeps records by the broker's clock, not by the senders': by theirs,
// Apache Kafka refuses records that claim to be of more than an hour ahead and
// deletes what claims to be older than the retention.
func (k *Kafka) EnsureTopics(ctx context.Context, topics []Topic) error {
	var missing []kafka.TopicConfig
	for _, t := range topics {
		want := max(t.Partitions, 1)
		have, err := k.Partitions(ctx, t.Name)
		switch {
		case err == nil:
			if have != want {
				k.log.Warn("topic has another number of partitions", "topic", t.Name, "have", have, "want", want)
			}
			continue
		case !errors.Is(err, mash.ErrNotFound):
			return err
		}
		keep := t.Retention
		if keep == 0 {
			keep = retention
		}
		replicas := t.Replicas
		if replicas == 0 {
			replicas = -1 // the broker's default, Kafka 2.4 and later
		}
		missing = append(missing, kafka.TopicConfig{
			Topic: t.Name, NumPartitions: want, ReplicationFactor: replicas,
			ConfigEntries: []kafka.ConfigEntry{
				{ConfigName: "max.message.bytes", ConfigValue: strconv.Itoa(maxBatch)},
				{ConfigName: "retention.ms", ConfigValue: strconv.FormatInt(keep.Milliseconds(), 10)},
				{ConfigName: "message.timestamp.type", ConfigValue: "LogAppendTime"},
			},
		})
	}
	if len(missing) == 0 {
		return nil
	}
	r, err := k.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Addr: k.client.Addr, Topics: missing})
	if err != nil {
		return mash.Errorf(mash.CodeUnavailable, "creating topics: %w", err)
	}
	for name, err := range r.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return mash.Errorf(mash.CodeUnavailable, "creating topic %s: %w", name, err)
		}
	}
	return nil
}

// Partitions counts a topic's partitions. A topic created elsewhere is seen
// within about 2 s. Errors: ErrNotFound, CodeUnavailable.
func (k *Kafka) Partitions(ctx context.Context, topic string) (int, error) {
	r, err := k.client.Metadata(ctx, &kafka.MetadataRequest{Addr: k.client.Addr, Topics: []string{topic}})
	if err != nil {
		return 0, mash.Errorf(mash.CodeUnavailable, "asking for metadata: %w", err)
	}
	for _, t := range r.Topics {
		switch {
		case t.Name != topic:
		case errors.Is(t.Error, kafka.UnknownTopicOrPartition):
			return 0, fmt.Errorf("topic %s: %w", topic, mash.ErrNotFound)
		case t.Error != nil:
			return 0, mash.Errorf(mash.CodeUnavailable, "topic %s: %w", topic, t.Error)
		default:
			return len(t.Partitions), nil
		}
	}
	return 0, fmt.Errorf("topic %s: %w", topic, mash.ErrNotFound)
}
