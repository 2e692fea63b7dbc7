// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"net/url"

	"redbench/daemon/config"
	"redbench/daemon/config/keyed"
	"redbench/daemon/control"
	"redbench/edge/mqtt"
)

// tills is how the box hears its tills: its own broker, or a client of the store's.
type tills interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Connected() bool
	Publish(topic string, retained bool, payload []byte) error
	Probe(ctx context.Context, topic string, payload []byte) error
	outside() bool
	full() bool
	status() control.MQTT
}

// openTills makes the broker or the client that the configuration asks for.
func (a *App) openTills(said *announcer) (tills, error) {
	if a.Config.MQTT.Broker != "" {
		return a.openClient(said)
	}
	return a.openBroker(said)
}

func (a *App) openBroker(said *announcer) (tills, error) {
	c := a.Config.MQTT
	security, err := c.TLS()
	if err != nil {
		return nil, err
	}
	lanes, err := c.Tills()
	if err != nil {
		return nil, err
	}
	broker, err := mqtt.NewBroker(mqtt.BrokerOptions{Listen: c.Listen, Store: a.Config.Store.ID, TLS: security, Tills: lanes,
		Insecure: c.Insecure, Topics: adapterTopics(a.Config), Sink: a.serve.Receive, Offline: said.status("offline"), Log: a.Log, Now: a.Now})
	if err != nil {
		return nil, err
	}
	return &embedded{Broker: broker, listen: c.Listen, secure: security != nil}, nil
}

func (a *App) openClient(said *announcer) (tills, error) {
	c := a.Config.MQTT
	password, err := c.Password()
	if err != nil {
		return nil, err
	}
	id := c.ClientID
	if id == "" {
		id = "redbench-" + a.Config.Store.ID
	}
	client, err := mqtt.NewClient(mqtt.ClientOptions{Broker: c.Broker, ClientID: id, Username: c.Username, Password: password,
		CAFile: c.CAFile, Store: a.Config.Store.ID, Topics: adapterTopics(a.Config), Sink: a.serve.Receive,
		Offline: said.status("offline"), Log: a.Log, Now: a.Now, OnState: a.connection(said)})
	if err != nil {
		return nil, err
	}
	return outside{Client: client, broker: withoutUser(c.Broker)}, nil
}

// connection notes, and tells the broker, when the box hears its tills again or no longer.
func (a *App) connection(said *announcer) func(bool) {
	return func(connected bool) {
		if connected {
			a.Log.Info("hearing tills", "broker", withoutUser(a.Config.MQTT.Broker))
			said.online()
		} else {
			a.Log.Warn("not connected to the broker; trying again", "broker", withoutUser(a.Config.MQTT.Broker))
		}
		a.troubles.set("notice.tills", !connected)
	}
}

// adapterTopics are the MQTT filters of the adapters.
func adapterTopics(c *config.Config) (topics []string) {
	for _, each := range adapters(c) {
		topics = append(topics, each.Filter(c.Store.ID))
	}
	return topics
}

// withoutUser is a broker's URL as it may stand in a log.
func withoutUser(broker string) string {
	u, err := url.Parse(broker)
	if err != nil {
		return "an unreadable URL"
	}
	u.User = nil
	return u.String()
}

// embedded is the broker of this process.
type embedded struct {
	*mqtt.Broker
	listen string
	secure bool
}

// Start listens.
func (e *embedded) Start(ctx context.Context) error {
	if err := e.Broker.Start(ctx); err != nil {
		return keyed.ExplainListen("[mqtt] listen", e.listen, err)
	}
	return nil
}

// Connected is true while it listens: nothing lies between the tills and this process.
func (e *embedded) Connected() bool { return e.Addr() != "" }

func (e *embedded) outside() bool { return false }

func (e *embedded) full() bool { return e.Full() }

func (e *embedded) status() control.MQTT {
	return control.MQTT{Mode: "embedded", Address: e.Addr(), Secure: e.secure, Connected: e.Connected(), Tills: e.Connections()}
}

// outside is the store's own broker.
type outside struct {
	*mqtt.Client
	broker string
}

func (o outside) outside() bool { return true }

func (o outside) full() bool { return false } // it would not say

func (o outside) status() control.MQTT {
	return control.MQTT{Mode: "outside", Broker: o.broker, Connected: o.Connected()}
}
