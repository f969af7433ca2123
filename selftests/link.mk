# SPDX-License-Identifier: GPL-2.0-only
#
# What every collection needs after lib.mk: the fixtures library.
DAXFIX ?= $(OUTPUT)/libdaxfix.a

$(TEST_GEN_PROGS): $(DAXFIX)
$(DAXFIX): $(wildcard $(DAXWAKE)/fixtures/*.[ch]) $(wildcard $(DAXWAKE)/driver/daxwake_*uapi.h)
	$(Q)$(MAKE) -C $(DAXWAKE)/fixtures OUTPUT=$(abspath $(OUTPUT)) $(abspath $(DAXFIX))
