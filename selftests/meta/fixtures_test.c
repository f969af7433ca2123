// SPDX-License-Identifier: GPL-2.0-only
/*
 * What libdaxfix guarantees of requirements, file systems and files (see
 * daxfix.h), and that it says so when it cannot.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "meta.h"

FIXTURE(require) {
	int nothing;
};

FIXTURE_SETUP(require)
{
	self->nothing = 0;
}

FIXTURE_TEARDOWN(require)
{
}

TEST_F(require, is_content_with_what_is_there)
{
	EXPECT_EQ(0, df_require("")) TH_LOG("%s", df_reason());
	EXPECT_EQ(0, df_require("root path:/proc program:sh fs:proc")) TH_LOG("%s", df_reason());
	EXPECT_EQ(0, df_require("pmem\n\tfs:ext4 module:loop")) TH_LOG("%s", df_reason());
}

#define LIST "root path:/none program:none-such fs:nonefs module:none_such devdax"

TEST_F(require, lists_all_that_is_missing)
{
	unsetenv("DAXWAKE_DAX");
	EXPECT_EQ(1, df_require(LIST));
	EXPECT_SAYS(df_reason(), "/none: ");
	EXPECT_SAYS(df_reason(), "program none-such");
	EXPECT_SAYS(df_reason(), "file system nonefs");
	EXPECT_SAYS(df_reason(), "module none_such");
	EXPECT_SAYS(df_reason(), "DAXWAKE_DAX");
}

TEST_F(require, knows_its_words)
{
	EXPECT_EQ(-EINVAL, df_require("root beer"));
	EXPECT_EQ(-EINVAL, df_require("program:"));
	EXPECT_EQ(-EINVAL, df_require("wine:red"));
}

/* --- file systems ------------------------------------------------------- */

FIXTURE(fs) {
	struct df_fs fs;
	struct df_task task;
	char path[PATH_MAX + 8];
	int fd;
};

FIXTURE_VARIANT(fs) {
	const char *type;
	const char *other;
};

FIXTURE_VARIANT_ADD(fs, ext4) { .type = "ext4", .other = "xfs" };
FIXTURE_VARIANT_ADD(fs, xfs) { .type = "xfs", .other = "ext4" };

FIXTURE_SETUP(fs)
{
	self->fd = -1;
	/* those tests that wait for the deadline need not wait long */
	setenv("DAXWAKE_TIME_FACTOR", "0.1", 1);
	DF_REQUIRE(df_fs_init(&self->fs, variant->type));
	snprintf(self->path, sizeof(self->path), "%s/left", self->fs.dir);
}

FIXTURE_TEARDOWN(fs)
{
	if (self->task.pid)
		__df_task_kill(&self->task);
	if (self->fd >= 0)
		close(self->fd);
}

TEST_F(fs, is_what_was_asked_for)
{
	struct statx stx;
	struct statfs sf;

	EXPECT_STREQ(variant->type, self->fs.type);
	ASSERT_EQ(0, statfs(self->fs.dir, &sf));
	EXPECT_EQ(!strcmp(variant->type, "xfs") ? 0x58465342 : 0xef53, sf.f_type);
	EXPECT_EQ(DF_PTE, self->fs.bsize);
	EXPECT_NE(0, self->fs.phys);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, statx(self->fd, "", AT_EMPTY_PATH, STATX_TYPE, &stx));
	EXPECT_NE(0, stx.stx_attributes & 0x00200000 /* STATX_ATTR_DAX */);
	EXPECT_EQ(0, unlink(self->path));
}

TEST_F(fs, is_seen_by_nobody_else)
{
	char line[4096];
	FILE *f = fopen("/proc/1/mountinfo", "re");

	ASSERT_NE(NULL, f);
	while (fgets(line, sizeof(line), f))
		EXPECT_EQ(NULL, strstr(line, self->fs.dev)) TH_LOG("%s", line);
	fclose(f);
}

TEST_F(fs, is_kept_while_it_is_clean)
{
	struct stat st;

	/* one made anew knows nothing of that */
	ASSERT_EQ(0, chmod(self->fs.dir, 0711));
	DO(df_fs_init(&self->fs, variant->type));
	ASSERT_EQ(0, stat(self->fs.dir, &st));
	EXPECT_EQ(0711, st.st_mode & 0777);
}

