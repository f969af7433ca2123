// SPDX-License-Identifier: GPL-2.0-only
/*
 * What cannot be tested here is skipped with its reason.
 */
#include "meta.h"

META_FINE(before)

META_TEST(missing, skips)
{
	SKIP(return, "this machine has no flux capacitor");
}

META_FINE(after)

DF_HARNESS_MAIN
