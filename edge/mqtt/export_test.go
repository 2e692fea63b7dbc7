// SPDX-License-Identifier: Apache-2.0

package mqtt

// Retained lists the topics that the broker retains, without its own statistics.
func (b *Broker) Retained() (topics []string) {
	for topic := range b.server.Topics.Retained.GetAll() {
		if topic[0] != '$' {
			topics = append(topics, topic)
		}
	}
	return topics
}

// HangUp ends the client's connection without a goodbye.
func (c *Client) HangUp() { c.hangUp() }

// Fits is fits.
var Fits = fits
