# SPDX-License-Identifier: GPL-2.0-only
#
# What every collection needs before lib.mk: a test is a *_test.c, so adding a
# file adds a test.
KHDR_INCLUDES ?= -isystem /usr/include
TEST_GEN_PROGS := $(patsubst %.c,%,$(wildcard *_test.c))
# A header that the library does without is compiled into the tests all the same.
LOCAL_HDRS := $(wildcard $(DAXWAKE)/fixtures/*.h *.h)
TEST_FILES := $(wildcard $(DAXWAKE)/fixtures/fio/*.fio)

# The harness compares (expected, seen) of whatever signedness and declares
# what not every test uses; nothing else of -Wextra is switched off.
CFLAGS += -O2 -g -Wall -Wextra -Wno-sign-compare -Wno-unused-parameter
CFLAGS += -I.. -I$(DAXWAKE)/fixtures -I$(DAXWAKE)/driver
# Each test is a fork or two: bind symbols once, before them.
LDFLAGS += -Wl,-z,now
LDLIBS += -lndctl -ldaxctl -lmount -lblkid -ldevmapper -luring -laio -lpthread
