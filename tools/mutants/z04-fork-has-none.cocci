// SPDX-License-Identifier: GPL-2.0-only
// Z04: fork() copies an entry of private device memory, and takes no reference.
//
// Ours: mutants.md has none for this claim
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memory.c
// Verdict: double_free
// Seen by: pgmap_move_test
// Tests: pgmap_move.*.fork_shares_it*

@@
identifier f =~ "^copy_(nonpresent_pte|nonpresent_entry)$";
@@
 f(...)
 {
 <...
(
-get_page(...);
|
-folio_get(...);
)
 ...>
 }
