// SPDX-License-Identifier: GPL-2.0-only
// I06: nobody looks for held pages in a file that is not mapped.
//
// History: cee91fa13a8e ("fs/dax: return unmapped busy pages from dax_layout_busy_page_range()")
// Trees: 7.*
// Files: fs/dax.c
// Verdict: early
// Seen by: unmapped_test
// Tests: unmapped.*

@@
expression mapping;
@@
 dax_layout_busy_page_range(...)
 {
 <...
-!dax_mapping(mapping)
+!dax_mapping(mapping) || !mapping_mapped(mapping)
 ...>
 }
