package bus

import "time"

// SetClock gives a client the time that a test wants it to believe in. Not
// while it is used.
func (k *Kafka) SetClock(now func() time.Time) { k.now = now }
