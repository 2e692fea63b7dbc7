// SPDX-License-Identifier: Apache-2.0

package pack

import "context"

// pages are the manual pages and completions, as the program itself tells them.
func (w *work) pages(context.Context, product, target) ([]laid, error) { return nil, nil }

// kiosk is what shows a lane's screen when a machine starts.
func (w *work) kiosk(context.Context, product, target) ([]laid, error) { return nil, nil }
