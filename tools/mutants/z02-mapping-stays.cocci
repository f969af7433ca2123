// SPDX-License-Identifier: GPL-2.0-only
// Z02: a device-dax that goes down leaves its pages mapped.
//
// Ours: mutants.md has none for this claim
// Trees: 5.10 6.1 6.12 7.*
// Files: drivers/dax/bus.c
// Verdict: wrong_errno,crash
// Seen by: detach_test
// Tests: detach.*

@@
@@
 kill_dev_dax(...)
 {
 ...
-unmap_mapping_range(...);
 ...
 }
