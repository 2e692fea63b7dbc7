// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"redbench/edge"
)

// What one run of an adapter's program may take.
const (
	adapterTime   = 100 * time.Millisecond
	adapterEvents = 256
)

// Adapter maps what another till sends to the contract's events.
//
// Topic is an MQTT filter, in which a level {store} stands for this store's id and a level {lane} for any lane. The lane
// of an event is that level, else the attribute "lane" that the program gives it, else the filter's only +, else the
// lane that the connection proved.
//
// Program is jq. Its input is the payload: a JSON value; a string (text); an object of strings, or of lists of strings
// where a key repeats (form); an object of one root element (xml), in which an element is an object with "@name" for
// attributes, "#text" for text and a member a child, a list where a child repeats, or just its text where it has
// nothing else. $topic, $levels (the topic's), $store, $lane (may be null) and $arrived (RFC 3339) are known to it. Each
// output is an event as the contract writes it, or a list of them; null and no output say that the message does not
// concern us. specversion, id, source and time are filled in where the program leaves them out; the source is the
// adapter's at that lane. An id made up is the same for the same payload on the same topic: always where the program
// tells a time (other than $arrived, which is none of the till's), else within a window ([Decoder.madeID]).
type Adapter struct {
	Name    string
	Topic   string
	Format  string // json, xml, form, text
	Program string

	// DropCards accepts messages that hold payment card data (POSLog does), as long as the program's output does not.
	DropCards bool
}

// Filter is the adapter's topic filter at a store, as a broker understands it.
func (a Adapter) Filter(store string) string {
	levels := strings.Split(a.Topic, "/")
	for i, level := range levels {
		switch level {
		case "{store}":
			levels[i] = store
		case "{lane}":
			levels[i] = "+"
		}
	}
	return strings.Join(levels, "/")
}

// program is an adapter made ready.
type program struct {
	Adapter
	filter []string
	lane   int  // the topic's level that names the lane; -1: none
	sure   bool // that level is {lane}, and not only the one +
	code   *gojq.Code
}

var variables = []string{"$topic", "$levels", "$store", "$lane", "$arrived"}

func compile(a Adapter, store string) (*program, error) {
	p := &program{Adapter: a, filter: strings.Split(a.Filter(store), "/")}
	p.lane, p.sure = laneLevel(a.Topic)
	switch {
	case a.Name == "":
		return nil, errors.New("an adapter needs a name")
	case a.Topic == "":
		return nil, fmt.Errorf("adapter %q needs a topic", a.Name)
	}
	if _, ok := formats[a.Format]; !ok {
		return nil, fmt.Errorf("adapter %q: format %q is none of json, xml, form, text", a.Name, a.Format)
	}
	query, err := gojq.Parse(a.Program)
	if err != nil {
		return nil, fmt.Errorf("adapter %q: reading its program: %w", a.Name, err)
	}
	if p.code, err = gojq.Compile(query, gojq.WithVariables(variables)); err != nil {
		return nil, fmt.Errorf("adapter %q: compiling its program: %w", a.Name, err)
	}
	return p, nil
}

// laneLevel finds the level of a filter that names the lane.
func laneLevel(filter string) (level int, sure bool) {
	level, wild := -1, 0
	for i, each := range strings.Split(filter, "/") {
		switch each {
		case "{lane}":
			return i, true
		case "+":
			level, wild = i, wild+1
		}
	}
	if wild != 1 {
		return -1, false
	}
	return level, false
}

// match reports whether a topic is the adapter's, and takes it apart.
func (p *program) match(topic string) (levels []string, ok bool) {
	if strings.HasPrefix(topic, "$") {
		return nil, false
	}
	levels = strings.Split(topic, "/")
	for i, want := range p.filter {
		if want == "#" {
			return levels, true
		}
		if i >= len(levels) || want != "+" && want != levels[i] {
			return levels, false
		}
	}
	return levels, len(levels) == len(p.filter)
}

// adapt runs an adapter on a message. Its output is checked as strictly as a till's own events.
func (d *Decoder) adapt(p *program, levels []string, msg edge.Message) ([]edge.Event, *Rejection) {
	if rejection := d.checkSize(msg.Payload); rejection != nil {
		return nil, rejection
	}
	what, cards := d.options.Guard.Find(msg.Payload)
	if cards && !p.DropCards {
		return nil, reject(what, "in the payload")
	}
	events, _, rejection := d.mapped(p, levels, msg)
	if rejection != nil && cards && rejection.Code != CodeCardNumber && rejection.Code != CodeTrackData {
		// whoever keeps refused payloads must not keep this one
		rejection = &Rejection{Code: what, Detail: "in the payload, which is refused as " + rejection.Code, Lane: rejection.Lane}
	}
	return events, rejection
}

