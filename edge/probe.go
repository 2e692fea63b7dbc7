// SPDX-License-Identifier: Apache-2.0

package edge

// ProbeLane stands in a lane's place in the box's own topics, and on the way of its own test events. It is nobody's lane:
// no till is heard on it and no screen can be paired for it.
const ProbeLane = "box"

// The steps of a test event's way, in their order. The disk does not wait for the screen, nor the screen for the disk: the
// last three are each measured from the choice.
const (
	StepScreen  = "screen"  // a screen connects, and is told the truth
	StepLanes   = "lanes"   // no till's lane is stuck
	StepMQTT    = "mqtt"    // the event is published, goes through the broker, and is heard
	StepDecode  = "decode"  // it is read
	StepProfile = "profile" // the record is asked whose card it is
	StepChoose  = "choose"  // the lane and the playbook make a prompt of it
	StepShow    = "show"    // the prompt reaches the screen
	StepStore   = "store"   // the writer commits
	StepAnswer  = "answer"  // the till is told; only the embedded broker lets us see it
)

// ProbeSteps lists them.
var ProbeSteps = []string{StepScreen, StepLanes, StepMQTT, StepDecode, StepProfile, StepChoose, StepShow, StepStore, StepAnswer}
