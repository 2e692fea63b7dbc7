// SPDX-License-Identifier: Apache-2.0

package edge

// Rhythm is what the days of a customer's visits say, in a few numbers that each new day changes (edge/memory does, and
// tells what they mean). The zero value has no visit.
type Rhythm struct {
	Days    int     // days with a visit
	Last    int     // the latest one, as a number of days
	Gap     int     // days between the latest two; 0 below two
	Weight  float64 // what her gaps weigh, the latest 1 and each earlier one less
	Mean    float64 // of her gaps, on the scale of edge/memory
	Squares float64 // weighted sum of the squared deviations from Mean
}

// NextGap foretells how long a customer's next visit takes to come: Student's t on the scale of edge/memory. The zero
// value foretells nothing.
type NextGap struct {
	Location, Scale, Freedom float64
}

// Standing is the stage that a customer's visits have earned, as of her latest one, and what it rests on.
type Standing struct {
	Stage  Stage // empty: not kept
	Since  int   // day, as in Rhythm, since which she was never very long away
	Habits int   // her habits at the latest visit, those that are fading counted in
}
