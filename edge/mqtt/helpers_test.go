// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"

	"redbench/edge"
	"redbench/edge/mqtt"
)

// patience is how long a test waits for what must come; it never waits for what must not.
const patience = 20 * time.Second

// received is one message, and the way to answer it.
type received struct {
	edge.Message
	done func(error)
}

// inbox is a sink that leaves the answer to the test.
type inbox chan received

func (i inbox) sink(msg edge.Message, done func(error)) { i <- received{msg, done} }

func (i inbox) next(t *testing.T) received {
	t.Helper()
	select {
	case r := <-i:
		return r
	case <-time.After(patience):
		t.Fatal("no message came")
		panic("unreachable")
	}
}

// none fails when something has come. What must not come is always followed by something that must.
func (i inbox) none(t *testing.T) {
	t.Helper()
	select {
	case r := <-i:
		t.Fatalf("got %s, which must not come", r.Topic)
	default:
	}
}

func await[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// till is a client of either protocol version.
type till interface {
	// publish sends and gives a channel with the outcome, once there is one.
	publish(topic string, qos byte, retained bool, payload string) <-chan error
	// subscribe gives the broker's refusal, if any.
	subscribe(topic string) error
	messages() <-chan string
	lost() <-chan struct{}
	close()
}

// versions runs a test with both.
func versions(t *testing.T, test func(t *testing.T, connect func(t *testing.T, url, id, user, password string) till)) {
	t.Run("3.1.1", func(t *testing.T) {
		test(t, func(t *testing.T, url, id, user, password string) till { return connect3(t, url, id, user, password) })
	})
	t.Run("5", func(t *testing.T) {
		test(t, func(t *testing.T, url, id, user, password string) till { return connect5(t, url, id, user, password) })
	})
}

type till3 struct {
	client paho3.Client
	in     chan string
	gone   chan struct{}
}

func connect3(t *testing.T, url, id, user, password string) *till3 {
	t.Helper()
	l := &till3{in: make(chan string, 100), gone: make(chan struct{})}
	o := paho3.NewClientOptions().AddBroker(url).SetClientID(id).SetUsername(user).SetPassword(password)
	o.SetProtocolVersion(4).SetAutoReconnect(false)
	o.SetBinaryWill("redbench/v1/s1/9/loyalty", []byte("will"), 1, true)
	o.SetConnectionLostHandler(func(paho3.Client, error) { close(l.gone) })
	o.SetDefaultPublishHandler(func(_ paho3.Client, m paho3.Message) { l.in <- string(m.Payload()) })
	l.client = paho3.NewClient(o)
	if token := l.client.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("connecting: %v", token.Error())
	}
	t.Cleanup(l.close)
	return l
}

func (l *till3) publish(topic string, qos byte, retained bool, payload string) <-chan error {
	token := l.client.Publish(topic, qos, retained, payload)
	outcome := make(chan error, 1)
	go func() {
		<-token.Done()
		outcome <- token.Error()
	}()
	return outcome
}

func (l *till3) subscribe(topic string) error {
	token := l.client.Subscribe(topic, 1, nil)
	token.WaitTimeout(patience)
	if token.(*paho3.SubscribeToken).Result()[topic] > 2 {
		return net.ErrClosed
	}
	return token.Error()
}

func (l *till3) messages() <-chan string { return l.in }
func (l *till3) lost() <-chan struct{}   { return l.gone }
func (l *till3) close()                  { l.client.Disconnect(100) }

type till5 struct {
	client *paho5.Client
	in     chan string
	gone   chan struct{}
}

func connect5(t *testing.T, url, id, user, password string) *till5 {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	l := &till5{in: make(chan string, 100), gone: make(chan struct{})}
	l.client = paho5.NewClient(paho5.ClientConfig{
		Conn: conn, ClientID: id, PacketTimeout: patience,
		OnClientError:      func(error) { close(l.gone) },
		OnServerDisconnect: func(*paho5.Disconnect) { close(l.gone) },
		OnPublishReceived: []func(paho5.PublishReceived) (bool, error){func(r paho5.PublishReceived) (bool, error) {
			l.in <- string(r.Packet.Payload)
			return true, nil
		}},
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	connect := &paho5.Connect{
		ClientID: id, KeepAlive: 30, CleanStart: true,
		WillMessage: &paho5.WillMessage{Topic: "redbench/v1/s1/9/loyalty", Payload: []byte("will"), QoS: 1, Retain: true},
	}
	if user != "" {
		connect.Username, connect.UsernameFlag = user, true
		connect.Password, connect.PasswordFlag = []byte(password), true
	}
	if _, err := l.client.Connect(ctx, connect); err != nil {
		t.Fatalf("connecting: %v", err)
	}
	t.Cleanup(l.close)
	return l
}

func (l *till5) publish(topic string, qos byte, retained bool, payload string) <-chan error {
	outcome := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		answer, err := l.client.Publish(ctx, &paho5.Publish{Topic: topic, QoS: qos, Retain: retained, Payload: []byte(payload)})
		if err == nil && answer.ReasonCode >= 0x80 {
			err = fmt.Errorf("reason %#x", answer.ReasonCode)
		}
		outcome <- err
	}()
	return outcome
}

func (l *till5) subscribe(topic string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := l.client.Subscribe(ctx, &paho5.Subscribe{Subscriptions: []paho5.SubscribeOptions{{Topic: topic, QoS: 1}}})
	return err
}

func (l *till5) messages() <-chan string { return l.in }
func (l *till5) lost() <-chan struct{}   { return l.gone }
func (l *till5) close()                  { _ = l.client.Disconnect(&paho5.Disconnect{}) }

// embedded starts a broker.
func embedded(t *testing.T, options mqtt.BrokerOptions) (*mqtt.Broker, string, inbox) {
	t.Helper()
	in := make(inbox, 100)
	options.Listen, options.Store, options.Sink = "127.0.0.1:0", "s1", in.sink
	b, err := mqtt.NewBroker(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b, "tcp://" + b.Addr(), in
}
