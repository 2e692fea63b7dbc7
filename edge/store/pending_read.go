// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
)

// each runs a statement over the rows of the part under way, of which it takes the bounds, and scans its rows. CROSS JOIN
// keeps SQLite at the outbox as the outer table: its rows are few and in order.
func (r *outboxReader) each(query string, scan func(rows *sql.Rows) error) error {
	rows, err := r.tx.QueryContext(r.ctx, query, int64(r.from), int64(r.to))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// damaged lets a record that cannot be opened go as a void one: it must not keep all later ones from being sent.
func (r *outboxReader) damaged(err error) error {
	if err == nil || sinks(err) {
		return err
	}
	r.opt.Log.Error("a record is damaged and cannot be sent to head office", "error", err)
	return nil
}

func (r *outboxReader) customers() error {
	err := r.each(`SELECT o.seq, `+stateColumns+` FROM outbox o CROSS JOIN customers c ON c.ref = o.customer
		WHERE o.seq BETWEEN ? AND ? AND o.kind = 'customer'`, func(rows *sql.Rows) error {
		var seq int64
		var row stateRow
		if err := rows.Scan(append([]any{&seq}, row.places()...)...); err != nil {
			return err
		}
		c, _, err := r.state(row)
		if err == nil {
			r.records[r.at[seq]].Customer = &c
		}
		return r.damaged(err)
	})
	return errors.Join(err, r.identifiers(), r.aliases())
}

func (r *outboxReader) identifiers() error {
	return r.each(`SELECT o.seq, i.key, i.hash, h.kind FROM outbox o CROSS JOIN held h ON h.customer = o.customer
		CROSS JOIN identifiers i ON i.hash = h.hash AND i.customer = h.customer
		WHERE o.seq BETWEEN ? AND ? AND o.kind = 'customer' ORDER BY o.seq, i.hash`, func(rows *sql.Rows) error {
		var seq int64
		var i edge.IdentifierHash
		if err := rows.Scan(&seq, &i.Key, &i.Sum, &i.Kind); err != nil {
			return err
		}
		if c := r.records[r.at[seq]].Customer; c != nil && len(c.Identifiers) < edge.MaxIdentifiers {
			c.Identifiers = append(c.Identifiers, i)
		}
		return nil
	})
}

func (r *outboxReader) aliases() error {
	err := r.each(`SELECT o.seq, a.id FROM outbox o CROSS JOIN aliases a ON a.customer = o.customer
		WHERE o.seq BETWEEN ? AND ? AND o.kind = 'customer'`, func(rows *sql.Rows) error {
		var seq int64
		var id sql.RawBytes
		if err := rows.Scan(&seq, &id); err != nil {
			return err
		}
		u, err := uuid.FromBytes(id)
		if c := r.records[r.at[seq]].Customer; c != nil && err == nil && len(c.Also) < edge.MaxAlso {
			c.Also = append(c.Also, u.String())
		}
		return r.damaged(err)
	})
	for _, rec := range r.records {
		if rec.Customer != nil {
			slices.Sort(rec.Customer.Also)
		}
	}
	return err
}

func (r *outboxReader) facts() error {
	err := r.each(`SELECT o.seq, `+factStateColumns+`, c.id, c.wrapped FROM outbox o CROSS JOIN facts f ON f.id = o.ref
		CROSS JOIN customers c ON c.ref = f.customer WHERE o.seq BETWEEN ? AND ? AND o.kind = 'fact'`, func(rows *sql.Rows) error {
		var seq int64
		var row factRow
		var id, wrapped sql.RawBytes
		if err := rows.Scan(append(append([]any{&seq}, row.places()...), &id, &wrapped)...); err != nil {
			return err
		}
		key, err := r.factKey(row.customer, id, wrapped)
		var f edge.FactState
		if err == nil {
			f, err = r.factOf(row, key.id, key.Customer)
		}
		if err == nil {
			r.records[r.at[seq]].Fact = &f
		}
		return r.damaged(err)
	})
	return errors.Join(err, r.goneFacts())
}

// factKey is a customer's key. Her facts often stand together.
func (r *outboxReader) factKey(ref int64, id, wrapped []byte) (keyedID, error) {
	if k, is := r.keys[ref]; is {
		return k, nil
	}
	if len(id) != 16 {
		return keyedID{}, errRecord
	}
	key, err := r.opt.Seal.Unwrap([16]byte(id), wrapped)
	if err != nil {
		return keyedID{}, err
	}
	if len(r.keys) >= pendingPart {
		clear(r.keys)
	}
	k := keyedID{key, uuid.UUID(id).String()}
	r.keys[ref] = k
	return k, nil
}

// goneFacts are those that were deleted. The row's body is the kind that they had. A row without one was read before the
// fact was deleted: it comes again as a void one, since a later row tells of the deletion.
func (r *outboxReader) goneFacts() error {
	return r.each(`SELECT o.seq, g.id, c.id FROM outbox o CROSS JOIN gone g ON g.id = o.ref CROSS JOIN customers c ON c.ref = o.customer
		WHERE o.seq BETWEEN ? AND ? AND o.kind = 'fact'`, func(rows *sql.Rows) error {
		var seq int64
		var id, customer []byte
		if err := rows.Scan(&seq, &id, &customer); err != nil {
			return err
		}
		if len(id) != 16 || len(customer) != 16 {
			return r.damaged(errRecord)
		}
		at := r.at[seq]
		if len(r.bodies[at]) == 0 {
			return nil
		}
		r.records[at].Fact = &edge.FactState{ID: uuid.UUID(id).String(), Customer: uuid.UUID(customer).String(),
			Kind: edge.FactKind(r.bodies[at]), Gone: true}
		return nil
	})
}

// visits are read first and named afterwards: an article that is not in memory has to be looked up. What is told in a
// sum is not told by itself.
func (r *outboxReader) visits() error {
	type read struct {
		visit *edge.VisitState
		lines []line
	}
	var all []read
	err := r.each(`SELECT o.seq, v.at, v.checkout, v.store, v.lane, v.total, v.currency, v.lines, v.id, coalesce(length(v.id), -1), c.id
		FROM outbox o CROSS JOIN visits v ON v.visit = o.ref LEFT JOIN customers c ON c.ref = v.customer
		WHERE o.seq BETWEEN ? AND ? AND o.kind = 'visit' AND NOT `+inSum(`v`), func(rows *sql.Rows) error {
		var seq, at int64
		var store string
		var packed, id, customer sql.RawBytes
		var named int
		v := &edge.VisitState{}
		if err := rows.Scan(&seq, &at, &v.Checkout, &store, &v.Lane, &v.Total.Minor, &v.Total.Currency, &packed, &id, &named, &customer); err != nil {
			return err
		}
		if elsewhere(store, r.opt.StoreID, named) {
			return nil
		}
		v.At, v.ID = moment(at), idOfVisit(store, v.Lane, v.Checkout, at)
		if u, err := uuid.FromBytes(id); err == nil {
			v.ID = u.String()
		}
		if u, err := uuid.FromBytes(customer); err == nil {
			v.Customer = u.String()
		}
		lines, err := unpackLines(packed, -1)
		if err != nil {
			return r.damaged(err)
		}
		r.records[r.at[seq]].Visit = v
		all = append(all, read{v, lines})
		return nil
	})
	for _, each := range all {
		if err != nil {
			break
		}
		each.visit.Items, err = r.itemsOf(r.ctx, r.tx, each.lines)
	}
	return err
}

// elsewhere reports whether head office told of a visit, by how long its id is at rest (-1: it has none): those are learnt
// from, and never sent up. They rest with an empty id. One with an id and another store's name was told by an earlier
// release; a visit of this box has no id, whatever its store was called at the time.
func elsewhere(store, own string, id int) bool {
	return id == 0 || id > 0 && store != "" && store != own
}

func (r *outboxReader) outcomes() error {
	return r.each(`SELECT o.seq, t.prompt, t.word, t.kind, t.line, t.at, c.id FROM outbox o
		CROSS JOIN outcomes t ON t.prompt = substr(o.ref, 1, 16) AND t.word = CAST(substr(o.ref, 17) AS TEXT)
		CROSS JOIN prompts p ON p.id = t.prompt LEFT JOIN customers c ON c.ref = p.customer
		WHERE o.seq BETWEEN ? AND ? AND o.kind = 'outcome' AND NOT `+inSum(`t`), func(rows *sql.Rows) error {
		var seq, at int64
		var prompt, customer sql.RawBytes
		var word string
		o := &edge.OutcomeState{}
		if err := rows.Scan(&seq, &prompt, &word, &o.Kind, &o.Line, &at, &customer); err != nil {
			return err
		}
		u, err := uuid.FromBytes(prompt)
		if err != nil {
			return r.damaged(errRecord)
		}
		o.Prompt, o.At = u.String(), moment(at)
		o.ID = digestOf("outcome", o.Prompt, word)
		if u, err := uuid.FromBytes(customer); err == nil {
			o.Customer = u.String()
		}
		r.records[r.at[seq]].Outcome = o
		return nil
	})
}

// weigh is about how many bytes a record takes on the wire, unpacked: rather more than less.
func weigh(r *edge.Record) int {
	const stamp, id = 64, 40
	n := 4 * id
	fields := func(f edge.Fields) {
		for _, each := range f {
			n += stamp + 48 + len(each.Value)*9/8
		}
	}
	switch {
	case r.Customer != nil:
		n += 3*id + stamp + 120*len(r.Customer.Identifiers) + id*len(r.Customer.Also)
		fields(r.Customer.Fields)
	case r.Fact != nil:
		n += 3 * id
		fields(r.Fact.Fields)
	case r.Visit != nil:
		n += 5*id + len(r.Visit.Checkout)
		for _, it := range r.Visit.Items {
			n += 72 + len(it.SKU) + len(it.Name)*9/8
		}
	case r.Outcome != nil:
		n += 5*id + len(r.Outcome.Line)
	case r.Summary != nil:
		n += 10 * id
	}
	return n
}
