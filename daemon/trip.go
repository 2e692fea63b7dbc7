// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/serve"
)

// trip is one test event's way.
type trip struct {
	*prober
	probe *serve.Probe
	began time.Time

	mu      sync.Mutex
	own     map[string]serve.Reached // the steps at the two ends; what lies between, the probe tells
	excused map[string]string
}

// outcome is what came of a publish; err is there once over is closed.
type outcome struct {
	over chan struct{}
	err  error
}

// travel goes the way. What is stuck keeps it from returning, but for what waits with ctx.
func (t *trip) travel(ctx context.Context) {
	screen, err := t.screen(ctx)
	t.note(edge.StepScreen, err)
	switch {
	case err == nil:
		defer screen.Close()
	case t.gone() == "":
		return
	default:
		t.excuse(edge.StepScreen, "no start mends that "+t.gone()+" is not this machine's address now")
	}
	t.serve.PassLanes()
	t.note(edge.StepLanes, nil)
	var ends sync.WaitGroup
	if told := t.publish(ctx); told != nil {
		ends.Go(func() { <-told.over; t.note(edge.StepAnswer, told.err) })
	}
	if screen != nil {
		ends.Go(func() { t.note(edge.StepShow, screen.Prompt(ctx, t.probe.Event())) })
	}
	select {
	case <-t.probe.Settled():
	case <-ctx.Done():
	}
	ends.Wait()
}

// publish brings the test event in, by the broker or, where starting the box anew would not mend the broker, behind it. It
// gives what the till is told, where that can be seen.
func (t *trip) publish(ctx context.Context) *outcome {
	before := t.serve.Heard()
	topic := t.serve.ProbeTopic()
	told := &outcome{over: make(chan struct{})}
	go func() {
		defer close(told.over)
		told.err = t.tills.Probe(ctx, topic, t.probe.Payload())
	}()
	err := t.hear(ctx, told)
	if err == nil {
		if t.tills.outside() {
			return nil
		}
		return told
	}
	t.note(edge.StepMQTT, err)
	if why := t.beyondMending(t.serve.Heard() > before); why != "" {
		t.excuse(edge.StepMQTT, why)
		msg := edge.Message{Topic: topic, Payload: t.probe.Payload(), Arrived: time.Now()}
		go t.serve.Receive(msg, func(error) {})
	}
	return nil
}

// hear waits until the test event came back.
func (t *trip) hear(ctx context.Context, told *outcome) error {
	waits := ctx
	if t.tills.outside() {
		var cancel context.CancelFunc
		waits, cancel = context.WithTimeout(ctx, brokerWithin)
		defer cancel()
	}
	over := told.over
	for {
		select {
		case <-t.probe.Heard():
			return nil
		case <-over:
			if told.err != nil {
				return told.err
			}
			over = nil // the broker has it, and is to bring it
		case <-waits.Done():
			return errors.New("it was not heard")
		}
	}
}

// beyondMending tells why the broker's failure is not one that starting the box anew would mend; empty: it may be.
func (t *trip) beyondMending(others bool) string {
	switch gone := t.gone(); {
	case !t.tills.outside() && gone != "":
		return "no start mends that " + gone + " is not this machine's address now"
	case t.tills.full():
		return "every place at the embedded broker is taken, and a start would cut off the tills that work: which till opens connections and keeps them?"
	case !t.tills.outside():
		return ""
	case !t.tills.Connected():
		return "no start mends a broker that is away"
	case !t.wasHeard():
		return "the broker has brought none back since the start: let the box write to " + t.serve.ProbeTopic()
	case others:
		return "tills are heard: the broker is behind"
	}
	return ""
}

func (t *trip) note(step string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own[step] = serve.Reached{At: time.Now(), Err: err}
}

func (t *trip) excuse(step, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.excused[step] = why
}

func (t *trip) excuseOf(step string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.excused[step]
}

func (t *trip) reached(step string) (serve.Reached, bool) {
	t.mu.Lock()
	own, ok := t.own[step]
	t.mu.Unlock()
	if ok {
		return own, true
	}
	return t.probe.Reached(step)
}

// finding is what is known by now. It ends at the step that keeps the others from being reached.
func (t *trip) finding() *finding {
	f := &finding{excused: map[string]string{},
		ProbeReport: control.ProbeReport{At: t.began.UTC(), OK: true, Took: time.Since(t.began), Steps: []control.ProbeStep{}}}
	at := t.began
	for _, name := range edge.ProbeSteps {
		if t.passesOver(name, f) {
			continue
		}
		r, over := t.reached(name)
		if !over {
			r = serve.Reached{At: time.Now(), Err: t.missing(name)}
		}
		step := control.ProbeStep{Name: name, Took: max(0, r.At.Sub(at))}
		if name != edge.StepShow { // the disk does not wait for the screen
			at = r.At
		}
		if r.Err != nil {
			step.Error, f.OK = r.Err.Error(), false
			if why := t.excuseOf(name); why != "" {
				f.excused[name] = why
			}
		}
		f.Steps = append(f.Steps, step)
		if r.Err != nil && name != edge.StepShow && f.excused[name] == "" {
			break
		}
	}
	return f
}

// passesOver reports whether a step has nothing to tell, after those that f holds.
func (t *trip) passesOver(step string, f *finding) bool {
	switch step {
	case edge.StepShow:
		return f.failed(edge.StepScreen)
	case edge.StepAnswer:
		return t.tills.outside() || f.failed(edge.StepMQTT) || f.failed(edge.StepStore)
	}
	return false
}

// missing tells what is known of a step that is not over.
func (t *trip) missing(step string) error {
	if step == edge.StepStore {
		if err := t.serve.Err(); err != nil { // who says what is wrong, and tries on, is not stuck
			t.excuse(step, "the writer tries on, and no start mends a disk")
			return err
		}
		if since := t.writing(); !since.IsZero() && time.Since(since) < longestWriting {
			t.excuse(step, "what takes long is not to be begun again and again")
			return errors.New("it waits for other work on the record, since " + since.Format(time.TimeOnly))
		}
	}
	return fmt.Errorf("nothing came of it within %s", time.Since(t.began).Round(10*time.Millisecond))
}
