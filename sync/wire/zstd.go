// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Encoding is the content coding of packed bodies.
const Encoding = "zstd"

// ErrTooLarge says that a body is beyond its limit.
var ErrTooLarge = errors.New("larger than allowed")

// Zstd packs and unpacks. It is safe for concurrent use, and holds its working memory (about 3 MB) for as long as it
// lives: make one for a process, not one for a call.
type Zstd struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

// window bounds how far back a packed body may refer, and so what unpacking costs.
const window = 1 << 20

// NewZstd makes a packer that works on so many cores at once, at least 1.
func NewZstd(cores int) (*Zstd, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(max(cores, 1)),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, fmt.Errorf("making a zstd encoder: %w", err)
	}
	// The decoder allocates what a frame announces: both bounds hold before it does.
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(max(cores, 1)), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(MaxBatch), zstd.WithDecoderMaxWindow(MaxBatch))
	if err != nil {
		return nil, fmt.Errorf("making a zstd decoder: %w", err)
	}
	return &Zstd{encoder: encoder, decoder: decoder}, nil
}

// Pack appends body, packed, to dst.
func (z *Zstd) Pack(dst, body []byte) []byte { return z.encoder.EncodeAll(body, dst) }

// Unpack gives the body of a packed one, of at most MaxBatch bytes. It fails with ErrTooLarge beyond them.
func (z *Zstd) Unpack(packed []byte) ([]byte, error) {
	body, err := z.decoder.DecodeAll(packed, nil)
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, fmt.Errorf("unpacking: %w", ErrTooLarge)
	case err != nil:
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	return body, nil
}
