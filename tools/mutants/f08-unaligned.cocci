// SPDX-License-Identifier: GPL-2.0-only
// F08: a huge page is mapped where the fault was, not where it begins.
//
// x86 takes the address for nothing but a check, which is a VM_BUG_ON: it is seen
// only where that is one.
//
// History: fce86ff5802b ("mm/huge_memory: fix vmf_insert_pfn_{pmd,pud}() crash...")
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/huge_memory.c
// Verdict: crash,wrong_data
// Seen by: combos_test
// Config: CONFIG_DEBUG_VM
// Tests: bystander.*_pmd.* combo.*_pmd-pin*-middle*

@@
identifier f =~ "^vmf_insert_(pfn|folio)_pmd(_prot)?$";
expression vmf;
@@
 f(...)
 {
 <...
-vmf->address & PMD_MASK
+vmf->address
 ...>
 }
