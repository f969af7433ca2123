// SPDX-License-Identifier: GPL-2.0-only
/*
 * LEAK_REF: one reference too many stays on a page. Just before the page is
 * given back the driver takes a reference of its own, and keeps it until the
 * fault is disarmed: what the kernel then does is exactly what it would do
 * had the give-back been lost.
 *
 * Up to 6.14 every give-back of an fsdax page except the inline folio_put()
 * goes through one function. Where that is not so, there is a probe on every
 * function that gives pages back, and for those that are inline either the
 * driver's own call is caught, or the last reference at the moment the page
 * becomes free.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/spinlock.h>

#include "daxwake.h"

static DEFINE_SPINLOCK(daxwake_leak_lock);
static struct daxwake_fault *daxwake_leak_fault;	/* leak_lock */
static bool daxwake_leak_narrow;	/* put_page() is seen by a probe, too */

static void daxwake_leak_take(struct daxwake_fault *fault)
{
	atomic_inc(&fault->head->_refcount);
}

/* Before the driver calls one of the kernel's inline functions. */
void daxwake_leak_inline(struct page *page, bool put_page)
{
	struct daxwake_fault *fault;

	if (!READ_ONCE(daxwake_leak_fault))
		return;
	spin_lock_bh(&daxwake_leak_lock);
	fault = daxwake_leak_fault;
	if (fault && compound_head(page) == fault->head &&
	    !(put_page && daxwake_leak_narrow) && daxwake_fault_fires(fault))
		daxwake_leak_take(fault);
	spin_unlock_bh(&daxwake_leak_lock);
}

#if defined(CONFIG_KPROBES) && defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)

/* How a probed function is told what to give back, by its first arguments. */
enum daxwake_leak_args {
	LEAK_HEAD,	/* a page or folio: the head */
	LEAK_PAGE,	/* a page */
	LEAK_RANGE,	/* a page, and how many that follow */
	LEAK_PAGES,	/* an array of pages, its length */
	LEAK_FOLIOS,	/* an array of folios, its length */
	LEAK_BATCH,	/* a folio_batch */
	LEAK_FREED,	/* a folio whose last reference has just gone */
};

struct daxwake_leak_probe {
	const char *symbol;
	enum daxwake_leak_args args;
	bool narrow;		/* sees all of fsdax: needs no others */
	bool armed;
	struct kprobe probe;
};

static struct daxwake_leak_probe daxwake_leak_probes[] = {
	{ "__put_devmap_managed_folio_refs", LEAK_HEAD, .narrow = true },
	{ "__put_devmap_managed_page_refs", LEAK_HEAD, .narrow = true },
	{ "__put_devmap_managed_page", LEAK_HEAD, .narrow = true },
	{ "put_devmap_managed_page", LEAK_HEAD, .narrow = true },
	{ "unpin_user_page", LEAK_PAGE },
	{ "unpin_user_pages", LEAK_PAGES },
	{ "unpin_user_pages_dirty_lock", LEAK_PAGES },
	{ "unpin_user_page_range_dirty_lock", LEAK_RANGE },
	{ "unpin_user_folio", LEAK_HEAD },
	{ "unpin_folio", LEAK_HEAD },
	{ "unpin_folios", LEAK_FOLIOS },
#ifdef HAVE_FOLIOS_PUT_BATCH
	{ "folios_put_refs", LEAK_BATCH },	/* release_pages() ends there */
#else
	{ "release_pages", LEAK_PAGES },
#endif
	{ "free_zone_device_folio", LEAK_FREED },
};

static bool daxwake_leak_hits(enum daxwake_leak_args args,
			      struct pt_regs *regs,
			      const struct daxwake_fault *fault)
{
	void *arg = (void *)regs_get_kernel_argument(regs, 0);
	u32 n = regs_get_kernel_argument(regs, 1);	/* of release_pages(): int */
	struct page **pages = arg;
	u32 i;

	switch (args) {
	case LEAK_HEAD:
	case LEAK_FREED:
		return arg == fault->head;
	case LEAK_PAGE:
		return arg == fault->page;
	case LEAK_RANGE:
		return fault->page >= (struct page *)arg &&
		       fault->page < (struct page *)arg + n;
	case LEAK_PAGES:
	case LEAK_FOLIOS:
		for (i = 0; i < n; i++) {
			if (pages[i] == (args == LEAK_PAGES ? fault->page :
							      fault->head))
				return true;
		}
		return false;
	case LEAK_BATCH:
#ifdef HAVE_FOLIOS_PUT_BATCH
		for (i = 0; i < folio_batch_count(arg); i++) {
			if (&((struct folio_batch *)arg)->folios[i]->page ==
			    fault->head)
				return true;
		}
#endif
		return false;
	}
	return false;
}

