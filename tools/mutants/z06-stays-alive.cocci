// SPDX-License-Identifier: GPL-2.0-only
// Z06: a device-dax that goes down still takes faults.
//
// Ours: mutants.md has none for this claim
// Trees: 5.10 6.1 6.12 7.*
// Files: drivers/dax/super.c
// Verdict: wrong_errno,crash,hang
// Seen by: detach_test
// Tests: detach.*

@@
@@
 kill_dax(...)
 {
 ...
-clear_bit(DAXDEV_ALIVE, ...);
 ...
 }
