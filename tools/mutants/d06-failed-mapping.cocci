// SPDX-License-Identifier: GPL-2.0-only
// D06: a mapping of a PCI device's memory for which there is no page table leaves the
// pgmap a reference behind.
//
// History: 6220694c52a5 (nobody gave it back)
// Trees: 6.12 7.*
// Files: drivers/pci/p2pdma.c
// Verdict: leaked_ref
// Seen by: p2pdma_test
// Tests: p2pdma.mapping_*

@@
identifier ret;
expression ref;
@@
 p2pmem_alloc_mmap(...)
 {
 <...
 if (ret) {
 ...
-percpu_ref_put(ref);
 return ret;
 }
 ...>
 }
