// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/packets"
	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/uuid"
)

// TrialOptions say which broker is tried, and with what.
type TrialOptions struct {
	Broker, Username, Password, CAFile, Store string
	Messages                                  int // how many are sent to a session that is away
}

// Trial is what a broker showed of itself.
type Trial struct {
	Reach   error // it is not reached
	Refused error // it does not let the box in
	Took    time.Duration

	Version                 string
	NoQoS, NoWild, NoRetain bool
	Packet                  int64
	Expiry                  time.Duration // 0: as long as was asked
	Anonymous               bool
	Dropped                 int64 // negative: it does not say

	Heard, Resumed     bool
	Sent, Kept, Window int
}

// TrialTopic is where the trial speaks to itself: the box's own, which no till hears.
func TrialTopic(store string) string { return "redbench/v1/" + store + "/box/doctor" }

// How long the trial waits for what may never come.
const (
	trialHears  = 2 * time.Second
	trialLeaves = 5 * time.Second // for taking the session away again
	trialQuiet  = 400 * time.Millisecond
	trialAsks   = 7 * 24 * time.Hour // how long a session is asked to be kept
)

// Try tries a broker with a client id of its own, and leaves nothing there: the box's session and the tills' topics are not touched.
func Try(ctx context.Context, o TrialOptions) (t Trial) {
	t.Dropped = -1
	d, err := newDialer(o.Broker, o.CAFile)
	if err != nil {
		t.Reach = err
		return t
	}
	began := time.Now()
	id := "redbench-doctor-" + uuid.NewString()[:8]
	ack, err := t.connect(ctx, d, id, o.Username, o.Password)
	t.Took = time.Since(began)
	if err != nil {
		t.Reach = err
		return t
	}
	t.judge(ack)
	if t.Refused != nil {
		return t
	}
	if o.Username != "" {
		if ack, err := t.connect(ctx, d, id, "", ""); err == nil && ack != nil && ack.ReasonCode == 0 {
			t.Anonymous = true
		}
	}
	if err := t.session(ctx, d, id, o); err != nil && t.Refused == nil {
		t.Refused = err
	}
	return t
}

// Certificate is what a broker shows of itself; nil: it speaks no TLS.
func Certificate(ctx context.Context, broker, caFile string) (*x509.Certificate, error) {
	d, err := newDialer(broker, caFile)
	if err != nil || d.tls == nil {
		return nil, err
	}
	conn, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return nil, nil
	}
	return secure.ConnectionState().PeerCertificates[0], nil
}

// connect says hello by MQTT 5, whose answer tells a broker's bounds. A broker that hangs up on it speaks 3.1.1 only: nil.
func (t *Trial) connect(ctx context.Context, d *dialer, id, username, password string) (*packets.Connack, error) {
	conn, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(dialTimeout))
	hello := packets.NewControlPacket(packets.CONNECT)
	c := hello.Content.(*packets.Connect)
	c.ClientID, c.CleanStart, c.KeepAlive = id, true, 30
	expiry := uint32(trialAsks / time.Second)
	c.Properties.SessionExpiryInterval = &expiry
	if username != "" {
		c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = true, username, true, []byte(password)
	}
	if _, err := hello.WriteTo(conn); err != nil {
		return nil, err
	}
	answer, err := packets.ReadPacket(conn)
	if err != nil {
		if nerr, ok := errors.AsType[net.Error](err); ok && nerr.Timeout() {
			return nil, errors.New("it takes the connection and does not answer; is a broker there, and is TLS set as it is there?")
		}
		return nil, nil
	}
	ack, ok := answer.Content.(*packets.Connack)
	if !ok {
		return nil, errors.New("whoever answers there speaks no MQTT")
	}
	if ack.ReasonCode == 0 {
		end := packets.NewControlPacket(packets.DISCONNECT)
		zero := uint32(0)
		end.Content.(*packets.Disconnect).Properties.SessionExpiryInterval = &zero
		_, _ = end.WriteTo(conn)
	}
	return ack, nil
}

func (t *Trial) judge(ack *packets.Connack) {
	switch {
	case ack == nil || ack.ReasonCode == 0x84 || ack.ReasonCode == 0x01: // it speaks 3.1.1 only, which tells nothing
		return
	case ack.ReasonCode != 0:
		t.Refused = errors.New(ack.Reason())
		return
	}
	p := ack.Properties
	if p == nil {
		return
	}
	t.NoQoS = p.MaximumQOS != nil && *p.MaximumQOS == 0
	t.NoRetain = p.RetainAvailable != nil && *p.RetainAvailable == 0
	t.NoWild = p.WildcardSubAvailable != nil && *p.WildcardSubAvailable == 0
	if p.MaximumPacketSize != nil {
		t.Packet = int64(*p.MaximumPacketSize)
	}
	if p.SessionExpiryInterval != nil && time.Duration(*p.SessionExpiryInterval)*time.Second < trialAsks {
		t.Expiry = time.Duration(*p.SessionExpiryInterval) * time.Second
	}
}