TEST_F(fs, is_made_anew_after_a_file_was_left)
{
	struct stat st;

	ASSERT_EQ(0, chmod(self->fs.dir, 0711));
	close(open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	EXPECT_EQ(-ENOTEMPTY, __df_fs_clean(&self->fs));
	EXPECT_SAYS(df_reason(), "/left was left behind");
	DO(df_fs_init(&self->fs, variant->type));
	ASSERT_EQ(0, stat(self->fs.dir, &st));
	EXPECT_NE(0711, st.st_mode & 0777);
	EXPECT_NE(0, access(self->path, F_OK));
	EXPECT_EQ(0, __df_fs_clean(&self->fs)) TH_LOG("%s", df_reason());
}

TEST_F(fs, misses_space_that_nothing_shows)
{
	self->fd = open(self->fs.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fallocate(self->fd, 0, 0, DF_PTE));
	EXPECT_EQ(-ENOSPC, __df_fs_clean(&self->fs));
	EXPECT_SAYS(df_reason(), "1 of its blocks are not free");
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, __df_fs_clean(&self->fs)) TH_LOG("%s", df_reason());
}

TEST_F(fs, says_who_keeps_it)
{
	int keep[] = { -1, -1 };

	keep[0] = open(self->fs.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_LE(0, keep[0]);
	ASSERT_EQ(0, df_task_start(&self->task, "keeper", meta_keep, keep, keep));
	close(keep[0]);
	EXPECT_EQ(-EBUSY, __df_fs_discard(&self->fs));
	EXPECT_SAYS(df_reason(), "in use by keeper (pid ");
	EXPECT_EQ(-EBUSY, df_fs_init(&self->fs, variant->other));
	ASSERT_EQ(0, __df_task_kill(&self->task));
	EXPECT_EQ(0, __df_fs_discard(&self->fs)) TH_LOG("%s", df_reason());
}

TEST_F(fs, gives_way_to_another_type)
{
	struct df_fs other;

	DO(df_fs_init(&other, variant->other));
	EXPECT_STREQ(variant->other, other.type);
	EXPECT_EQ(0, __df_fs_clean(&other)) TH_LOG("%s", df_reason());
}

TEST_F(fs, knows_its_types)
{
	EXPECT_NE(0, df_fs_init(&self->fs, "proc"));
}

/* --- files ----------------------------------------------------------------- */

FIXTURE(file) {
	int dev;
	struct df_fs fs;
	struct df_file file;
};

FIXTURE_VARIANT(file) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(file);

FIXTURE_SETUP(file)
{
	self->file.fd = -1;
	self->dev = -1;
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_fs_init(&self->fs, variant->fstype));
	/* long enough that a PTE might have become a PMD, and a stripe be missed */
	DF_REQUIRE(df_file_init(&self->file, &self->fs, self->dev, DF_PMD + variant->fault,
				variant->fault));
}

FIXTURE_TEARDOWN(file)
{
	if (self->dev < 0)
		return;
	close(self->dev);
	df_file_done(&self->file);
	EXPECT_EQ(0, __df_fs_clean(&self->fs)) TH_LOG("%s", df_reason());
}

TEST_F(file, is_mapped_as_asked)
{
	struct daxwake_page *pages;
	size_t i, n = self->file.len / DF_PTE;

	pages = calloc(n, sizeof(*pages));
	DO(__df_pages_at(self->dev, self->file.map, n, pages));
	EXPECT_EQ(self->file.pfn, pages[0].pfn);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(variant->fault == DF_PMD ? DAXWAKE_LEVEL_PMD : DAXWAKE_LEVEL_PTE,
			  pages[i].level);
		ASSERT_EQ(DAXWAKE_PGMAP_FS_DAX, pages[i].pgmap);
		ASSERT_NE(0, pages[i].flags & DAXWAKE_PAGE_WRITABLE);
		ASSERT_EQ(0, pages[i].pins);
		ASSERT_EQ(0, pages[i].refs);
	}
	free(pages);
}

