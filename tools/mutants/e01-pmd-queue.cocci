// SPDX-License-Identifier: GPL-2.0-only
// E01: those who wait for the entry of one huge page wait in different queues.
//
// History: 23c84eb78375 ("dax: Fix missed wakeup with PMD faults")
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/dax.c
// Verdict: lost_wakeup
// Seen by: locked_test
// Tests: locked.ext4_pmd.* locked.xfs_pmd.*

@@
expression entry, index;
@@
 dax_entry_waitqueue(...)
 {
 ...
-if (dax_is_pmd_entry(entry))
-	index &= ~PG_PMD_COLOUR;
 ...
 }
