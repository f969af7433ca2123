// SPDX-License-Identifier: GPL-2.0-only
// Z08: pages of a device that are handed out as one are no folio.
//
// Ours: mutants.md has none for this claim
// Trees: 7.*
// Files: mm/memremap.c
// Verdict: wrong_data,crash
// Seen by: pgmap_life_test
// Tests: pgmap_reuse.*_merged.*

@@
@@
 zone_device_page_init(...)
 {
 <...
-if (...)
-	prep_compound_page(...);
 ...>
 }