// mapped gives the events, and the program's outputs as far as it came.
func (d *Decoder) mapped(p *program, levels []string, msg edge.Message) (events []edge.Event, outputs [][]byte, _ *Rejection) {
	if rejection := d.checkSize(msg.Payload); rejection != nil {
		return nil, nil, rejection
	}
	input, rejection := d.input(p.Format, msg.Payload)
	if rejection != nil {
		return nil, nil, rejection
	}
	made, rejection := d.run(p, input, levels, msg)
	if rejection != nil {
		return nil, nil, rejection
	}
	for i, each := range made {
		to, noLane := p.laneOf(each["lane"], levels, msg.Lane)
		undated := d.complete(each, p, i, to, msg)
		text, err := gojq.Marshal(each)
		if err != nil {
			return nil, outputs, reject(CodeAdapter, "adapter %s: output %d cannot be written as JSON", p.Name, i)
		}
		outputs = append(outputs, text)
		event, rejection := d.mappedEvent(text, to, noLane)
		if rejection != nil {
			rejection.Detail = fmt.Sprintf("adapter %s, output %d: %s", p.Name, i, rejection.Detail)
			return nil, outputs, rejection
		}
		event.Retained, event.Arrived, event.Undated = msg.Retained, msg.Arrived, undated
		events = append(events, event)
	}
	return events, outputs, nil
}

// mappedEvent reads one output. A card in it is worse than a lane that is missing.
func (d *Decoder) mappedEvent(text []byte, lane string, noLane *Rejection) (edge.Event, *Rejection) {
	if what, found := d.options.Guard.Find(text); found {
		return edge.Event{}, reject(what, "in what the program made")
	}
	if rejection := first(d.checkSize(text), checkUTF8(text)); rejection != nil {
		return edge.Event{}, rejection
	}
	if noLane != nil {
		return edge.Event{}, d.label(noLane, text, "")
	}
	event, rejection := d.decode(text, address{lane: lane})
	if rejection != nil {
		rejection.Lane = lane
	}
	return event, rejection
}

// laneOf decides on an event's lane. given is what the program says; tills number their lanes.
func (p *program) laneOf(given any, levels []string, proved string) (string, *Rejection) {
	var lane string
	switch {
	case p.sure:
		lane = levels[p.lane]
	case given != nil:
		lane = fmt.Sprint(given)
	case p.lane >= 0:
		lane = levels[p.lane]
	default:
		lane = proved
	}
	if !edge.ValidLane(lane) {
		return "", reject(CodeLane, "no lane: neither topic nor program name one that is 1 to 32 letters, digits, _ or -")
	}
	if proved != "" && lane != proved {
		return "", reject(CodeLane, "the till's own lane is another")
	}
	return lane, nil
}

// run gives the objects that a program makes of its input.
func (d *Decoder) run(p *program, input any, levels []string, msg edge.Message) ([]map[string]any, *Rejection) {
	ctx, cancel := context.WithTimeout(context.Background(), adapterTime)
	defer cancel()
	var lane any
	if msg.Lane != "" {
		lane = msg.Lane
	}
	split := make([]any, len(levels))
	for i := range levels {
		split[i] = levels[i]
	}
	iter := p.code.RunWithContext(ctx, input, msg.Topic, split, d.options.Store, lane, msg.Arrived.UTC().Format(time.RFC3339Nano))
	var made []map[string]any
	for {
		output, more := iter.Next()
		if !more {
			return made, nil
		}
		objects, rejection := p.objects(output)
		if rejection != nil {
			return nil, rejection
		}
		if made = append(made, objects...); len(made) > adapterEvents {
			return nil, reject(CodeTooLarge, "adapter %s made more than %d events", p.Name, adapterEvents)
		}
	}
}

// objects takes one output. A program's own error message may quote its input, so that it is not told.
func (p *program) objects(output any) ([]map[string]any, *Rejection) {
	switch v := output.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return []map[string]any{v}, nil
	case []any:
		var all []map[string]any
		for _, each := range v {
			object, ok := each.(map[string]any)
			if !ok {
				return nil, reject(CodeAdapter, "adapter %s gave a list with something that is not an object", p.Name)
			}
			all = append(all, object)
		}
		return all, nil
	case error:
		if errors.Is(v, context.DeadlineExceeded) {
			return nil, reject(CodeAdapter, "adapter %s took more than %v", p.Name, adapterTime)
		}
		return nil, reject(CodeAdapter, "adapter %s failed: %T", p.Name, v)
	}
	return nil, reject(CodeAdapter, "adapter %s gave something that is not an object", p.Name)
}
