// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"redbench/edge/mqtt"
)

const guesser, honest = "192.168.1.66:5000", "192.168.1.7:5000"

func TestGuessingIsSlow(t *testing.T) {
	now, hashed := arrivedAt, 0
	check := mqtt.NewLogins(map[string]string{"1": "right"}, func() time.Time { return now }, func() { hashed++ })
	for range 3600 { // an hour, once a second
		if check(guesser, "1", []byte("wrong")) {
			t.Fatal("a wrong password is right")
		}
		now = now.Add(time.Second)
	}
	if hashed > 130 {
		t.Errorf("%d guesses an hour are looked at", hashed)
	}
	if check(guesser, "1", []byte("right")) {
		t.Error("heard before its time is over")
	}
	if !check(honest, "1", []byte("right")) {
		t.Error("another address has to wait as well")
	}
	if !check(guesser, "1", []byte("right")) {
		t.Error("a till that was right before has to wait behind one that guesses from the same address")
	}
	for range 10 {
		if check("127.0.0.1:1", "1", []byte("wrong")) || !check("127.0.0.1:1", "1", []byte("right")) {
			t.Error("loopback has to wait")
		}
	}
	for i := range 5000 { // is not remembered for ever
		check(fmt.Sprintf("10.0.%d.%d:1", i/250, i%250), "1", []byte("wrong"))
	}
}

// TestKnownTillsDoNotWait signs in while another password is being hashed.
func TestKnownTillsDoNotWait(t *testing.T) {
	hashing, goOn := make(chan struct{}), make(chan struct{})
	check := mqtt.NewLogins(map[string]string{"1": "right"}, time.Now, func() {
		hashing <- struct{}{}
		<-goOn
	})
	var done sync.WaitGroup
	done.Go(func() {
		if !check(honest, "1", []byte("right")) {
			t.Error("the right password is wrong")
		}
	})
	<-hashing
	goOn <- struct{}{}
	done.Wait()
	done.Go(func() { check(guesser, "1", []byte("wrong")) })
	<-hashing
	known := make(chan bool, 1)
	go func() { known <- check(honest, "1", []byte("right")) }()
	if !await(t, "a till that is known", known) {
		t.Error("the right password is wrong")
	}
	goOn <- struct{}{}
	done.Wait()
}

var arrivedAt = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
