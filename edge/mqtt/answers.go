// SPDX-License-Identifier: Apache-2.0

package mqtt

import "sync"

// answers holds back what one connection is to be told until each message is durable, and then tells it in the order in
// which the messages came, as MQTT asks. It is what makes done quick: telling may block on a slow network, so that one
// goroutine a connection does it.
type answers struct {
	queue chan *answer
	stop  chan struct{}
	once  sync.Once
	fail  func(error) // called at most once, when a message could not be kept or an answer not be sent
}

// answer is one message's.
type answer struct {
	ready chan error // one slot: the sink's verdict
	tell  func() error
}

func newAnswers(fail func(error)) *answers {
	a := &answers{queue: make(chan *answer, Window), stop: make(chan struct{}), fail: fail}
	go a.run()
	return a
}

// hold queues an answer and gives the done function that releases it. It blocks while the window is full, and reports
// false once the connection is over. A nil tell only keeps the place: for a message that wants no answer.
func (a *answers) hold(tell func() error) (done func(error), ok bool) {
	each := &answer{ready: make(chan error, 1), tell: tell}
	select {
	case <-a.stop:
		return nil, false
	default:
	}
	select {
	case a.queue <- each:
	case <-a.stop:
		return nil, false
	}
	var once sync.Once
	return func(err error) { once.Do(func() { each.ready <- err }) }, true
}

// close ends it. Messages that are still under way become durable or not; nobody is told.
func (a *answers) close() { a.once.Do(func() { close(a.stop) }) }

func (a *answers) run() {
	for {
		select {
		case each := <-a.queue:
			if err := a.give(each); err != nil {
				a.close()
				a.fail(err)
				return
			}
		case <-a.stop:
			return
		}
	}
}

// give waits for one verdict and tells it. A closed connection is no error.
func (a *answers) give(each *answer) error {
	select {
	case err := <-each.ready:
		if err != nil {
			return errNotDurable
		}
		if each.tell == nil {
			return nil
		}
		return each.tell()
	case <-a.stop:
		return nil
	}
}
