// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime"
)

// fewProcessors is how many goroutines may run at once at least, also where the machine has fewer processors.
const fewProcessors = 6

// shareProcessors has the kernel choose between the work for a till and all other work. On a box with two processors two
// goroutines may run at once, and Go takes a processor away from one after 10 ms only: beside an upload and a collection of
// memory, a card would wait for that. Threads of more goroutines share the two by the kernel's rules, where what has slept for long
// comes first. GOMAXPROCS in the environment is left as it is.
func shareProcessors() {
	if _, set := os.LookupEnv("GOMAXPROCS"); !set && runtime.GOMAXPROCS(0) < fewProcessors {
		runtime.GOMAXPROCS(fewProcessors)
	}
}
