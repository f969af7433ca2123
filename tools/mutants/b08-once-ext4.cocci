// SPDX-License-Identifier: GPL-2.0-only
// B08: ext4 waits for one held page and does not look for another.
//
// History: b1f382178d15 ("ext4: close race between direct IO and ext4_break_layouts()")
// Trees: 5.10 6.1 6.12
// Files: fs/ext4/inode.c
// Verdict: early
// Seen by: two_pins_test late_pin_test
// Tests: two_pins.ext4_pte.* late_pin.ext4_pte.*

@@
expression error;
@@
 ext4_break_layouts(...)
 {
 <...
 error = ___wait_var_event(...);
+break;
 ...>
 }
