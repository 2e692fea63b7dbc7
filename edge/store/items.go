// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxItemsCached bounds the article cache: a hypermarket's whole range, some 20 MB.
const maxItemsCached = 200_000

type item struct {
	number int64
	sku    string
	name   string
}

// items is the article dictionary: visits and habits name an article by its number. It keeps what it has seen in
// memory, so that a tap that names eight things looks up none of them.
type items struct {
	read *sql.DB

	mu       sync.RWMutex
	bySKU    map[string]item
	byNumber map[int64]item
}

func newItems(read *sql.DB) *items {
	return &items{read: read, bySKU: map[string]item{}, byNumber: map[int64]item{}}
}

// keep remembers articles whose rows are committed.
func (d *items) keep(list ...item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, it := range list {
		if len(d.bySKU) >= maxItemsCached {
			clear(d.bySKU)
			clear(d.byNumber)
		}
		d.bySKU[it.sku] = it
		d.byNumber[it.number] = it
	}
}

// number finds an article by its number.
func (d *items) number(ctx context.Context, q queryer, number int64) (item, error) {
	d.mu.RLock()
	it, ok := d.byNumber[number]
	d.mu.RUnlock()
	if ok {
		return it, nil
	}
	it.number = number
	err := q.QueryRowContext(ctx, `SELECT sku, name FROM items WHERE item = ?`, number).Scan(&it.sku, &it.name)
	if err != nil {
		return item{}, err
	}
	d.keep(it)
	return it, nil
}

func (d *items) sku(sku string) (item, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	it, ok := d.bySKU[sku]
	return it, ok
}

// queryer is a transaction or a pool.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// articles are those that a transaction met and the dictionary does not know yet. They join it once they are committed,
// and never when they, or the entry that brought them, are rolled back.
type articles struct {
	known   *items
	kept    map[string]item  // of entries that went well
	fresh   map[string]item  // of the entry under way
	numbers map[int64]string // both, by number; an article of a rolled-back entry is overwritten when its number is used again
}

func newArticles(known *items) *articles {
	return &articles{known: known, kept: map[string]item{}, fresh: map[string]item{}, numbers: map[int64]string{}}
}

func (a *articles) find(sku string) (item, bool) {
	if it, ok := a.fresh[sku]; ok {
		return it, true
	}
	if it, ok := a.kept[sku]; ok {
		return it, true
	}
	return a.known.sku(sku)
}

// settle ends an entry.
func (a *articles) settle(good bool) {
	if good {
		for sku, it := range a.fresh {
			a.kept[sku] = it
		}
	}
	clear(a.fresh)
}

// commit hands the new articles to the dictionary.
func (a *articles) commit() {
	a.settle(true)
	for _, it := range a.kept {
		a.known.keep(it)
	}
}

// article gives an article's number, and makes it, or renames it if it may.
func (a *articles) article(ctx context.Context, tx *sql.Tx, sku, name string, rename bool) (item, error) {
	it, ok := a.find(sku)
	if ok && (name == "" || it.name == name || !rename && it.name != "") {
		return it, nil
	}
	it, err := writeArticle(ctx, tx, sku, name, rename)
	if err == nil {
		a.fresh[sku] = it
		a.numbers[it.number] = it.sku
	}
	return it, err
}

// number finds an article that this transaction met.
func (a *articles) number(number int64) (sku string, ok bool) {
	sku, ok = a.numbers[number]
	return sku, ok
}

func writeArticle(ctx context.Context, tx *sql.Tx, sku, name string, rename bool) (item, error) {
	it := item{sku: sku}
	err := tx.QueryRowContext(ctx, `SELECT item, name FROM items WHERE sku = ?`, sku).Scan(&it.number, &it.name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		it.name = name
		result, err := tx.ExecContext(ctx, `INSERT INTO items (sku, name) VALUES (?, ?)`, sku, name)
		if err != nil {
			return it, err
		}
		it.number, err = result.LastInsertId()
		return it, err
	case err != nil:
		return it, err
	case name != "" && name != it.name && (rename || it.name == ""):
		it.name = name
		_, err = tx.ExecContext(ctx, `UPDATE items SET name = ? WHERE item = ?`, name, it.number)
	}
	return it, err
}
