// SPDX-License-Identifier: GPL-2.0-only
// A06: a fault of 2 MiB takes an entry of 4 KiB for its own.
//
// History: 6370740e5f8e ("fs/dax: Fix pmd vs pte conflict detection")
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/dax.c
// Verdict: early,wrong_errno
// Seen by: small_first_test
// Tests: small_first.*

@@
identifier f =~ "^get_(next_)?unlocked_entry$";
expression entry, order;
@@
 f(...)
 {
 <...
-if (dax_entry_order(entry) < order)
-	return XA_RETRY_ENTRY;
 ...>
 }
