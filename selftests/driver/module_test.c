// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that was built for another kernel is refused as such, with one line
 * in the kernel log, and the one that is loaded does not notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

/* Where the VM has it. */
#define MODULE "/daxwake/test_daxwake.ko"

FIXTURE(module) {
	char *image;		/* a copy of ours */
	size_t size;
	int dev;
};

FIXTURE_SETUP(module)
{
	struct stat st;
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		DF_REQUIRE(df_lacks("no " MODULE " (a VM of make run_tests has it)"));
	DF_REQUIRE(df_dev_open(&self->dev));
	ASSERT_EQ(0, fstat(fd, &st));
	self->size = st.st_size;
	self->image = mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, self->image);
	close(fd);
}

FIXTURE_TEARDOWN(module)
{
	if (self->image)
		munmap(self->image, self->size);
	close(self->dev);
}

static int load(const char *image, size_t size)
{
	return syscall(SYS_init_module, image, size, "") ? errno : 0;
}

TEST_F(module, same_kernel_is_loaded_already)
{
	EXPECT_EQ(EEXIST, load(self->image, self->size));
}

TEST_F(module, other_kernel_is_enoexec)
{
	static const char magic[] = "vermagic=";
	char *at = memmem(self->image, self->size, magic, sizeof(magic) - 1);
	struct daxwake_info info;

	ASSERT_NE(NULL, at);
	/*
	 * 6.1 becomes 7.1. With CONFIG_MODVERSIONS each symbol has a version
	 * instead, and of this only what follows the release is compared.
	 */
	at[sizeof(magic) - 1]++;
	at = strchr(at, ' ');
	ASSERT_NE(NULL, at);
	at[1]++;
	EXPECT_EQ(ENOEXEC, load(self->image, self->size));
	EXPECT_EQ(0, __df_info(self->dev, &info));
}

DF_HARNESS_MAIN
