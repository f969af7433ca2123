// SPDX-License-Identifier: GPL-2.0-only
// B11: xfs keeps the lock that faults need while it waits.
//
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/xfs/xfs_file.c fs/xfs/xfs_inode.c
// Verdict: hang
// Seen by: bystander_test
// Tests: bystander.xfs_pte.*

@@
@@
 xfs_wait_dax_page(...)
 {
 ...
-xfs_iunlock(...);
 schedule();
-xfs_ilock(...);
 }
