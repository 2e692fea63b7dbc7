// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"redbench/edge/mqtt"
)

const loyalty1 = "redbench/v1/s1/1/loyalty"

type connector = func(t *testing.T, url, id, user, password string) till

func TestBrokerAcknowledgesWhenDurable(t *testing.T) {
	versions(t, func(t *testing.T, connect connector) {
		for _, qos := range []byte{1, 2} {
			t.Run(fmt.Sprintf("QoS %d", qos), func(t *testing.T) {
				_, url, in := embedded(t, mqtt.BrokerOptions{})
				till := connect(t, url, "till-1", "", "")
				first := till.publish(loyalty1, qos, false, "one")
				one := in.next(t)
				second := till.publish(loyalty1, qos, false, "two") // need not wait for the first
				two := in.next(t)
				if string(one.Payload) != "one" || one.Topic != loyalty1 || one.Retained || one.Arrived.IsZero() {
					t.Errorf("got %+v", one.Message)
				}
				two.done(nil) // answers keep the order of the questions
				for name, outcome := range map[string]<-chan error{"first": first, "second": second} {
					select {
					case err := <-outcome:
						t.Fatalf("the %s is acknowledged (%v) before it is durable, or out of order", name, err)
					default:
					}
				}
				one.done(nil)
				if err := errors.Join(await(t, "the first answer", first), await(t, "the second answer", second)); err != nil {
					t.Error(err)
				}
				in.none(t)
			})
		}
	})
}

// TestBrokerNeverAnswersBeforeDone fails if an answer is ever on the wire before done was called: it waits for a whole
// round trip of another packet after the message came.
func TestBrokerNeverAnswersBeforeDone(t *testing.T) {
	versions(t, func(t *testing.T, connect connector) {
		b, url, in := embedded(t, mqtt.BrokerOptions{})
		if err := b.Publish(mqtt.StatusTopic("s1"), true, []byte("up")); err != nil {
			t.Fatal(err)
		}
		till := connect(t, url, "till-1", "", "")
		outcome := till.publish(loyalty1, 1, false, "one")
		r := in.next(t)
		if err := till.subscribe(mqtt.StatusTopic("s1")); err != nil {
			t.Fatal(err)
		}
		await(t, "the status", till.messages())
		select {
		case <-outcome:
			t.Fatal("acknowledged before it was durable")
		default:
		}
		r.done(nil)
		if err := await(t, "the answer", outcome); err != nil {
			t.Error(err)
		}
	})
}

func TestBrokerSendsBackWhatCannotBeKept(t *testing.T) {
	_, url, in := embedded(t, mqtt.BrokerOptions{})
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: url, ClientID: "till-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer till.Close()
	outcome := make(chan error, 1)
	go func() { outcome <- till.Publish(t.Context(), loyalty1, []byte("one")) }()
	in.next(t).done(errors.New("disk full"))
	again := in.next(t)
	select {
	case err := <-outcome:
		t.Fatalf("the publish is over (%v), but nothing is durable", err)
	default:
	}
	if string(again.Payload) != "one" {
		t.Errorf("got %q again", again.Payload)
	}
	again.done(nil)
	again.done(errors.New("a second call does not count"))
	if err := await(t, "the answer", outcome); err != nil {
		t.Error(err)
	}
}

func TestBrokerEndsAConnectionWhoseMessageCannotBeKept(t *testing.T) {
	versions(t, func(t *testing.T, connect connector) {
		_, url, in := embedded(t, mqtt.BrokerOptions{})
		till := connect(t, url, "till-1", "", "")
		outcome := till.publish(loyalty1, 1, false, "one")
		in.next(t).done(errors.New("disk full"))
		await(t, "the end of the connection", till.lost())
		select {
		case err := <-outcome:
			if err == nil {
				t.Error("acknowledged, but not durable")
			}
		default:
		}
	})
}

