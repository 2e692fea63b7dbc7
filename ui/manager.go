// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"redbench/edge"
)

// managerData is the manager's page: what the box did today, and which screens it has. Nothing in it tells one cashier
// from another.
type managerData struct {
	Since   string
	Known   bool // the counts could be read
	Counts  edge.Counts
	Lanes   []managerLane
	Screens []managerScreen
	Done    bool
	Problem string
}

type managerLane struct {
	Name    string
	Screens int
	Paused  bool
}

type managerScreen struct {
	ID, Name, Lane string
	Manager        bool
	Connected      bool
	Seen           string // when last, empty: never
}

func (s *Server) managerPage(w http.ResponseWriter, r *http.Request) {
	h, err := s.credential(r, "", true)
	if err != nil {
		s.unpaired(w, err, "", true)
		return
	}
	s.renewCookie(w, r, h)
	data, err := s.manager(r.Context())
	if err != nil {
		s.refuse(w, err)
		return
	}
	data.Done = r.URL.Query().Has("done")
	s.render(w, http.StatusOK, "manager.html", s.page("", data))
}

func (s *Server) manager(ctx context.Context) (managerData, error) {
	data := managerData{}
	if today, err := s.opt.Today(ctx); err == nil {
		data.Known, data.Counts, data.Since = true, today.Counts, s.clock(today.Since)
	} else {
		s.opt.Log.Error("reading today's counts", "error", err)
	}
	screens, err := s.opt.Screens.Screens(ctx)
	if err != nil {
		return data, err
	}
	here, onLane := map[string]bool{}, map[string]int{}
	for _, each := range s.Connected() {
		here[each.ID] = true
		onLane[each.Lane]++
	}
	paused := s.hub.pausedLanes()
	for _, lane := range s.lanes() {
		data.Lanes = append(data.Lanes, managerLane{Name: lane, Screens: onLane[lane], Paused: paused[lane]})
	}
	for _, each := range screens {
		if !each.Expires.IsZero() { // minted, and nobody came yet
			continue
		}
		shown := managerScreen{
			ID: each.ID, Name: each.Name, Lane: each.Lane, Manager: each.Manager, Connected: here[each.ID],
		}
		if !each.Seen.IsZero() {
			shown.Seen = each.Seen.In(s.opt.Zone).Format("2006-01-02 15:04")
		}
		data.Screens = append(data.Screens, shown)
	}
	slices.SortStableFunc(data.Screens, func(a, b managerScreen) int { return naturally(a.Lane, b.Lane) })
	return data, nil
}

// managerAction does what a form on the manager's page asks. A foreign page cannot send it: the cookie is strict, and
// the Origin must be ours.
func (s *Server) managerAction(w http.ResponseWriter, r *http.Request) {
	if _, err := s.acting(r, "", true); err != nil {
		s.refuse(w, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 2<<10)
	err := s.act(r.Context(), r.PathValue("action"), r.PostFormValue)
	if err == nil {
		http.Redirect(w, r, "/manager?done", http.StatusSeeOther)
		return
	}
	s.managerProblem(w, r, err)
}

var errNoAction = errors.New("no such action")

func (s *Server) act(ctx context.Context, action string, value func(string) string) error {
	switch action {
	case "approve":
		lane := strings.TrimSpace(value("lane"))
		if lane == "" { // what the page asked for might be another manager's page: the box's own command line makes those
			return edge.Refuse("lane", "say which lane the screen stands at")
		}
		return s.Approve(ctx, value("code"), lane, false)
	case "revoke":
		return s.Revoke(ctx, value("screen"))
	case "pause":
		lane := value("lane")
		if !slices.Contains(s.opt.Lanes(), lane) {
			return edge.Refuse("lane", "no such lane")
		}
		minutes, err := strconv.Atoi(value("minutes"))
		if err != nil || minutes < 0 || minutes > maxMinutes {
			return edge.Refuse("minutes", "want 0 to %d", maxMinutes)
		}
		return s.opt.Cashier.Tell(ctx, lane, edge.Word{ID: newID(), Type: edge.WordPause, Minutes: minutes})
	}
	return errNoAction
}

func (s *Server) managerProblem(w http.ResponseWriter, r *http.Request, problem error) {
	status := http.StatusBadRequest
	var refusal *edge.Refusal
	switch {
	case errors.Is(problem, errNoAction):
		http.NotFound(w, r)
		return
	case errors.Is(problem, edge.ErrNotFound):
		status = http.StatusNotFound
	case !errors.As(problem, &refusal):
		status = http.StatusServiceUnavailable
		s.opt.Log.Error("on the manager's page", "error", problem)
	}
	data, err := s.manager(r.Context())
	if err != nil {
		s.refuse(w, err)
		return
	}
	data.Problem = s.words.Texts["manager.failed"]
	if refusal != nil {
		data.Problem += ": " + refusal.Text
	}
	s.render(w, status, "manager.html", s.page("", data))
}
