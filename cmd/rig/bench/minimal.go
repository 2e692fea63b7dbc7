// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/gorilla/websocket"
	_ "github.com/mattn/go-sqlite3" // the same driver as the product's
	"github.com/spf13/cobra"
)

// minimal is the least that could put a customer's name on a screen: an MQTT client with its default options, one
// prepared SELECT, one WebSocket write. It stores nothing, chooses nothing, seals nothing and checks nothing. It is
// what the product is held against.
type minimal struct {
	find *sql.Stmt

	mu      sync.Mutex
	screens map[string]*websocket.Conn
}

// minimalCommand is hidden: the bench starts it as a process of its own.
func minimalCommand() *cobra.Command {
	var broker, database, store string
	command := &cobra.Command{
		Use:    "minimal",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveMinimal(cmd.Context(), broker, database, store, cmd.OutOrStdout())
		},
	}
	command.Flags().StringVar(&broker, "broker", "", "URL of the broker")
	command.Flags().StringVar(&database, "database", "", "SQLite file")
	command.Flags().StringVar(&store, "store", "", "store in the topics")
	return command
}

func serveMinimal(ctx context.Context, broker, database, store string, out io.Writer) error {
	db, err := sql.Open("sqlite3", database)
	if err != nil {
		return err
	}
	defer db.Close()
	m := &minimal{screens: map[string]*websocket.Conn{}}
	if m.find, err = db.PrepareContext(ctx, "SELECT name, say, usual, last FROM customer WHERE card = ?"); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(m.join), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()

	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetClientID("minimal"))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		return token.Error()
	}
	defer client.Disconnect(100)
	if token := client.Subscribe("redbench/v1/"+store+"/+/+", 1, m.card); token.Wait() && token.Error() != nil {
		return token.Error()
	}
	fmt.Fprintln(out, listener.Addr().String()) // the bench waits for this line
	<-ctx.Done()
	return nil
}

// join takes a screen: /ws/lane/3.
func (m *minimal) join(w http.ResponseWriter, r *http.Request) {
	conn, err := (&websocket.Upgrader{Subprotocols: []string{"redbench.v1"}}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.screens[strings.TrimPrefix(r.URL.Path, "/ws/lane/")] = conn
}

type minimalPrompt struct {
	Type  string `json:"type"`
	Event string `json:"event"`
	Who   struct {
		Name string `json:"name"`
		Say  string `json:"say"`
	} `json:"who"`
	Usual string `json:"usual"`
	Last  string `json:"last"`
}

// card answers a card with a row.
func (m *minimal) card(_ mqtt.Client, message mqtt.Message) {
	parts := strings.Split(message.Topic(), "/")
	if parts[4] != "loyalty" {
		return
	}
	var event struct {
		ID   string `json:"id"`
		Data struct {
			Identifier string `json:"identifier"`
		} `json:"data"`
	}
	if json.Unmarshal(message.Payload(), &event) != nil {
		return
	}
	prompt := minimalPrompt{Type: "prompt", Event: event.ID}
	row := m.find.QueryRow(event.Data.Identifier)
	if row.Scan(&prompt.Who.Name, &prompt.Who.Say, &prompt.Usual, &prompt.Last) != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if screen := m.screens[parts[3]]; screen != nil {
		_ = screen.WriteJSON(prompt)
	}
}