func TestBrokerBindsAConnectionToItsLane(t *testing.T) {
	b, url, in := embedded(t, mqtt.BrokerOptions{Topics: []string{"pos/+/scan"}})
	t.Run("5 is told", func(t *testing.T) {
		till := connect5(t, url, "till-5", "", "")
		for i, topic := range []string{loyalty1, "redbench/v1/s1/1/checkout", "redbench/v1/other/1/loyalty", "pos/77/scan"} {
			outcome := till.publish(topic, 1, false, fmt.Sprint(i))
			r := in.next(t)
			if r.Topic != topic || r.Lane != "" {
				t.Errorf("got topic %s, lane %q", r.Topic, r.Lane)
			}
			r.done(nil)
			if err := await(t, "the answer", outcome); err != nil {
				t.Errorf("%s: %v", topic, err)
			}
		}
		if got := strings.Join(b.Lanes(), " "); got != "1" {
			t.Errorf("lanes %q", got)
		}
		for _, topic := range []string{
			"redbench/v1/s1/2/loyalty", "redbench/v1/s1/1/other", "redbench/v1/s1/box/status", "redbench/v1/s1/box/loyalty",
			"redbench/v1/other/2/loyalty", "elsewhere", "pos/77/other", "redbench/v1/s1/1/loyalty/x",
		} {
			for _, qos := range []byte{1, 2} {
				if err := await(t, "the refusal", till.publish(topic, qos, false, "x")); err == nil {
					t.Errorf("%s at QoS %d is accepted", topic, qos)
				}
			}
		}
	})
	t.Run("3.1.1 is turned away", func(t *testing.T) {
		till := connect3(t, url, "till-3", "", "")
		outcome := till.publish(loyalty1, 1, false, "x")
		in.next(t).done(nil)
		if err := await(t, "the answer", outcome); err != nil {
			t.Error(err)
		}
		till.publish("redbench/v1/s1/2/loyalty", 1, false, "x")
		await(t, "the end of the connection", till.lost())
	})
	in.none(t)
}

func TestBrokerChecksCredentials(t *testing.T) {
	hashed, err := mqtt.HashPassword("secret-2")
	if err != nil {
		t.Fatal(err)
	}
	_, url, in := embedded(t, mqtt.BrokerOptions{Tills: map[string]string{"1": "secret-1", "2": hashed}})
	for lane, password := range map[string]string{"1": "secret-1", "2": "secret-2"} {
		for range 2 { // the second time from the digest
			till := connect5(t, url, "till-"+lane, lane, password)
			outcome := till.publish("redbench/v1/s1/"+lane+"/loyalty", 1, false, "x")
			r := in.next(t)
			if r.Lane != lane {
				t.Errorf("the message of lane %s proves lane %q", lane, r.Lane)
			}
			r.done(nil)
			if err := await(t, "the answer", outcome); err != nil {
				t.Error(err)
			}
			if await(t, "the refusal", till.publish("redbench/v1/s1/3/loyalty", 1, false, "x")) == nil {
				t.Error("another lane is accepted")
			}
		}
	}
	for _, wrong := range [][2]string{{"1", "secret-2"}, {"1", ""}, {"2", hashed}, {"3", ""}, {"", ""}} {
		till, err := mqtt.NewTill(mqtt.TillOptions{Broker: url, ClientID: "x", Username: wrong[0], Password: wrong[1]})
		if err != nil {
			t.Fatal(err)
		}
		if err := till.Publish(t.Context(), loyalty1, nil); err == nil {
			t.Errorf("%v gets in", wrong)
		}
		_ = till.Close()
	}
	t.Run("another till's session", func(t *testing.T) {
		till := connect5(t, url, "same-id", "1", "secret-1")
		thief, err := mqtt.NewTill(mqtt.TillOptions{Broker: url, ClientID: "same-id", Username: "2", Password: "secret-2"})
		if err != nil {
			t.Fatal(err)
		}
		defer thief.Close()
		if err := thief.Publish(t.Context(), "redbench/v1/s1/2/loyalty", nil); err == nil {
			t.Error("a till takes over another's session")
		}
		outcome := till.publish(loyalty1, 1, false, "still here")
		in.next(t).done(nil)
		if err := await(t, "the answer", outcome); err != nil {
			t.Error(err)
		}
	})
	in.none(t)
}

func TestBrokerLetsTillsReadItsOwnTopicsOnly(t *testing.T) {
	versions(t, func(t *testing.T, connect connector) {
		b, url, _ := embedded(t, mqtt.BrokerOptions{Offline: []byte("down")})
		if err := b.Publish(mqtt.StatusTopic("s1"), true, []byte("up")); err != nil {
			t.Fatal(err)
		}
		till := connect(t, url, "till-1", "", "")
		for _, filter := range []string{"#", "+/+/+/+/+", "redbench/#", loyalty1, "redbench/v1/s1/+/loyalty", "$SYS/#", "redbench/v1/s1/box/+"} {
			if till.subscribe(filter) == nil {
				t.Errorf("may subscribe to %s", filter)
			}
		}
		for _, topic := range []string{mqtt.StatusTopic("s1"), mqtt.QuarantineTopic("s1")} {
			if err := till.subscribe(topic); err != nil {
				t.Errorf("%s: %v", topic, err)
			}
		}
		if got := await(t, "the retained status", till.messages()); got != "up" {
			t.Errorf("the status is %q", got)
		}
		if err := b.Publish(mqtt.QuarantineTopic("s1"), false, []byte("refused")); err != nil {
			t.Fatal(err)
		}
		if got := await(t, "the quarantine's word", till.messages()); got != "refused" {
			t.Errorf("got %q", got)
		}
		if err := b.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := await(t, "the last status", till.messages()); got != "down" {
			t.Errorf("the last status is %q", got)
		}
	})
}

