// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a busy device layout changes wait and are woken as on a quiet one, and
 * the load, which goes on meanwhile, finds all it wrote.
 *
 *	fio --(its engines)--> a file beside it, or device-dax
 *	a file <-- held by a pin, a pipe or a request <-- truncate, punch
 */
#include <string.h>

#include "harness.h"

#define CLAIMS 4
#define LEN DF_LEN(DF_PTE)

struct claim {
	struct df_proof p;
	struct df_fio fio;
};

FIXTURE(load) {
	struct df_world w;
	struct df_devdax d;
	struct claim c;
	char path[PATH_MAX + 8];
};

FIXTURE_VARIANT(load) {
	const char *fstype;
	const char *engine;
	const struct df_source *src[2];
};

#define ADD(fs, name, engine_, ...)					\
	FIXTURE_VARIANT_ADD(load, fs##_##name) {			\
		.fstype = #fs, .engine = engine_, .src = { __VA_ARGS__ } }
#define PIN_AND_PIPE &df_source_pin, &df_source_vmsplice
#define REQUEST &df_source_read, &df_source_read

/* To start fio costs more than the claims, so each engine is started once. */
ADD(ext4, dev_dax, "dev-dax", PIN_AND_PIPE);
ADD(ext4, libpmem_direct_io, "libpmem", REQUEST);
ADD(xfs, mmap_and_libaio, "files", PIN_AND_PIPE);
ADD(xfs, io_uring_direct_io, "io_uring", REQUEST);

static bool on_device(const char *engine)
{
	return !strcmp(engine, "dev-dax");
}

/* While the change waits the load is not to wait, too. */
static enum df_verdict load_goes_on(struct df_proof *p, struct df_task *t)
{
	struct claim *c = (struct claim *)((char *)p - offsetof(struct claim, p));

	bool verified;

	if (!__df_fio_moves(&c->fio))
		return DF_OK;
	verified = !strstr(df_reason(), "verify failed");
	__df_task_slept(t);
	return df_conclude(p, verified ? DF_PREMISE : DF_DATA, "while %s waits in %s: %s",
			   t->name, t->slept, df_reason());
}

FIXTURE_SETUP(load)
{
	const struct df_source *first = variant->src[0];

	self->d.fd = -1;
	self->c.fio.said = -1;
	self->c.fio.ends[1] = -1;
	self->c.p = (struct df_proof) {
		.file = &self->w.file,
		.len = LEN,
		.meanwhile = load_goes_on,
		.hold = {
			.src = first,
			.pin_flags = first->pin_flags,
			.how = DAXWAKE_UNPIN_USER_PAGES,
		},
	};
	if (first->init)
		DF_REQUIRE(first->init(&self->c.p.hold));
	if (on_device(variant->engine)) {
		DF_REQUIRE(df_devdax_init(&self->d, DF_PMD));
		strcpy(self->path, self->d.dev);
	}
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, LEN, DF_PTE));
	if (!on_device(variant->engine))
		snprintf(self->path, sizeof(self->path), "%s/load", self->w.fs.dir);
	DF_REQUIRE(df_fio_init(&self->c.fio, variant->engine, self->path));
}

FIXTURE_TEARDOWN(load)
{
	const struct df_source *first = variant->src[0];
	int ret = df_fio_done(&self->c.fio);

	EXPECT_EQ(0, ret);
	if (ret)
		TH_LOG("verdict: unkillable: %s", df_reason());
	if (first->done)
		first->done(&self->c.p.hold);
	if (self->d.fd >= 0)
		df_devdax_done(&self->d);
	DF_WORLD_DONE(&self->w);
}

TEST_F(load, layout_changes_wait_and_are_woken)
{
	static const struct df_trigger *const triggers[] = {
		&df_trigger_truncate, &df_trigger_punch,
	};
	struct df_proof *p = &self->c.p;
	struct df_file *f = &self->w.file;
	int i;

	for (i = 0; i < CLAIMS && p->verdict == DF_OK; i++) {
		p->trigger = triggers[i % 2];
		p->hold.src = variant->src[i / 2 % 2];
		EXPECT_EQ(DF_OK, __df_prove(p)) DF_VERDICT(p);
		df_file_done(f);
		ASSERT_EQ(0, df_file_init(f, &self->w.fs, self->w.dev, LEN, DF_PTE))
			TH_LOG("%s", df_reason());
	}
	/* also where it was not woken */
	EXPECT_EQ(0, __df_fio_stop(&self->c.fio)) {
		TH_LOG("verdict: wrong_data");
		TH_LOG("%s", df_reason());
	}
}

DF_HARNESS_MAIN
