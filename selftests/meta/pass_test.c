// SPDX-License-Identifier: GPL-2.0-only
/*
 * What passes is reported as passed.
 */
#include "meta.h"

META_FINE(first)
META_FINE(second)

DF_HARNESS_MAIN