func TestBrokerRetainsNothingOfATill(t *testing.T) {
	versions(t, func(t *testing.T, connect connector) {
		b, url, in := embedded(t, mqtt.BrokerOptions{})
		till := connect(t, url, "till-1", "", "")
		outcome := till.publish(loyalty1, 1, true, "kept?")
		r := in.next(t)
		if !r.Retained {
			t.Error("the message does not say that it is retained")
		}
		r.done(nil)
		if err := await(t, "the answer", outcome); err != nil {
			t.Error(err)
		}
		await(t, "the end of the connection", violent(t, till, in))
		if got := b.Retained(); len(got) != 0 {
			t.Errorf("the broker retains %v", got)
		}
		in.none(t) // nor is the last will told
	})
}

// violent ends a till's connection from the broker's side, so that a last will would be due.
func violent(t *testing.T, till till, in inbox) <-chan struct{} {
	till.publish(loyalty1, 1, false, "x")
	in.next(t).done(errors.New("not durable"))
	return till.lost()
}

func TestBrokerTakesLargeMessages(t *testing.T) {
	_, url, in := embedded(t, mqtt.BrokerOptions{})
	outcome := connect3(t, url, "till-1", "", "").publish(loyalty1, 1, false, strings.Repeat("x", 200<<10))
	r := in.next(t)
	if len(r.Payload) != 200<<10 {
		t.Errorf("%d bytes came", len(r.Payload))
	}
	r.done(nil)
	if err := await(t, "the answer", outcome); err != nil {
		t.Error(err)
	}
}

func TestBrokerStopsUnderLoad(t *testing.T) {
	b, url, in := embedded(t, mqtt.BrokerOptions{})
	till := connect3(t, url, "till-1", "", "")
	go func() { // more than the window, and nothing is ever durable
		for range mqtt.Window + 50 {
			till.publish(loyalty1, 1, false, "x")
		}
	}()
	in.next(t)
	go func() {
		for range in {
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// Who has connected and not introduced himself is none whom the library could say goodbye to, and it would wait for him.
func TestBrokerStopsBesideAConnectionThatIsNone(t *testing.T) {
	b, url, _ := embedded(t, mqtt.BrokerOptions{})
	at := strings.TrimPrefix(url, "tcp://")
	silent, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	if _, err := silent.Write([]byte{0x10}); err != nil { // the first byte of CONNECT
		t.Fatal(err)
	}
	connect3(t, url, "till-1", "", "") // came later, so the silent one is inside
	ctx, cancel := context.WithTimeout(t.Context(), mqtt.ConnectTime/2)
	defer cancel()
	if err := b.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestNewBrokerRefuses(t *testing.T) {
	sink := make(inbox).sink
	for name, options := range map[string]mqtt.BrokerOptions{
		"no store":           {Listen: "127.0.0.1:0", Sink: sink},
		"a store with slash": {Listen: "127.0.0.1:0", Sink: sink, Store: "a/b"},
		"no sink":            {Listen: "127.0.0.1:0", Store: "s1"},
		"open to all":        {Listen: "0.0.0.0:0", Sink: sink, Store: "s1"},
		"open, every host":   {Listen: ":1883", Sink: sink, Store: "s1", Tills: map[string]string{"1": "x"}},
		"no address":         {Sink: sink, Store: "s1"},
	} {
		if _, err := mqtt.NewBroker(options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	b, err := mqtt.NewBroker(mqtt.BrokerOptions{Listen: taken.Addr().String(), Sink: sink, Store: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("a taken port: %v", err)
	}
	if err := b.Stop(t.Context()); err != nil {
		t.Errorf("stopping what did not start: %v", err)
	}
}

func TestFits(t *testing.T) {
	for _, test := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a/c", false}, {"a/b", "a", false}, {"a", "a/b", false},
		{"a/+", "a/b", true}, {"a/+", "a/b/c", false}, {"a/#", "a/b/c", true}, {"a/#", "a", true},
		{"#", "a/b", true}, {"+/b", "a/b", true}, {"#", "$SYS/x", false}, {"a/+/c", "a//c", true},
	} {
		if got := mqtt.Fits(test.filter, test.topic); got != test.want {
			t.Errorf("fits(%q, %q) = %v", test.filter, test.topic, got)
		}
	}
}
