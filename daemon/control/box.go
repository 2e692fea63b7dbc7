// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"io"

	"redbench/edge"
	"redbench/edge/backup"
)

// Box is what a person at the box can ask for. Errors that keep their meaning across the socket are
// [edge.ErrNotFound], [edge.ErrAmbiguous], [ErrNeedsDaemon] and *[edge.Refusal].
type Box interface {
	// Status tells how the box stands.
	Status(ctx context.Context) (Status, error)
	// Probe sends a test event the whole way from the tills to a screen, and leaves nothing behind. What fails on the way
	// is part of the report, never an error.
	Probe(ctx context.Context) (ProbeReport, error)

	// Pair mints a credential for a screen, or for the manager's page.
	Pair(ctx context.Context, req PairRequest) (Pairing, error)
	// Approve accepts the code that an unpaired page shows.
	Approve(ctx context.Context, req ApproveRequest) error
	// Screens lists the paired screens.
	Screens(ctx context.Context) ([]Screen, error)
	// Revoke takes a screen's credential back; the screen goes blank at once.
	Revoke(ctx context.Context, id string) error

	// Backup makes a backup now, proves it, and takes out of the others who was forgotten since.
	Backup(ctx context.Context, progress func(backup.Progress)) (backup.Backup, error)
	// Import reads a file of customers or visits to its end, telling progress about four times a second. A bad row is
	// part of the report, never an error.
	Import(ctx context.Context, req ImportRequest, r io.Reader, progress func(edge.ImportProgress)) (edge.ImportReport, error)
	// Export writes customers or visits as an import takes them back.
	Export(ctx context.Context, req ExportRequest, to io.Writer, progress func(edge.ExportProgress)) (edge.ExportReport, error)
	// Forget takes one customer out, whole.
	Forget(ctx context.Context, id edge.Identifier) (ForgetReport, error)
	// Enroll exchanges a one-time code of head office for this box's credentials and the chain's keys. A box that is
	// enrolled already stays as it is, unless it is told to enroll again.
	Enroll(ctx context.Context, req EnrollRequest) (EnrollReport, error)
	// Customer tells what the box knows of one customer.
	Customer(ctx context.Context, id edge.Identifier) (Customer, error)
	// Dossier gives everything that the box holds of one customer.
	Dossier(ctx context.Context, id edge.Identifier) (edge.Dossier, error)
	// Merge makes one customer of two.
	Merge(ctx context.Context, req MergeRequest) (MergeReport, error)
	// Unmerge makes two of a customer again who was merged at this box.
	Unmerge(ctx context.Context, req UnmergeRequest) (UnmergeReport, error)

	// Try chooses a prompt without showing it, with every rule that was considered.
	Try(ctx context.Context, req TryRequest) (Trial, error)

	// Quarantine lists refused events, newest first, at most limit.
	Quarantine(ctx context.Context, limit int) ([]Quarantined, error)
	// QuarantineShow tells of one refused event; its payload stays sealed.
	QuarantineShow(ctx context.Context, id string) (Quarantined, error)
}
