// SPDX-License-Identifier: GPL-2.0-only
// Z05: a free page of a device's memory counts one, as those of other types do.
//
// Ours: mutants.md has none for this claim
// Trees: 6.1 6.12
// Files: mm/memremap.c
// Verdict: leaked_ref
// Seen by: pgmap_life_test
// Tests: pgmap_life.*

@@
@@
 free_zone_device_page(struct page *page)
 {
 <...
-put_dev_pagemap(page->pgmap);
+{ put_dev_pagemap(page->pgmap); set_page_count(page, 1); }
 ...>
 }

@@
@@
 free_zone_device_folio(struct folio *folio)
 {
 <...
-put_dev_pagemap(folio->page.pgmap);
+{ put_dev_pagemap(folio->page.pgmap); folio_set_count(folio, 1); }
 ...>
 }
