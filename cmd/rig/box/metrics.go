// SPDX-License-Identifier: Apache-2.0

package box

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Metrics reads the daemon's /metrics: values by name and labels, as they stand in the text. The box must listen for
// it ([metrics] listen).
func (b *Box) Metrics(ctx context.Context) (map[string]float64, error) {
	if b.status.Metrics == nil {
		return nil, fmt.Errorf("the box has no [metrics] listen")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.status.Metrics.Address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading the box's metrics: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading the box's metrics: %s", answer.Status)
	}
	values := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		line := lines.Text()
		cut := strings.LastIndexByte(line, ' ')
		if cut < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if value, err := strconv.ParseFloat(line[cut+1:], 64); err == nil {
			values[line[:cut]] = value
		}
	}
	return values, lines.Err()
}
