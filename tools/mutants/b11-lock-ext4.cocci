// SPDX-License-Identifier: GPL-2.0-only
// B11: ext4 keeps the lock that faults need while it waits.
//
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/ext4/inode.c
// Verdict: hang
// Seen by: bystander_test
// Tests: bystander.ext4_pte.*

@@
@@
 ext4_wait_dax_page(...)
 {
-\(up_write\|filemap_invalidate_unlock\)(...);
 schedule();
-\(down_write\|filemap_invalidate_lock\)(...);
 }
