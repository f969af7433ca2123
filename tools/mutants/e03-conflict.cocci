// SPDX-License-Identifier: GPL-2.0-only
// E03: who waited for an entry does not wake the next one.
//
// History: 61c30c98ef17 ("dax: Fix missed wakeup in put_unlocked_entry()")
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/dax.c
// Verdict: lost_wakeup,hang
// Seen by: locked_test
// Tests: locked.ext4_pte.* replaced.*

@@
expression entry;
@@
 put_unlocked_entry(...)
 {
 <...
-!dax_is_conflict(entry)
+dax_is_conflict(entry)
 ...>
 }