TEST_F(file, may_be_long)
{
	size_t len = variant->fault == DF_PMD ? 64UL << 20 : DF_PMD;
	struct df_file other;
	struct statfs sf;
	int fd;

	/* with little to choose from, an allocator takes what begins anywhere */
	ASSERT_EQ(0, statfs(self->fs.dir, &sf));
	fd = open(self->fs.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fallocate(fd, 0, 0, sf.f_bfree * sf.f_bsize - (100UL << 20)));
	DO(df_file_init(&other, &self->fs, self->dev, len, variant->fault));
	df_file_done(&other);
	close(fd);
}

TEST_F(file, holds_what_it_should)
{
	unsigned char *buf = malloc(self->file.len);
	size_t i;

	ASSERT_EQ(self->file.len, pread(self->file.fd, buf, self->file.len, 0));
	for (i = 0; i < self->file.len && buf[i] == df_file_byte(i); i++)
		;
	EXPECT_EQ(self->file.len, i);
	for (i = 0; i < self->file.len &&
	     (unsigned char)self->file.map[i] == df_file_byte(i); i++)
		;
	EXPECT_EQ(self->file.len, i);
	free(buf);
}

TEST_F(file, is_where_fiemap_says)
{
	struct daxwake_page page;
	struct df_file other;
	size_t at;
	off_t off;

	for (at = 0; at < self->file.len; at += 117 * DF_PTE) {
		DO(__df_pages_at(self->dev, self->file.map + at, 1, &page));
		EXPECT_EQ(1, __df_file_finds_pfn(&self->fs, self->file.fd, page.pfn, &off));
		EXPECT_EQ(at, off);
	}
	DO(df_file_init(&other, &self->fs, self->dev, variant->fault, variant->fault));
	EXPECT_EQ(0, __df_file_finds_pfn(&self->fs, self->file.fd, other.pfn, &off));
	EXPECT_EQ(1, __df_file_finds_pfn(&self->fs, other.fd, other.pfn, &off));
	EXPECT_EQ(-EINVAL, __df_file_finds_pfn(&self->fs, other.fd, 1, &off));
	df_file_done(&other);
}

static int touch(void *arg)
{
	unsigned char vec;

	return mincore(arg, DF_PTE, &vec) ? -errno : 0;
}

TEST_F(file, is_not_mapped_by_children)
{
	struct df_task t;

	DO(df_task_start(&t, "child", touch, self->file.map, NULL));
	DO(__df_task_join(&t, df_deadline()));
	EXPECT_EQ(-ENOMEM, df_task_returned(&t));
}

TEST_F(file, can_be_taken_apart_by_hand)
{
	DO(__df_file_unmap(&self->file));
	EXPECT_EQ(NULL, self->file.map);
	EXPECT_EQ(0, __df_file_unmap(&self->file));
	EXPECT_EQ(0, close(self->file.fd));
	self->file.fd = -1;
	EXPECT_EQ(0, unlink(self->file.path));
}

TEST_F(file, has_whole_pages)
{
	struct df_file other;

	EXPECT_EQ(-EINVAL, df_file_init(&other, &self->fs, self->dev, 0, variant->fault));
	EXPECT_EQ(-EINVAL, df_file_init(&other, &self->fs, self->dev, variant->fault + 512,
					variant->fault));
	EXPECT_EQ(-EINVAL, df_file_init(&other, &self->fs, self->dev, 8192, 8192));
}

/* What is not true must be noticed. */
TEST_F(file, is_not_taken_on_trust)
{
	struct df_fs wrong = self->fs;
	struct df_file other;
	struct df_slow slow;

	DO(df_slow_init(&slow));
	snprintf(wrong.dir, sizeof(wrong.dir), "%s", slow.dir);
	EXPECT_EQ(-EIO, df_file_init(&other, &wrong, self->dev, variant->fault, variant->fault));
	EXPECT_SAYS(df_reason(), "is not DAX");

	if (variant->fault == DF_PMD) {
		wrong = self->fs;
		wrong.phys += DF_PTE;
		EXPECT_EQ(1, df_file_init(&other, &wrong, self->dev, DF_PMD, DF_PMD));
		EXPECT_SAYS(df_reason(), "--align=2M");
	}
	df_slow_done(&slow);
}

DF_HARNESS_MAIN
