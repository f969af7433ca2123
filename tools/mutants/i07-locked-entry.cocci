// SPDX-License-Identifier: GPL-2.0-only
// I07: the search for held pages goes on behind an entry it had to wait for.
//
// History: 6be3e21d25ca, dd59137bfe70
// Trees: 7.*
// Files: fs/dax.c
// Verdict: early
// Seen by: locked_test
// Tests: locked.*.truncate_waits_for_the_pinned_page

@@
expression xas;
@@
 wait_entry_unlocked_exclusive(...)
 {
 <...
-xas_reset(xas);
+xas_pause(xas);
 ...>
 }
