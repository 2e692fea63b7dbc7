// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
	"redbench/edge/lane"
)

const (
	maxWordID    = 64
	maxNote      = 280 // characters
	maxPauseMins = 480 // a shift
)

// Tell takes a cashier's word from a lane's screen and returns nil once it is durable. A word that came before changes
// nothing. What the cashier can mend comes back as *edge.Refusal.
func (s *Service) Tell(ctx context.Context, laneName string, w edge.Word) error {
	if w.ID == "" || len(w.ID) > maxWordID {
		return edge.Refuse("id", "each message needs an id of 1 to %d characters", maxWordID)
	}
	l, err := s.lane(laneName)
	if err != nil {
		return err
	}
	if known, err := s.Store.WordKnown(ctx, w.ID); err != nil || known {
		return err
	}
	entry := edge.Entry{Word: w.ID}
	var in lane.Input
	switch w.Type {
	case edge.WordSeen:
		err = s.seen(ctx, l, w, &entry)
	case edge.WordFeedback:
		err = s.feedback(ctx, l, w, &entry)
	case edge.WordNote:
		err = s.note(ctx, l, w, &entry)
	case edge.WordResolve:
		if w.Fact == "" {
			return edge.Refuse("fact", "resolve needs the fact's id")
		}
		entry.Close = &edge.CloseFact{ID: w.Fact, At: s.Now()}
	case edge.WordPause:
		if w.Minutes < 0 || w.Minutes > maxPauseMins {
			return edge.Refuse("minutes", "a pause lasts 0 (prompts again) to %d minutes", maxPauseMins)
		}
		in = lane.Pause{Minutes: w.Minutes, At: s.Now()}
	case edge.WordUndo:
		in, err = s.undo(ctx, l, w, &entry)
	default:
		err = edge.Refuse("type", "unknown message type")
	}
	if err != nil {
		return err
	}
	s.metrics.words.WithLabelValues(string(w.Type)).Inc()
	return s.durable(ctx, l, in, entry)
}