NOKPROBE_SYMBOL(daxwake_leak_hits);

static int daxwake_leak(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct daxwake_leak_probe *probe =
		container_of(kprobe, struct daxwake_leak_probe, probe);
	struct daxwake_fault *fault = READ_ONCE(daxwake_leak_fault);

	if (!fault || !daxwake_leak_hits(probe->args, regs, fault) ||
	    !daxwake_fault_fires(fault))
		return 0;
	daxwake_leak_take(fault);
	if (probe->args != LEAK_FREED)
		return 0;
	/* It is not free any more. */
	instruction_pointer_set(regs, (unsigned long)daxwake_return);
	return 1;
}

NOKPROBE_SYMBOL(daxwake_leak);

static bool daxwake_leak_register(struct daxwake_leak_probe *probe)
{
	probe->probe = (struct kprobe) {
		.symbol_name = probe->symbol,
		.pre_handler = daxwake_leak,
	};
	if (probe->args == LEAK_FREED)
		probe->probe.post_handler = daxwake_post_nop;
	probe->armed = !register_kprobe(&probe->probe);
	return probe->armed;
}

static void daxwake_leak_unregister(void)
{
	struct kprobe *list[ARRAY_SIZE(daxwake_leak_probes)];
	size_t i;
	int n = 0;

	for (i = 0; i < ARRAY_SIZE(daxwake_leak_probes); i++) {
		if (daxwake_leak_probes[i].armed)
			list[n++] = &daxwake_leak_probes[i].probe;
		daxwake_leak_probes[i].armed = false;
	}
	unregister_kprobes(list, n);
}

bool daxwake_leak_possible(void)
{
	return daxwake_probe_exists("unpin_user_page");
}

int daxwake_leak_arm(struct daxwake_fault *fault)
{
	bool fsdax = fault->pgmap->type == MEMORY_DEVICE_FS_DAX;
	bool any = false;
	size_t i;

	for (i = 0; fsdax && i < ARRAY_SIZE(daxwake_leak_probes); i++) {
		if (daxwake_leak_probes[i].narrow)
			any |= daxwake_leak_register(&daxwake_leak_probes[i]);
	}
	daxwake_leak_narrow = any;
	for (i = 0; !daxwake_leak_narrow &&
	     i < ARRAY_SIZE(daxwake_leak_probes); i++) {
		/* the last reference of others may have to go to their owner */
		if (!daxwake_leak_probes[i].narrow &&
		    (fsdax || daxwake_leak_probes[i].args != LEAK_FREED))
			any |= daxwake_leak_register(&daxwake_leak_probes[i]);
	}
	if (!any)
		return -EOPNOTSUPP;

	spin_lock_bh(&daxwake_leak_lock);
	WRITE_ONCE(daxwake_leak_fault, fault);
	spin_unlock_bh(&daxwake_leak_lock);
	return 0;
}

/* Gives back what was kept, by the way that wakes. */
void daxwake_leak_disarm(struct daxwake_fault *fault)
{
	int kept;

	spin_lock_bh(&daxwake_leak_lock);
	WRITE_ONCE(daxwake_leak_fault, NULL);
	spin_unlock_bh(&daxwake_leak_lock);
	daxwake_leak_unregister();

	for (kept = atomic_read(&fault->fired); kept; kept--)
		put_page(fault->head);
}

#else

bool daxwake_leak_possible(void)
{
	return false;
}

int daxwake_leak_arm(struct daxwake_fault *fault)
{
	return -EOPNOTSUPP;
}

void daxwake_leak_disarm(struct daxwake_fault *fault)
{
}

#endif
