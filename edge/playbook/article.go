// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"sync"
	"sync/atomic"
)

// article is what is said of an article by its name: it is found out once, since a tap looks at the same articles as many taps
// before, and a store has some thousands.
type article struct {
	name      string // as a person says it; empty where nobody could
	small     string // without its size, for a memory
	private   bool
	dull      bool
	smallDull bool
}

type articles struct {
	known sync.Map // of *article, by the till's name
	count atomic.Int32
}

// mostArticles bounds what is remembered; beyond, it begins anew.
const mostArticles = 20_000

func (p *Playbook) article(name string) *article {
	if a, ok := p.articles.known.Load(name); ok {
		return a.(*article)
	}
	a := &article{name: readable(name), private: p.private(name)}
	a.small = unsized(a.name)
	a.dull, a.smallDull = p.isDull(a.name), p.isDull(a.small)
	if p.articles.count.Add(1) > mostArticles {
		p.articles.known.Clear()
		p.articles.count.Store(1)
	}
	p.articles.known.Store(name, a)
	return a
}
