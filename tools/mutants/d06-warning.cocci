// SPDX-License-Identifier: GPL-2.0-only
// D06: memory of a PCI device that was free is complained about when it is mapped.
//
// History: cb500023a752 (the warning was the wrong way round)
// Trees: 7.*
// Files: drivers/pci/p2pdma.c
// Verdict: splat
// Seen by: p2pdma_test
// Config: CONFIG_DEBUG_VM
// Tests: p2pdma.*

@@
expression page;
@@
 p2pmem_alloc_mmap(...)
 {
 <...
-VM_WARN_ON_ONCE_PAGE(page_ref_count(page), page);
+VM_WARN_ON_ONCE_PAGE(!page_ref_count(page), page);
 ...>
 }
