package bus_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"mashhub/hub/bus"
	"mashhub/hub/mash"
)

// TestAPartitionWithoutLeader: Apache Kafka announces a new topic before it
// leads its partition. That moment is waited for; for ever is not.
func TestAPartitionWithoutLeader(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "new"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	var until atomic.Int64 // unix ms
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if time.Now().UnixMilli() >= until.Load() {
			return nil, nil, false
		}
		answer := r.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range r.(*kmsg.ProduceRequest).Topics {
			at := kmsg.NewProduceResponseTopic()
			at.Topic = topic.Topic
			for _, p := range topic.Partitions {
				not := kmsg.NewProduceResponseTopicPartition()
				not.Partition, not.ErrorCode = p.Partition, kerr.NotLeaderForPartition.Code
				at.Partitions = append(at.Partitions, not)
			}
			answer.Topics = append(answer.Topics, at)
		}
		return answer, nil, true
	})
	k := connect(t, bus.Options{Brokers: cluster.ListenAddrs()})
	publish := func(after time.Duration) (took time.Duration, err error) {
		begun := time.Now()
		until.Store(begun.Add(after).UnixMilli())
		err = k.Publish(t.Context(), []mash.BusMessage{{Topic: "new", Key: "k", Value: []byte("v")}})
		return time.Since(begun), err
	}
	if took, err := publish(300 * time.Millisecond); err != nil || took < 250*time.Millisecond {
		t.Errorf("with a leader after 0.3 s: %v after %v", err, took)
	}
	if took, err := publish(time.Minute); mash.CodeOf(err) != mash.CodeUnavailable || took > 4500*time.Millisecond {
		t.Errorf("without a leader: %v after %v, want CodeUnavailable within the patience of 3 s", err, took)
	}
}