// durable steps the lane if there is a step to make, and waits until the entry rests.
func (s *Service) durable(ctx context.Context, l *laneState, in lane.Input, entry edge.Entry) error {
	answer := make(chan error, 1)
	done := func(result edge.Result, err error) {
		if err == nil && result == edge.Failed {
			err = errors.New("the store could not keep this message; the log says why")
		}
		answer <- err
	}
	if in != nil {
		s.step(l, in, entry, nil, done)
	} else {
		s.writer.put(entry, done)
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// about finds whom a prompt was about, and what its lines were.
func (s *Service) about(ctx context.Context, l *laneState, id string) (edge.CustomerRef, map[string]edge.Line, error) {
	if p, ok := l.prompt(id); ok {
		return p.Customer, p.Lines(), nil
	}
	ref, lines, err := s.Store.PromptOf(ctx, id)
	if errors.Is(err, edge.ErrNotFound) {
		return 0, nil, edge.Refuse("prompt", "this prompt is not known, or its customer was forgotten")
	}
	return ref, lines, err
}

func (s *Service) seen(ctx context.Context, l *laneState, w edge.Word, entry *edge.Entry) error {
	if _, _, err := s.about(ctx, l, w.Prompt); err != nil {
		return err
	}
	entry.Outcome = &edge.Outcome{Word: w.ID, Prompt: w.Prompt, Kind: "seen", At: s.Now()}
	s.painted.Store(time.Now().UnixMicro())
	return nil
}

// feedback keeps a verdict. A line called wrong is silenced at once: its fact is closed, and it leaves the screen.
func (s *Service) feedback(ctx context.Context, l *laneState, w edge.Word, entry *edge.Entry) error {
	_, lines, err := s.about(ctx, l, w.Prompt)
	if err != nil {
		return err
	}
	line, ok := lines[w.Line]
	if !ok {
		return edge.Refuse("line", "this prompt has no such line")
	}
	switch w.Verdict {
	case edge.VerdictUsed, edge.VerdictNotNow:
	case edge.VerdictConfirmed:
		entry.Renew = line.Fact
	case edge.VerdictWrong:
		if line.Fact != "" {
			entry.Close = &edge.CloseFact{ID: line.Fact, At: s.Now()}
		}
		s.silence(l, func(p edge.Prompt) bool { return p.ID == w.Prompt }, w.Line)
	default:
		return edge.Refuse("verdict", "a verdict is used, not-now, wrong or confirmed")
	}
	entry.Outcome = &edge.Outcome{Word: w.ID, Prompt: w.Prompt, Kind: string(w.Verdict), Line: w.Line, At: s.Now()}
	return nil
}

// silence takes lines off prompts, and shows the one that is on the screens anew.
func (s *Service) silence(l *laneState, which func(edge.Prompt) bool, lines ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range l.prompts {
		if !which(p) {
			continue
		}
		for _, line := range lines {
			p = p.Without(line)
		}
		l.prompts[i] = p
		if !l.state.Shown.IsZero() && l.state.Holder.Prompt == p.ID {
			s.show(l.name, p)
		}
	}
}

// note keeps what a customer told, if she agreed to be remembered.
func (s *Service) note(ctx context.Context, l *laneState, w edge.Word, entry *edge.Entry) error {
	ref, lines, err := s.about(ctx, l, w.Prompt)
	if err != nil {
		return err
	}
	profile, err := s.profile(ctx, ref)
	if err != nil {
		return err // not a refusal: the screen keeps the note and sends it again
	}
	if profile.Customer.Consent != edge.ConsentRemember {
		return edge.Refuse("consent", "this customer has not agreed to be remembered, so nothing is kept")
	}
	text := strings.TrimSpace(w.Text)
	if err := s.checkNote(w, text); err != nil {
		return err
	}
	fact := edge.Fact{ID: newID(), Customer: ref, Kind: w.Kind, Text: text, Date: w.Date, Private: w.Private,
		ToldTo: l.toldTo(), Place: s.StoreName, At: s.Now()}
	if w.Until != "" {
		day, err := time.ParseInLocation(time.DateOnly, w.Until, s.Zone)
		if err != nil {
			return edge.Refuse("until", "until is a day: YYYY-MM-DD")
		}
		fact.Until = day.AddDate(0, 0, 1) // to the end of that day
	}
	entry.Fact, entry.About = &fact, w.Prompt
	entry.Close = answered(w.Answers, lines, fact.At)
	return nil
}

// answered closes the fact that was asked anew: the answer stands in its place. A question of the playbook's own is no
// fact, and closes nothing.
func answered(id string, lines map[string]edge.Line, at time.Time) *edge.CloseFact {
	for _, line := range lines {
		if id != "" && line.Fact == id {
			return &edge.CloseFact{ID: id, At: at}
		}
	}
	return nil
}

func (s *Service) checkNote(w edge.Word, text string) error {
	if !w.Kind.Valid() {
		return edge.Refuse("kind", "unknown kind of note")
	}
	if text == "" && w.Kind != edge.FactNoChat && w.Kind != edge.FactNoGreeting {
		return edge.Refuse("text", "the note is empty")
	}
	if utf8.RuneCountInString(text) > maxNote || !utf8.ValidString(text) {
		return edge.Refuse("text", "a note has at most %d characters", maxNote)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return edge.Refuse("text", "a note is one line of text")
	}
	if _, found := s.Guard.Find([]byte(text)); found {
		return edge.Refuse("card-number", "this looks like a payment card number; it was not kept")
	}
	if w.Date != "" {
		if _, err := time.Parse(time.DateOnly, w.Date); err != nil {
			return edge.Refuse("date", "a date is a day: YYYY-MM-DD")
		}
	}
	return nil
}

// undo takes back a replaced card when it names the prompt that brought it, else an earlier word.
func (s *Service) undo(ctx context.Context, l *laneState, w edge.Word, entry *edge.Entry) (lane.Input, error) {
	if w.Of == "" {
		return nil, edge.Refuse("of", "undo needs the id of a message or of a prompt")
	}
	if l.canUndo(w.Of) {
		return lane.Undo{Prompt: w.Of, NewPrompt: newID(), At: s.Now()}, nil
	}
	if known, err := s.Store.WordKnown(ctx, w.Of); err != nil || known {
		entry.Withdraw = w.Of
		return nil, err
	}
	return nil, edge.Refuse("of", "there is nothing to take back: that card replaced no other, or is gone already")
}
