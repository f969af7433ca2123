// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout change of a DAX file waits while a page of it is held, is woken by
 * the last reference, and leaves nothing behind (or refuses, or need not wait,
 * where that is its rule), whatever the values of all axes are:
 *
 *	file system x page size | held by x let go by x from | change | place | state
 *
 * The default run takes a set in which every pair of values that can go
 * together does. FULL=1 takes all; TESTS= one by its id.
 */
#include <stdlib.h>

#include "combos.h"
#include "harness.h"

FIXTURE(combo) {
	struct df_case c;
};

FIXTURE_VARIANT(combo) {
	struct df_combo combo;
};

FIXTURE_SETUP(combo)
{
	DF_REQUIRE(df_case_init(&self->c, &variant->combo));
}

FIXTURE_TEARDOWN(combo)
{
	EXPECT_EQ(0, df_case_done(&self->c)) TH_LOG("%s", df_reason());
	DF_SPOILED();
}

TEST_F_TIMEOUT(combo, change_keeps_its_promise, 60)
{
	struct df_proof *p = &self->c.p;

	EXPECT_EQ(DF_OK, __df_case_prove(&self->c)) {
		DF_VERDICT(p);
		if (variant->combo.trigger->unmaps)
			DF_HINT_EVICT(p, DF_EARLY);
		if (variant->combo.state == &df_state_unmapped)
			DF_HINT_UNMAPPED(p, DF_EARLY);
		if (variant->combo.src->let_go_by_driver)
			DF_HINT_WAKE(p, p->hold.how);
	}
}

/* --- variants made of tables, not written down ------------------------------ */

struct made {
	struct __fixture_variant_metadata v;
	char name[DF_COMBO_NAME];
	struct _fixture_variant_combo data;
};

static void add(const struct df_combo *combo, void *arg __attribute__((unused)))
{
	struct made *one = calloc(1, sizeof(*one));

	if (!one)
		abort();
	one->data.combo = *combo;
	df_combo_name(combo, one->name);
	one->v.name = one->name;
	one->v.data = &one->data;
	__register_fixture_variant(&_combo_fixture_object, &one->v);
}

/* "-r combo.VARIANT.test": those are made, whether a default run has them or not. */
static bool add_named(int argc, char **argv)
{
	static const char prefix[] = "combo.";
	bool any = false;

	for (int i = 1; i + 1 < argc; i++) {
		const char *name = argv[i + 1] + strlen(prefix), *end;
		struct df_combo c;

		if (strcmp(argv[i], "-r") || strncmp(argv[i + 1], prefix, strlen(prefix)))
			continue;
		end = strrchr(name, '.');
		if (end && df_combo_parse(&c, name, end - name)) {
			add(&c, NULL);
			any = true;
		}
	}
	return any;
}

static int prepare(int argc, char **argv)
{
	const char *full = getenv("DAXWAKE_FULL");

	bool whole = full && *full == '1';
	uint64_t combos;
	size_t pairs, n;

	if (add_named(argc, argv))
		return 0;
	n = df_combos(whole, add, NULL);
	if (argc != 2 || strcmp(argv[1], "--ids"))
		return 0;
	/* tools/run passes it on: what is left out is never left unsaid */
	df_combos_count(&combos, &pairs);
	if (whole)
		printf("# all %zu combinations\n", n);
	else
		printf("# %zu of %llu combinations have each of %zu pairs (FULL=1: all)\n",
		       n, (unsigned long long)combos, pairs);
	return 0;
}

DF_HARNESS_MAIN_AFTER(prepare)
