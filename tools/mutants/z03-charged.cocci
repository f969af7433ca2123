// SPDX-License-Identifier: GPL-2.0-only
// Z03: a free page of a device's memory is still paid for.
//
// Ours: mutants.md has none for this claim
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memremap.c
// Verdict: leaked_ref
// Seen by: pgmap_move_test
// Tests: pgmap_memcg.*

@@
identifier f =~ "^free_(zone_device|devmap_managed)_(page|folio)$";
@@
 f(...)
 {
 <...
-mem_cgroup_uncharge(...);
 ...>
 }
