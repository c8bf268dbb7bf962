package connector

import (
	"math"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"mashhub/plugins/connector/internal/wire"
)

// timeToWire keeps the zero time absent: an open end of a period, an unknown
// moment.
func timeToWire(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func timeFromWire(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// limitToWire clamps rather than wraps: a huge limit stays a huge limit.
func limitToWire(n int) int32 {
	return int32(max(0, min(n, math.MaxInt32)))
}

func describeToWire(r DescribeResponse) *wire.DescribeResponse {
	return &wire.DescribeResponse{
		Kind: r.Kind, Version: r.Version, Methods: strs(r.Methods),
		Categories: strs(r.Categories), ConfigSchema: r.ConfigSchema,
	}
}

func describeFromWire(r *wire.DescribeResponse) DescribeResponse {
	return DescribeResponse{
		Kind: r.GetKind(), Version: r.GetVersion(), Methods: strs(r.GetMethods()),
		Categories: strs(r.GetCategories()), ConfigSchema: raw(r.GetConfigSchema()),
	}
}

func raw(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func configureToWire(r ConfigureRequest) *wire.ConfigureRequest {
	return &wire.ConfigureRequest{Config: r.Config, Secrets: r.Secrets}
}

func configureFromWire(r *wire.ConfigureRequest) ConfigureRequest {
	out := ConfigureRequest{Config: raw(r.GetConfig())}
	if len(r.GetSecrets()) > 0 {
		out.Secrets = r.GetSecrets()
	}
	return out
}

func personToWire(p Person) *wire.Person {
	return &wire.Person{Key: p.Key, Record: recordToWire(p.Record)}
}

func personFromWire(p *wire.Person) Person {
	return Person{Key: p.GetKey(), Record: recordFromWire(p.GetRecord())}
}

func searchToWire(r SearchRequest) *wire.SearchRequest {
	return &wire.SearchRequest{Call: r.Call, Unit: r.Unit, Person: personToWire(r.Person), Limit: limitToWire(r.Limit)}
}

func searchFromWire(r *wire.SearchRequest) SearchRequest {
	return SearchRequest{
		Call: r.GetCall(), Unit: r.GetUnit(), Person: personFromWire(r.GetPerson()),
		Limit: int(max(0, r.GetLimit())),
	}
}

func searchAnswerToWire(r SearchResponse) *wire.SearchResponse {
	return &wire.SearchResponse{
		Outcome: string(r.Outcome), Unit: r.Unit, Reason: r.Reason, More: r.More,
		Candidates: mapSlice(r.Candidates, func(c Candidate) *wire.Candidate {
			return &wire.Candidate{Ref: c.Ref, Record: recordToWire(c.Record)}
		}),
	}
}

func searchAnswerFromWire(r *wire.SearchResponse) SearchResponse {
	return SearchResponse{
		Outcome: Outcome(r.GetOutcome()), Unit: r.GetUnit(), Reason: r.GetReason(), More: r.GetMore(),
		Candidates: mapSlice(r.GetCandidates(), func(c *wire.Candidate) Candidate {
			return Candidate{Ref: c.GetRef(), Record: recordFromWire(c.GetRecord())}
		}),
	}
}

func fetchToWire(r FetchRequest) *wire.FetchRequest {
	return &wire.FetchRequest{
		Call: r.Call, Unit: r.Unit, Ref: r.Ref, Person: personToWire(r.Person),
		Categories: strs(r.Categories),
		Period:     &wire.Period{FromTime: timeToWire(r.Period.From), ToTime: timeToWire(r.Period.To)},
	}
}

func fetchFromWire(r *wire.FetchRequest) FetchRequest {
	return FetchRequest{
		Call: r.GetCall(), Unit: r.GetUnit(), Ref: r.GetRef(), Person: personFromWire(r.GetPerson()),
		Categories: strs(r.GetCategories()),
		Period:     Period{From: timeFromWire(r.GetPeriod().GetFromTime()), To: timeFromWire(r.GetPeriod().GetToTime())},
	}
}

func fetchAnswerToWire(r FetchResponse) *wire.FetchResponse {
	return &wire.FetchResponse{
		Outcome: string(r.Outcome), Items: mapSlice(r.Items, itemToWire), Unit: r.Unit, Reason: r.Reason,
	}
}

func fetchAnswerFromWire(r *wire.FetchResponse) FetchResponse {
	return FetchResponse{
		Outcome: Outcome(r.GetOutcome()), Items: mapSlice(r.GetItems(), itemFromWire),
		Unit: r.GetUnit(), Reason: r.GetReason(),
	}
}

func notificationToWire(n Notification) *wire.Notification {
	return &wire.Notification{
		Id: n.ID, Kind: n.Kind, Person: recordToWire(n.Person), Setting: n.Setting,
		Happened: timeToWire(n.Happened), Place: n.Place, Reference: n.Reference, Present: n.Present,
		Voice: n.Voice, Text: n.Text, FamilyInformed: n.FamilyInformed,
	}
}

func notificationFromWire(n *wire.Notification) Notification {
	return Notification{
		ID: n.GetId(), Kind: n.GetKind(), Person: recordFromWire(n.GetPerson()), Setting: n.GetSetting(),
		Happened: timeFromWire(n.GetHappened()), Place: n.GetPlace(), Reference: n.GetReference(),
		Present: n.GetPresent(), Voice: n.GetVoice(), Text: n.GetText(), FamilyInformed: n.GetFamilyInformed(),
	}
}

func deliverToWire(r DeliverRequest) *wire.DeliverRequest {
	return &wire.DeliverRequest{Call: r.Call, Unit: r.Unit, Notification: notificationToWire(r.Notification)}
}

func deliverFromWire(r *wire.DeliverRequest) DeliverRequest {
	return DeliverRequest{Call: r.GetCall(), Unit: r.GetUnit(), Notification: notificationFromWire(r.GetNotification())}
}

func watchToWire(r WatchRequest) *wire.WatchRequest {
	return &wire.WatchRequest{Cursor: r.Cursor, Wait: durationpb.New(r.Wait), Limit: limitToWire(r.Limit)}
}

func watchFromWire(r *wire.WatchRequest) WatchRequest {
	return WatchRequest{Cursor: r.GetCursor(), Wait: r.GetWait().AsDuration(), Limit: int(max(0, r.GetLimit()))}
}

func watchAnswerToWire(r WatchResponse) *wire.WatchResponse {
	return &wire.WatchResponse{Events: mapSlice(r.Events, notificationToWire), Cursor: r.Cursor}
}

func watchAnswerFromWire(r *wire.WatchResponse) WatchResponse {
	return WatchResponse{Events: mapSlice(r.GetEvents(), notificationFromWire), Cursor: r.GetCursor()}
}
