// SPDX-License-Identifier: GPL-2.0-only
// Z07: a page of a device that is handed out again is still a part of the large
// folio that it was in.
//
// Ours: mutants.md has none for this claim
// Trees: 7.*
// Files: mm/memremap.c
// Verdict: wrong_data,crash,hang
// Seen by: pgmap_life_test
// Tests: pgmap_reuse.*_split.*

@@
identifier folio, pgmap;
@@
 zone_device_page_init(...)
 {
 <...
-folio->pgmap = pgmap;
 ...>
 }
