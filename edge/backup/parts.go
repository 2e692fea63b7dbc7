// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"redbench/edge/disk"
)

// chunk is how much of a file is copied at a time.
const chunk = 1 << 20

// copyFile copies a file, durably, and gives its part. Only its owner may read the copy.
func copyFile(ctx context.Context, from, to string, pace Pace) (part Part, err error) {
	in, err := os.Open(from)
	if err != nil {
		return part, err
	}
	defer func() { _ = in.Close() }()
	return copyFrom(ctx, in, to, pace)
}

func copyFrom(ctx context.Context, in io.Reader, to string, pace Pace) (part Part, err error) {
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return part, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	sum := sha256.New()
	both, unsynced := io.MultiWriter(out, sum), int64(0)
	for ended := false; !ended; {
		err := pace.Step(ctx, func() error {
			n, err := io.CopyN(both, in, chunk)
			part.Bytes, unsynced = part.Bytes+n, unsynced+n
			ended = errors.Is(err, io.EOF)
			if ended {
				err = nil
			}
			if err == nil && (ended || unsynced >= syncEvery) {
				unsynced, err = 0, out.Sync()
			}
			return err
		})
		if err != nil {
			return part, err
		}
	}
	part.Name, part.SHA256 = filepath.Base(to), hex.EncodeToString(sum.Sum(nil))
	return part, nil
}

// sumOf reads a file for its part.
func sumOf(ctx context.Context, path string, pace Pace) (part Part, err error) {
	in, err := os.Open(path)
	if err != nil {
		return part, err
	}
	defer func() { _ = in.Close() }()
	sum := sha256.New()
	for ended := false; !ended; {
		err := pace.Step(ctx, func() error {
			n, err := io.CopyN(sum, in, chunk)
			part.Bytes += n
			if ended = errors.Is(err, io.EOF); ended {
				return nil
			}
			return err
		})
		if err != nil {
			return part, err
		}
	}
	part.Name, part.SHA256 = filepath.Base(path), hex.EncodeToString(sum.Sum(nil))
	return part, nil
}

// opener opens a part of a backup.
type opener func(name string) (io.ReadCloser, error)

// unpack copies all parts to a new directory, and fails where one is not what the manifest says.
func unpack(ctx context.Context, open opener, m Manifest, to string, pace Pace) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	var of, done int64
	for _, p := range m.Parts {
		of += p.Bytes
	}
	for _, want := range m.Parts {
		in, err := open(want.Name)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s is missing", ErrDamaged, want.Name)
		}
		if err != nil {
			return err
		}
		got, err := copyFrom(ctx, in, filepath.Join(to, want.Name), pace)
		if err := errors.Join(err, in.Close()); err != nil {
			return fmt.Errorf("reading %s: %w", want.Name, err)
		}
		if got != want {
			return fmt.Errorf("%w: %s is not as it was written (%d bytes, %d expected; its sum differs)", ErrDamaged, want.Name, got.Bytes, want.Bytes)
		}
		done += got.Bytes
		pace.tell("checking", done, of)
	}
	return disk.SyncDir(to)
}

// in opens the parts that lie in a directory.
func in(dir string) opener {
	return func(name string) (io.ReadCloser, error) { return os.Open(filepath.Join(dir, name)) }
}
