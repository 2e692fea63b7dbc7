// SPDX-License-Identifier: Apache-2.0

package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// CredentialsFile is the name of the file in the state directory.
const CredentialsFile = "hq.json"

// Credentials are what a box is known by at head office. They are secret.
type Credentials struct {
	URL      string    `json:"url"`
	Store    string    `json:"store"`
	Token    string    `json:"token"`
	Former   string    `json:"former,omitempty"` // the token before, until head office has taken the new one
	CA       string    `json:"ca,omitempty"`     // PEM: whoever answers must be certified by this authority, and no other
	Enrolled time.Time `json:"enrolled"`
	Rotated  time.Time `json:"rotated,omitzero"`
}

// Load reads the credentials of a state directory. It fails with ErrNotEnrolled where there are none.
func Load(dir string) (Credentials, error) {
	var c Credentials
	data, err := os.ReadFile(filepath.Join(dir, CredentialsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return c, ErrNotEnrolled
	}
	if err != nil {
		return c, fmt.Errorf("reading the credentials for head office: %w", err)
	}
	// The decoder's own error may quote from the file, which holds a secret.
	if json.Unmarshal(data, &c) != nil || c.URL == "" || c.Store == "" || c.Token == "" {
		return Credentials{}, fmt.Errorf("reading the credentials for head office: %s is damaged; enroll again", CredentialsFile)
	}
	return c, nil
}

// Save writes the credentials durably: after a power cut there are the former ones or these.
func (c Credentials) Save(dir string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the credentials for head office: %w", err)
	}
	if err := writeDurably(dir, CredentialsFile, append(data, '\n')); err != nil {
		return fmt.Errorf("writing the credentials for head office: %w", err)
	}
	return nil
}

// Remove takes the credentials away: the box belongs to no head office.
func Remove(dir string) error {
	err := os.Remove(filepath.Join(dir, CredentialsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the credentials for head office: %w", err)
	}
	return syncDir(dir)
}

func writeDurably(dir, name string, data []byte) error {
	tmp, err := os.CreateTemp(dir, name+".*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}
