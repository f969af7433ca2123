// SPDX-License-Identifier: GPL-2.0-only
// B08: the layout wait is for one held page and does not look for another.
//
// History: b1f382178d15 ("ext4: close race between direct IO and ext4_break_layouts()")
// Trees: 7.*
// Files: fs/dax.c
// Verdict: early
// Seen by: two_pins_test late_pin_test
// Tests: two_pins.*_pte.* late_pin.*_pte.*

@@
symbol page;
expression error;
@@
 dax_break_layout(...)
 {
 <...
 error = wait_page_idle(...);
+if (!error) {
+	page = NULL;
+	break;
+}
 ...>
 }
