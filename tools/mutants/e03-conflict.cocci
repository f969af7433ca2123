// SPDX-License-Identifier: GPL-2.0-only
// E03: who waited for an entry does not wake the next one.
// Nobody can be the next one before a write invalidates what it replaces (6.2):
// a fault keeps truncate out, and the scans go past an entry that is locked.
//
// History: 61c30c98ef17 ("dax: Fix missed wakeup in put_unlocked_entry()")
// Trees: 6.12 7.*
// Files: fs/dax.c
// Verdict: lost_wakeup,hang
// Seen by: locked_test
// Tests: replaced.* locked.ext4_pte.*

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
