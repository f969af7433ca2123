// SPDX-License-Identifier: GPL-2.0-only
// B08: xfs waits for one held page and does not look for another.
//
// History: e25ff835af89
// Trees: 5.10 6.1 6.12
// Files: fs/xfs/xfs_file.c fs/xfs/xfs_inode.c
// Verdict: early
// Seen by: two_pins_test late_pin_test
// Tests: two_pins.xfs_pte.* late_pin.xfs_pte.*

@@
symbol retry, true;
@@
 xfs_break_dax_layouts(...)
 {
 <...
- *retry = true;
 ...>
 }
