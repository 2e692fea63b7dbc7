// SPDX-License-Identifier: Apache-2.0

package mqtt

import "sync"

// answers holds back what one connection is to be told until each message is durable, and then tells it in the order in
// which the messages came, as MQTT asks. It is what makes done quick: telling may block on a slow network, so that one
// goroutine a connection does it.
type answers struct {
	queue  chan *answer
	stop   chan struct{} // closed: tell nobody any more
	finish chan struct{} // closed: tell what is known, and end
	ended  chan struct{}
	once   sync.Once
	last   sync.Once
	fail   func(error) // called at most once, when a message could not be kept or an answer not be sent
}

// answer is one message's.
type answer struct {
	ready chan error // one slot: the sink's verdict
	tell  func() error
}

func newAnswers(fail func(error)) *answers {
	a := &answers{
		queue: make(chan *answer, Window), stop: make(chan struct{}), finish: make(chan struct{}), ended: make(chan struct{}),
		fail: fail,
	}
	go a.run()
	return a
}

// hold queues an answer and gives the done function that releases it. It blocks while the window is full, and reports
// false once the connection is over. A nil tell only keeps the place: for a message that wants no answer.
func (a *answers) hold(tell func() error) (done func(error), ok bool) {
	each := &answer{ready: make(chan error, 1), tell: tell}
	select {
	case <-a.ended:
		return nil, false
	case <-a.stop:
		return nil, false
	default:
	}
	select {
	case a.queue <- each:
	case <-a.ended:
		return nil, false
	case <-a.stop:
		return nil, false
	}
	var once sync.Once
	return func(err error) { once.Do(func() { each.ready <- err }) }, true
}

// close ends it at once. Messages that are still under way become durable or not; nobody is told.
func (a *answers) close() { a.once.Do(func() { close(a.stop) }) }

// settle tells what is known by now and ends. It waits for that, but for no verdict, and not beyond expired.
func (a *answers) settle(expired <-chan struct{}) {
	a.last.Do(func() { close(a.finish) })
	select {
	case <-a.ended:
	case <-expired:
	}
	a.close()
}

func (a *answers) run() {
	defer close(a.ended)
	for {
		select {
		case each := <-a.queue:
			if !a.give(each) {
				return
			}
		case <-a.stop:
			return
		case <-a.finish:
			select {
			case each := <-a.queue:
				if !a.give(each) {
					return
				}
			default:
				return
			}
		}
	}
}

// give waits for one verdict and tells it. It reports whether there is a point in going on.
func (a *answers) give(each *answer) bool {
	var verdict error
	select {
	case verdict = <-each.ready:
	case <-a.stop:
		return false
	case <-a.finish:
		select {
		case verdict = <-each.ready:
		default:
			return false
		}
	}
	if verdict != nil {
		verdict = errNotDurable
	} else if each.tell != nil {
		verdict = each.tell()
	}
	if verdict != nil {
		a.close()
		a.fail(verdict)
		return false
	}
	return true
}
