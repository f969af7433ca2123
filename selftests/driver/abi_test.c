// SPDX-License-Identifier: GPL-2.0-only
/*
 * The form of every call of /dev/test_daxwake, as daxwake_uapi.h promises it:
 * structs of other sizes, unknown flags and commands, pointers to nowhere, and
 * who may open it. What the calls do is in hold_test.c,
 * look_test.c, inject_test.c and pgmap_test.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

union any {
	struct {
		uint32_t size;
		uint32_t flags;
	};
	struct daxwake_info info;
	struct daxwake_pin pin;
	struct daxwake_release release;
	struct daxwake_pages pages;
	struct daxwake_waiters waiters;
	struct daxwake_rescue rescue;
	struct daxwake_write_late write_late;
	struct daxwake_inject inject;
	struct daxwake_pgmap_new pgmap_new;
	struct daxwake_pgmap_take pgmap_take;
	struct daxwake_pgmap_look pgmap_look;
	struct daxwake_pgmap_move pgmap_move;
	struct daxwake_pgmap_end pgmap_end;
	unsigned char bytes[8192];
};

/*
 * All fields but the size are 0. @seen: what such a call says; except for INFO
 * it is refused for its contents, which shows that its form was accepted.
 */
FIXTURE(command) {
	int dev;
	union any arg;
};

FIXTURE_VARIANT(command) {
	unsigned long cmd;
	size_t size, first;	/* now, and when first published */
	uint32_t flags;		/* known ones */
	size_t reserved;	/* offset of a field that must be 0; 0: none */
	size_t out, end;	/* what may be written */
	int seen;
};

