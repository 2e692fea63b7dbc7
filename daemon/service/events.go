// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
)

// events is a log that tells a system's own log of warnings and errors, a line each, without time and level, which that
// adds by itself.
type events struct {
	slog.Handler
	text func(*bytes.Buffer) slog.Handler
	tell func(severe bool, text string)
}

func newEvents(h slog.Handler, tell func(severe bool, text string)) *events {
	text := func(b *bytes.Buffer) slog.Handler {
		return slog.NewTextHandler(b, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
				return slog.Attr{}
			}
			return a
		}})
	}
	return &events{Handler: h, text: text, tell: tell}
}

// Handle writes to both logs.
func (e *events) Handle(ctx context.Context, r slog.Record) error {
	err := e.Handler.Handle(ctx, r)
	if r.Level < slog.LevelWarn {
		return err
	}
	var b bytes.Buffer
	also := e.text(&b).Handle(ctx, r)
	e.tell(r.Level >= slog.LevelError, strings.TrimSpace(r.Message+"\n"+b.String()))
	return errors.Join(err, also)
}

// WithAttrs keeps the attributes for both logs.
func (e *events) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &events{Handler: e.Handler.WithAttrs(attrs), text: func(b *bytes.Buffer) slog.Handler { return e.text(b).WithAttrs(attrs) }, tell: e.tell}
}

// WithGroup opens a group in both logs.
func (e *events) WithGroup(name string) slog.Handler {
	return &events{Handler: e.Handler.WithGroup(name), text: func(b *bytes.Buffer) slog.Handler { return e.text(b).WithGroup(name) }, tell: e.tell}
}
