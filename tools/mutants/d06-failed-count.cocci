// SPDX-License-Identifier: GPL-2.0-only
// D06: a mapping of a PCI device's memory for which there is no page table leaves the
// page counted as one that somebody holds.
//
// Trees: 7.*
// Files: drivers/pci/p2pdma.c
// Verdict: leaked_ref
// Seen by: p2pdma_test
// Tests: p2pdma.mapping_*

@@
identifier ret;
expression page;
@@
 p2pmem_alloc_mmap(...)
 {
 <...
 if (ret) {
 ...
-set_page_count(page, 0);
 ...
 return ret;
 }
 ...>
 }
