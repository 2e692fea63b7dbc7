// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"redbench/edge"
	"redbench/ui"
)

// screens is a box as a screen meets it: the real ui, on a store and a service that live in memory.
type screens struct {
	t      testing.TB
	ui     *ui.Server
	url    string
	answer error // what the service says to a word
	mu     sync.Mutex
	known  map[[32]byte]edge.Screen
	words  []edge.Word
}

func newScreens(t testing.TB) *screens {
	t.Helper()
	s := &screens{t: t, known: map[[32]byte]edge.Screen{}}
	var err error
	s.ui, err = ui.New(ui.Options{
		Run: uuid.Must(uuid.NewV7()).String(), StoreID: aStore, Locale: "en-GB", Version: "1.0.0", Zone: time.UTC,
		Screens: s, Cashier: s, Lanes: func() []string { return []string{"3"} },
		Idle: func() edge.Idle { return edge.Idle{Principle: edge.Principle{Title: "t", Text: "x"}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.ui.Handler())
	s.url = "ws" + strings.TrimPrefix(server.URL, "http") + "/ws/lane/3"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.ui.Close(ctx); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return s
}

func (s *screens) AddScreen(_ context.Context, screen edge.Screen, token [32]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[token] = screen
	return nil
}

func (s *screens) ScreenByToken(_ context.Context, token [32]byte) (edge.Screen, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if screen, ok := s.known[token]; ok {
		return screen, nil
	}
	return edge.Screen{}, edge.ErrNotFound
}

func (s *screens) Screens(context.Context) ([]edge.Screen, error) { return nil, nil }

func (s *screens) RevokeScreen(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, screen := range s.known {
		if screen.ID == id {
			delete(s.known, token)
		}
	}
	return nil
}

func (s *screens) TouchScreen(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, screen := range s.known {
		if screen.ID == id {
			screen.Expires = time.Time{}
			s.known[token] = screen
		}
	}
	return nil
}

func (s *screens) Tell(_ context.Context, _ string, w edge.Word) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words = append(s.words, w)
	return s.answer
}

// screen is one connection.
type screen struct {
	t    testing.TB
	conn *websocket.Conn
	id   string
}

func (s *screens) connect(query string) *screen {
	s.t.Helper()
	made, err := s.ui.Mint(context.Background(), "3", false, "")
	if err != nil {
		s.t.Fatal(err)
	}
	dialer := websocket.Dialer{Subprotocols: []string{ui.Subprotocol}}
	conn, _, err := dialer.Dial(s.url+query, http.Header{"Authorization": {"Bearer " + made.Token}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return &screen{t: s.t, conn: conn, id: made.Screen}
}

// next reads a message of one type and holds it to its schema; beats in between are skipped, unless one is wanted.
func (s *screen) next(d *document, want string) []byte {
	s.t.Helper()
	for {
		if err := s.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			s.t.Fatal(err)
		}
		_, body, err := s.conn.ReadMessage()
		if err != nil {
			s.t.Fatalf("waiting for %s: %v", want, err)
		}
		var head struct{ Type string }
		if err := json.Unmarshal(body, &head); err != nil {
			s.t.Fatal(err)
		}
		if err := d.check(s.t, head.Type, body); err != nil {
			s.t.Fatalf("%s\n%v", body, err)
		}
		if head.Type == want {
			return body
		}
		if head.Type != "beat" {
			s.t.Fatalf("got %s, want %s", body, want)
		}
	}
}

func (s *screen) say(message []byte) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.TextMessage, message); err != nil {
		s.t.Fatal(err)
	}
}

// full sets every field of a value to something, so that a field which is new in the code has to be in the document.
func full[T any]() (value T) {
	fill(reflect.ValueOf(&value).Elem())
	return value
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.String:
		switch v.Interface().(type) {
		case edge.Stage:
			v.SetString(string(edge.StageHonoured))
		case edge.FactKind:
			v.SetString(string(edge.FactPromise))
		case edge.ClearReason:
			v.SetString(string(edge.ClearExpired))
		default:
			v.SetString("0193532d-8f00-7c3a-9b5e-3f2a4c6d8e10")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(int64(time.Minute))
	default:
		panic("no filling for " + v.Type().String())
	}
}

func anID() string { return uuid.Must(uuid.NewV7()).String() }

func TestWhatScreensReceiveValidates(t *testing.T) {
	d, box := open(t), newScreens(t)
	watching := box.connect("")
	watching.next(d, "hello")
	shown := []struct {
		what edge.Shown
		as   string
		now  string // what a screen that connects then is told in its hello
	}{
		{full[edge.Prompt](), "prompt", "prompt"},
		{edge.Prompt{ID: anID(), Who: edge.Who{Stage: edge.StageStranger}}, "prompt", "prompt"},
		{full[edge.Farewell](), "farewell", "farewell"},
		{edge.Farewell{ID: anID(), Text: "Bye"}, "farewell", "farewell"},
		{full[edge.Idle](), "idle", "idle"},
		{edge.Idle{}, "idle", "idle"},
		{edge.Clear{Reason: edge.ClearPaused}, "clear", "idle"},
	}
	for _, reason := range d.enum(t, "components", "schemas", "clearReason") {
		shown = append(shown, shown[len(shown)-1])
		shown[len(shown)-1].what = edge.Clear{Reason: edge.ClearReason(reason)}
	}
	for _, each := range shown {
		box.ui.Show("3", each.what)
		watching.next(d, each.as)
		late := box.connect("")
		hello := late.next(d, "hello")
		if !bytes.Contains(hello, []byte(`"current":{"type":"`+each.now+`"`)) {
			t.Errorf("after %s, hello says %s", each.as, hello)
		}
		_ = late.conn.Close()
	}
	box.ui.Notice(edge.Notice{Level: "warn", Text: "The tills cannot be heard."})
	watching.next(d, "notice")
	late := box.connect("?beat=1")
	late.next(d, "hello")
	late.next(d, "notice")
	late.next(d, "beat")
	box.ui.Notice(edge.Notice{})
	watching.next(d, "notice")
}

func TestSeqRises(t *testing.T) {
	d, box := open(t), newScreens(t)
	watching := box.connect("")
	watching.next(d, "hello")
	for want := range 3 {
		box.ui.Show("3", edge.Idle{})
		var got struct{ Seq int }
		if err := json.Unmarshal(watching.next(d, "idle"), &got); err != nil {
			t.Fatal(err)
		}
		if got.Seq != want+1 {
			t.Errorf("seq %d, want %d", got.Seq, want+1)
		}
	}
}

func TestWordExamplesAreTaken(t *testing.T) {
	d, box := open(t), newScreens(t)
	for _, message := range operation(t, d, "hearCashier") {
		for _, e := range d.examples(t, message) {
			s := box.connect("")
			s.next(d, "hello")
			s.say(e.body())
			s.next(d, "ok")
			_ = s.conn.Close()
		}
	}
	if len(box.words) == 0 {
		t.Error("no word came through")
	}
}

// What the schema refuses of a word, a screen is refused too, and the other way round.
func TestSchemaAndSocketAgreeOnWords(t *testing.T) {
	d, box := open(t), newScreens(t)
	box.answer = edge.Refuse("consent", "x") // of what gets through; any other code is the socket's own
	for _, message := range operation(t, d, "hearCashier") {
		for _, e := range d.examples(t, message) {
			var s *screen
			for i, changed := range wordVariants(e) {
				if i%30 == 0 { // more at once are refused for being many
					if s != nil {
						_ = s.conn.Close()
					}
					s = box.connect("")
					s.next(d, "hello")
				}
				s.say(changed.body())
				var got struct{ Code string }
				if err := json.Unmarshal(s.next(d, "error"), &got); err != nil {
					t.Fatal(err)
				}
				schema := d.check(t, message, changed.body())
				if (schema == nil) != (got.Code == "consent") {
					t.Errorf("%s\nthe schema says: %v\nthe box says: %s", changed, schema, got.Code)
				}
			}
			_ = s.conn.Close()
		}
	}
}

func wordVariants(e example) (list []example) {
	for _, changed := range append(variants(e), e) {
		if changed.payload["type"] != e.payload["type"] || wordBeyondSchema(changed) {
			continue
		}
		list = append(list, changed)
	}
	return list
}

// wordBeyondSchema names where the code is more lenient than the document asks of a screen, or only the service knows: a
// null counts as absent, an empty text in a place that may be absent too, and how long a pause may be.
func wordBeyondSchema(e example) bool {
	for name, value := range e.payload {
		if value == nil || value == "" && (name == "answers" || name == "rendered_at") {
			return true
		}
		if n, ok := value.(json.Number); ok && name == "seq" && strings.ContainsAny(n.String(), "e.") {
			return true
		}
	}
	return false
}

func TestErrorsValidate(t *testing.T) {
	d, box := open(t), newScreens(t)
	s := box.connect("")
	s.next(d, "hello")
	pause := []byte(`{"type":"pause","id":"p-1","minutes":5}`)
	for _, each := range []struct {
		said   string
		answer error
		code   string
	}{
		{`nonsense`, nil, "json"},
		{`{"id":"x","type":"sing"}`, nil, "type"},
		{`{"id":"x y","type":"pause","minutes":5}`, nil, "field"},
		{string(pause), edge.Refuse("prompt", "gone"), "prompt"},
		{string(pause), errors.New("the disk is full"), "unavailable"},
	} {
		box.mu.Lock()
		box.answer = each.answer
		box.mu.Unlock()
		s.say([]byte(each.said))
		if got := s.next(d, "error"); !bytes.Contains(got, []byte(`"code":"`+each.code+`"`)) {
			t.Errorf("%s is answered %s, want %s", each.said, got, each.code)
		}
	}
}

func TestCloseCodes(t *testing.T) {
	d := open(t)
	for code, provoke := range map[string]func(box *screens, s *screen){
		"1001": func(box *screens, _ *screen) { _ = box.ui.Close(context.Background()) },
		"1003": func(_ *screens, s *screen) { _ = s.conn.WriteMessage(websocket.BinaryMessage, []byte("{}")) },
		"1009": func(_ *screens, s *screen) { s.say(bytes.Repeat([]byte(" "), 9<<10)) },
		"1013": func(box *screens, s *screen) {
			for range 31 {
				box.connect("").next(open(t), "hello") // so that it is on the lane before the next one comes
			}
			*s = *box.connect("")
		},
		"4401": func(box *screens, s *screen) { _ = box.ui.Revoke(context.Background(), s.id) },
	} {
		t.Run(code, func(t *testing.T) {
			d.at(t, "channels", "lane", "x-close-codes", code)
			box := newScreens(t)
			s := box.connect("")
			s.next(d, "hello")
			provoke(box, s)
			for {
				_ = s.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
				_, _, err := s.conn.ReadMessage()
				var closed *websocket.CloseError
				if errors.As(err, &closed) {
					if strconv.Itoa(closed.Code) != code {
						t.Errorf("closed with %d", closed.Code)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if n := len(d.names(t, "channels", "lane", "x-close-codes")); n != 5 {
		t.Errorf("%d close codes are documented, 5 are tried", n)
	}
}
