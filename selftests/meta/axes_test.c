// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases made of tables are what they claim to be: names lead back to the
 * combination, no name is given twice, and the default set has every pair of
 * values that can go together.
 */
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "harness.h"

#define MAX 2000

struct set {
	struct df_combo c[MAX];
	char name[MAX][DF_COMBO_NAME];
	size_t n;
};

FIXTURE(default_set) {
	struct set *set;
};

static void keep(const struct df_combo *c, void *arg)
{
	struct set *set = arg;

	if (set->n < MAX) {
		set->c[set->n] = *c;
		df_combo_name(c, set->name[set->n]);
	}
	set->n++;
}

FIXTURE_SETUP(default_set)
{
	size_t n;

	self->set = calloc(1, sizeof(*self->set));
	ASSERT_NE(NULL, self->set);
	n = df_combos(false, keep, self->set);
	ASSERT_EQ(n, self->set->n);
	ASSERT_GT(MAX, self->set->n);
	ASSERT_LT(0, self->set->n);
}

FIXTURE_TEARDOWN(default_set)
{
	free(self->set);
}

TEST_F(default_set, is_possible)
{
	for (size_t i = 0; i < self->set->n; i++) {
		EXPECT_TRUE(df_combo_possible(&self->set->c[i]))
			TH_LOG("%s", self->set->name[i]);
	}
}

TEST_F(default_set, names_lead_back)
{
	for (size_t i = 0; i < self->set->n; i++) {
		const char *name = self->set->name[i];
		struct df_combo c;

		ASSERT_TRUE(df_combo_parse(&c, name, strlen(name))) TH_LOG("%s", name);
		EXPECT_EQ(0, memcmp(&c, &self->set->c[i], sizeof(c))) TH_LOG("%s", name);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

TEST_F(default_set, names_are_unique)
{
	struct set *set = self->set;

	qsort(set->name, set->n, sizeof(set->name[0]), by_name);
	for (size_t i = 1; i < set->n; i++) {
		EXPECT_NE(0, strcmp(set->name[i - 1], set->name[i]))
			TH_LOG("%s", set->name[i]);
	}
}

static bool has(const struct set *set, enum axis_id a, const void *x, enum axis_id b,
		const void *y)
{
	for (size_t i = 0; i < set->n; i++)
		if (axis_get(&set->c[i], a) == x && axis_get(&set->c[i], b) == y)
			return true;
	return false;
}

/* Found the slow way, by trying whatever is left. */
static bool can_be(struct df_combo *c, enum axis_id a)
{
	const void *value;

	if (!df_combo_possible(c))
		return false;
	while (a < AXES && axis_get(c, a))
		a++;
	if (a == AXES)
		return true;
	for (size_t i = 0; (value = axis_value(a, i)); i++) {
		axis_set(c, a, value);
		if (can_be(c, a + 1)) {
			axis_set(c, a, NULL);
			return true;
		}
	}
	axis_set(c, a, NULL);
	return false;
}

TEST_F(default_set, has_every_pair_that_goes_together)
{
	const void *x, *y;

	for (enum axis_id a = 0; a < AXES; a++)
		for (size_t i = 0; (x = axis_value(a, i)); i++)
			for (enum axis_id b = a + 1; b < AXES; b++)
				for (size_t j = 0; (y = axis_value(b, j)); j++) {
					struct df_combo c = { 0 };

					axis_set(&c, a, x);
					axis_set(&c, b, y);
					if (!axis_pair_wanted(a, x, b, y))
						continue;
					EXPECT_EQ(can_be(&c, 0), has(self->set, a, x, b, y)) {
						TH_LOG("%s with %s", axis_name(a, x),
						       axis_name(b, y));
					}
				}
}

TEST_F(default_set, has_every_value_on_each_file_system_and_page_size)
{
	const void *fs, *size, *y;

	for (size_t i = 0; (fs = axis_value(AXIS_FS, i)); i++)
		for (size_t k = 0; (size = axis_value(AXIS_SIZE, k)); k++)
			for (enum axis_id b = AXIS_SRC; b < AXES; b++)
				for (size_t j = 0; (y = axis_value(b, j)); j++) {
					struct df_combo c = { .fs = fs, .size = size };
					bool found = false;

					axis_set(&c, b, y);
					for (size_t n = 0; n < self->set->n && !found; n++)
						found = self->set->c[n].fs == fs &&
							self->set->c[n].size == size &&
							axis_get(&self->set->c[n], b) == y;
					EXPECT_EQ(can_be(&c, 0), found)
						TH_LOG("%s_%s with %s", axis_name(AXIS_FS, fs),
						       axis_name(AXIS_SIZE, size), axis_name(b, y));
				}
}

TEST(what_is_no_name_is_refused)
{
	static const char *const wrong[] = {
		"", "ext4", "ext4_pte", "ext4_pte-pin", "ext4-pte-pin-truncate",
		"ext5_pte-pin-truncate", "ext4_pte-pin-truncate-", "ext4_pte-pin-put_page-truncate",
		"ext4_pte-pin-truncate-truncate", "ext4_pte-vmsplice-softirq-truncate",
	};
	struct df_combo c;

	EXPECT_TRUE(df_combo_parse(&c, "ext4_pte-pin-truncate", 21));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		EXPECT_FALSE(df_combo_parse(&c, wrong[i], strlen(wrong[i])))
			TH_LOG("'%s'", wrong[i]);
	}
}

DF_HARNESS_MAIN