#define END(name, field) (offsetof(struct daxwake_##name, field) +	\
			  sizeof(((struct daxwake_##name *)0)->field))
#define COMMAND(name, cmd_, flags_, reserved_, first_, out_, end_, seen_) \
	FIXTURE_VARIANT_ADD(command, name) {				\
		.cmd = DAXWAKE_IOC_##cmd_,				\
		.size = sizeof(struct daxwake_##name),			\
		.first = END(name, first_),				\
		.flags = flags_,					\
		.reserved = reserved_,					\
		.out = offsetof(struct daxwake_##name, out_),		\
		.end = END(name, end_),					\
		.seen = seen_,						\
	}
#define RESERVED(name) offsetof(struct daxwake_##name, reserved)

COMMAND(info, INFO, 0, RESERVED(info), out_injects, out_abi, out_pgmaps, 0);
COMMAND(pin, PIN, 15, 0, out_npages, out_handle, out_npages, EINVAL);
COMMAND(release, RELEASE, 7, RESERVED(release), reserved, out_released, out_released, ENOENT);
COMMAND(pages, PAGES, 0, 0, out_npages, out_npages, out_npages, EINVAL);
COMMAND(waiters, WAITERS, 0, 0, out_filled, out_total, out_filled, ENXIO);
COMMAND(rescue, RESCUE, 0, RESERVED(rescue), reserved, out_woken, out_woken, ENXIO);
COMMAND(write_late, WRITE_LATE, 1, 0, out_npages, out_npages, out_npages, ENOENT);
COMMAND(inject, INJECT, 0, 0, out_fired, out_fired, out_stalled, EINVAL);
COMMAND(pgmap_new, PGMAP_NEW, 0, RESERVED(pgmap_new), out_npages, out_idle, out_npages, EINVAL);
COMMAND(pgmap_take, PGMAP_TAKE, 15, RESERVED(pgmap_take), out_npages, out_handle, out_npages,
	EINVAL);
COMMAND(pgmap_look, PGMAP_LOOK, 0, 0, out_faults, out_npages, out_faults, ENOENT);
COMMAND(pgmap_move, PGMAP_MOVE, 1, 0, out_moved, out_moved, out_moved, EINVAL);
COMMAND(pgmap_end, PGMAP_END, 1, 0, out_left, out_left, out_left, ENOENT);

FIXTURE_SETUP(command)
{
	DF_REQUIRE(df_dev_open(&self->dev));
	memset(&self->arg, 0, sizeof(self->arg));
	self->arg.size = variant->size;
}

FIXTURE_TEARDOWN(command)
{
	close(self->dev);
}

/* 0 or the errno */
static int call(int dev, unsigned long cmd, void *arg)
{
	return ioctl(dev, cmd, arg) ? errno : 0;
}

TEST_F(command, exact_struct_is_accepted)
{
	EXPECT_EQ(variant->seen, call(self->dev, variant->cmd, &self->arg));
}

TEST_F(command, shorter_struct_than_first_published_is_einval)
{
	size_t size;

	for (size = 0; size < variant->first; size++) {
		self->arg.size = size;
		EXPECT_EQ(EINVAL, call(self->dev, variant->cmd, &self->arg))
			TH_LOG("size %zu of %zu", size, variant->first);
	}
}

TEST_F(command, older_struct_is_accepted_and_not_written_behind)
{
	size_t size, i;

	for (size = variant->first; size < variant->size; size++) {
		memset(self->arg.bytes + size, 0x5a, variant->size - size);
		self->arg.size = size;
		EXPECT_EQ(variant->seen, call(self->dev, variant->cmd, &self->arg))
			TH_LOG("size %zu of %zu", size, variant->size);
		for (i = size; i < variant->size; i++)
			EXPECT_EQ(0x5a, self->arg.bytes[i]) TH_LOG("byte %zu of %zu", i, size);
		memset(self->arg.bytes + variant->first, 0, variant->size - variant->first);
	}
}

TEST_F(command, longer_struct_with_zeroes_is_accepted)
{
	size_t size;

	for (size = variant->size + 1; size <= 4096; size += size / 2) {
		self->arg.size = size;
		EXPECT_EQ(variant->seen, call(self->dev, variant->cmd, &self->arg))
			TH_LOG("size %zu instead of %zu", size, variant->size);
	}
}

TEST_F(command, longer_struct_with_more_in_it_is_e2big)
{
	self->arg.size = variant->size + 16;
	self->arg.bytes[variant->size + 15] = 1;
	EXPECT_EQ(E2BIG, call(self->dev, variant->cmd, &self->arg));
	self->arg.bytes[variant->size + 15] = 0;
	self->arg.bytes[variant->size] = 1;
	EXPECT_EQ(E2BIG, call(self->dev, variant->cmd, &self->arg));
}

TEST_F(command, struct_of_more_than_a_page_is_e2big)
{
	self->arg.size = getpagesize() + 1;
	EXPECT_EQ(E2BIG, call(self->dev, variant->cmd, &self->arg));
	self->arg.size = UINT32_MAX;
	EXPECT_EQ(E2BIG, call(self->dev, variant->cmd, &self->arg));
}

TEST_F(command, unknown_flag_is_einval)
{
	int bit;

	for (bit = 0; bit < 32; bit++) {
		if (variant->flags & 1U << bit)
			continue;
		self->arg.flags = 1U << bit;
		EXPECT_EQ(EINVAL, call(self->dev, variant->cmd, &self->arg))
			TH_LOG("flag %#x", self->arg.flags);
	}
}

TEST_F(command, reserved_field_must_be_zero)
{
	uint32_t one = 1;

	if (!variant->reserved)
		return;
	memcpy(self->arg.bytes + variant->reserved, &one, sizeof(one));
	EXPECT_EQ(EINVAL, call(self->dev, variant->cmd, &self->arg));
}

TEST_F(command, pointer_to_nowhere_is_efault)
{
	size_t page = getpagesize();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	union any *arg;

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	EXPECT_EQ(EFAULT, call(self->dev, variant->cmd, NULL));
	EXPECT_EQ(EFAULT, call(self->dev, variant->cmd, map + page));
	EXPECT_EQ(EFAULT, call(self->dev, variant->cmd, (void *)-8UL));

	/* the size can be read, the last byte cannot */
	arg = (void *)(map + page - variant->size + 1);
	arg->size = variant->size;
	EXPECT_EQ(EFAULT, call(self->dev, variant->cmd, arg));
}

TEST_F(command, struct_that_cannot_be_written_is_efault)
{
	void *map = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, map);
	memcpy(map, &self->arg, variant->size);
	ASSERT_EQ(0, mprotect(map, getpagesize(), PROT_READ));
	EXPECT_EQ(EFAULT, call(self->dev, variant->cmd, map));
}

TEST_F(command, only_out_fields_are_written)
{
	union any before;
	size_t i;

	memset(self->arg.bytes + variant->size, 0x5a, 64);
	before = self->arg;
	ASSERT_EQ(variant->seen, call(self->dev, variant->cmd, &self->arg));
	for (i = 0; i < variant->size + 64; i++) {
		if (i >= variant->out && i < variant->end)
			continue;
		EXPECT_EQ(before.bytes[i], self->arg.bytes[i])
			TH_LOG("byte %zu was written", i);
	}
}

TEST_F(command, out_fields_read_as_zero_on_error)
{
	size_t i;

	if (!variant->seen)
		return;
	memset(self->arg.bytes + variant->out, 0x5a, variant->end - variant->out);
	ASSERT_EQ(variant->seen, call(self->dev, variant->cmd, &self->arg));
	for (i = variant->out; i < variant->end; i++)
		EXPECT_EQ(0, self->arg.bytes[i]);
}

FIXTURE(node) {
	int dev;
};

FIXTURE_SETUP(node)
{
	DF_REQUIRE(df_dev_open(&self->dev));
}

FIXTURE_TEARDOWN(node)
{
	close(self->dev);
}

TEST_F(node, unknown_command_is_enotty)
{
	static char arg[4096];
	unsigned int nr;

	*(uint32_t *)arg = 64;
	for (nr = 0; nr < 256; nr++) {
		unsigned long cmd = _IO(DAXWAKE_IOC_MAGIC, nr);

		if (cmd < DAXWAKE_IOC_INFO || cmd > DAXWAKE_IOC_PGMAP_END)
			EXPECT_EQ(ENOTTY, call(self->dev, cmd, arg))
				TH_LOG("command %#lx", cmd);
		/* a command that says its size is another command */
		cmd = _IOC(_IOC_READ | _IOC_WRITE, DAXWAKE_IOC_MAGIC, nr, 64);
		EXPECT_EQ(ENOTTY, call(self->dev, cmd, arg))
			TH_LOG("command %#lx", cmd);
	}
	EXPECT_EQ(ENOTTY, call(self->dev, _IO(0xdb, 0x80), arg));
}

TEST_F(node, only_root_may_use_the_file)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->dev, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
}

static int open_without_capability(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return 255;
	data[0].effective &= ~(1U << CAP_SYS_ADMIN);
	if (syscall(SYS_capset, &head, data))
		return 255;
	return open(DAXWAKE_DEVICE, O_RDWR | O_CLOEXEC) < 0 ? errno : 0;
}

TEST_F(node, open_takes_cap_sys_admin)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(open_without_capability());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
}

TEST_F(node, info_fits_together)
{
	struct daxwake_info info;

	ASSERT_EQ(0, __df_info(self->dev, &info));
	EXPECT_EQ(DAXWAKE_ABI, info.out_abi);
	EXPECT_GE(1, info.out_fsdax_idle);
	EXPECT_EQ(1, info.out_devdax_idle);
	EXPECT_EQ(1024, info.out_pin_bias);
	/* three names of one change */
	EXPECT_EQ(info.out_fsdax_idle == 0, info.out_wake_key == DAXWAKE_KEY_PAGE);
	EXPECT_EQ(info.out_fsdax_idle == 0,
		  !!(info.out_features & DAXWAKE_FEAT_MAP_COUNTED));

	EXPECT_EQ(0, info.out_releases >> DAXWAKE_HOW_COUNT);
	EXPECT_EQ(0, info.out_contexts >> DAXWAKE_CTX_COUNT);
	EXPECT_EQ(0, info.out_injects >> DAXWAKE_INJECT_COUNT);
	EXPECT_EQ(0, info.out_stalls >> DAXWAKE_AT_COUNT);
	EXPECT_EQ(0, info.out_pgmaps >> DAXWAKE_PGMAP_UNKNOWN);
	EXPECT_EQ(!!info.out_stalls, !!(info.out_injects & 1ULL << DAXWAKE_INJECT_STALL));
	EXPECT_TRUE(info.out_releases & 1ULL << DAXWAKE_UNPIN_USER_PAGE);
	EXPECT_TRUE(info.out_releases & 1ULL << DAXWAKE_PUT_PAGE);
	EXPECT_TRUE(info.out_contexts & 1ULL << DAXWAKE_CTX_CALLER);
	EXPECT_TRUE(info.out_injects & 1ULL << DAXWAKE_INJECT_SPLAT);
	EXPECT_TRUE(info.out_features & DAXWAKE_FEAT_WAITERS);
}

TEST_F(node, module_stays_while_the_file_is_open)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "test_daxwake", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

DF_HARNESS_MAIN
