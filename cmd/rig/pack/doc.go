// SPDX-License-Identifier: Apache-2.0

// Package pack makes what is given to others: packages for Debian, Red Hat and Windows, archives, their lists of components,
// checksums and signatures. The same commit gives the same bytes wherever it is built.
package pack