// session sends to a session that is away, and looks at what of it comes back.
func (t *Trial) session(ctx context.Context, d *dialer, id string, o TrialOptions) error {
	inbox := make(chan paho.Message, o.Messages+64)
	in := ctx // what bounds a connection
	client := func(id string, clean bool) paho.Client {
		p := pahoOptions(d, id, o.Username, o.Password)
		p.SetCleanSession(clean).SetAutoReconnect(false).SetAutoAckDisabled(true)
		p.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { inbox <- m })
		p.CustomOpenConnectionFn = func(*url.URL, paho.ClientOptions) (net.Conn, error) { return d.dial(in) }
		return paho.NewClient(p)
	}
	defer func() { // without a session nothing of it stays, also where the trial was broken off
		away, cancel := context.WithTimeout(context.WithoutCancel(ctx), trialLeaves)
		defer cancel()
		in = away
		last := client(id, true)
		if _, err := entered(last); err == nil {
			last.Disconnect(100)
		}
	}()
	box := client(id, false)
	if _, err := entered(box); err != nil {
		return err
	}
	topic := TrialTopic(o.Store)
	asked := box.SubscribeMultiple(map[string]byte{topic: 1, "$SYS/broker/version": 0, "$SYS/broker/publish/messages/dropped": 0, "$SYS/brokers/+/version": 0}, nil)
	asked.WaitTimeout(trialHears)
	box.Publish(topic, 1, false, "hello").WaitTimeout(trialHears)
	t.listen(ctx, inbox, topic)
	box.Disconnect(100)
	if !t.Heard {
		return nil
	}
	if err := t.fill(client(id+"-till", true), topic, o.Messages); err != nil {
		return err
	}
	again := client(id, false)
	resumed, err := entered(again)
	if err != nil {
		return err
	}
	t.Resumed = resumed
	held := gather(ctx, inbox, topic, t.Sent, false)
	for _, m := range held {
		m.Ack()
	}
	t.Window, t.Kept = len(held), len(held)+len(gather(ctx, inbox, topic, t.Sent-len(held), true))
	again.Disconnect(100)
	return ctx.Err()
}

// listen waits for our own word, and takes what the broker tells of itself meanwhile.
func (t *Trial) listen(ctx context.Context, inbox <-chan paho.Message, topic string) {
	timeout := time.After(trialHears)
	for !t.Heard || t.Version == "" || t.Dropped < 0 { // a broker that tells less is given a moment more
		select {
		case m := <-inbox:
			m.Ack()
			switch text := strings.TrimSpace(string(m.Payload())); {
			case m.Topic() == topic:
				t.Heard = true
				timeout = time.After(trialQuiet)
			case strings.HasSuffix(m.Topic(), "/version"):
				t.Version = text
			case strings.HasSuffix(m.Topic(), "/dropped"):
				if n, err := strconv.ParseInt(text, 10, 64); err == nil {
					t.Dropped = n
				}
			}
		case <-timeout:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (t *Trial) fill(till paho.Client, topic string, n int) error {
	if _, err := entered(till); err != nil {
		return err
	}
	defer till.Disconnect(100)
	var last []paho.Token
	for range n {
		last = append(last, till.Publish(topic, 1, false, "away"))
	}
	for _, token := range last {
		if token.WaitTimeout(trialHears) && token.Error() == nil {
			t.Sent++
		}
	}
	return nil
}

// gather takes what comes on our topic until all of it is there or nothing more comes, and acknowledges it or leaves that.
func gather(ctx context.Context, inbox <-chan paho.Message, topic string, most int, ack bool) (all []paho.Message) {
	for len(all) < most {
		select {
		case m := <-inbox:
			if m.Topic() != topic { // what the broker tells of itself goes on
				continue
			}
			if all = append(all, m); ack {
				m.Ack()
			}
		case <-time.After(trialQuiet):
			return all
		case <-ctx.Done():
			return all
		}
	}
	return all
}

// entered connects, and tells whether the broker knew the session.
func entered(c paho.Client) (resumed bool, err error) {
	token := c.Connect().(*paho.ConnectToken)
	if !token.WaitTimeout(2 * dialTimeout) {
		return false, errors.New("the broker does not answer")
	}
	if err := token.Error(); err != nil {
		return false, fmt.Errorf("connecting: %w", err)
	}
	return token.SessionPresent(), nil
}
