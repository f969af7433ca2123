// SPDX-License-Identifier: GPL-2.0-only
/*
 * DROP_REF and FREE_TWICE: pages of the driver's own pgmaps are counted wrong on
 * purpose, one too low, and one free callback too many. (One too high is
 * LEAK_REF.) Both happen where the driver gives pages back, by plain calls.
 */
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "daxwake.h"

static DEFINE_SPINLOCK(daxwake_own_lock);
static struct daxwake_fault *daxwake_drop_fault;	/* own_lock */
static struct daxwake_fault *daxwake_twice_fault;	/* own_lock */

static int daxwake_own_arm(struct daxwake_fault **slot,
			   struct daxwake_fault *fault)
{
	if (fault && !daxwake_map_of(fault->pgmap))
		return -EINVAL;
	spin_lock_bh(&daxwake_own_lock);
	WRITE_ONCE(*slot, fault);
	spin_unlock_bh(&daxwake_own_lock);
	return 0;
}

static bool daxwake_own_hits(struct daxwake_fault *fault, struct page **pages,
			     unsigned int npages)
{
	unsigned int i;

	for (i = 0; fault && i < npages; i++) {
		if (compound_head(pages[i]) == fault->head)
			return true;
	}
	return false;
}

static bool daxwake_own_is_free(const struct daxwake_fault *fault)
{
	struct daxwake_map *map = daxwake_map_of(fault->pgmap);
	unsigned long flags;
	bool out;
	int idle;

	spin_lock_irqsave(&map->lock, flags);
	out = map->pages[page_to_pfn(fault->head) - map->pfn].out;
	spin_unlock_irqrestore(&map->lock, flags);
	daxwake_pgmap_type(fault->pgmap, &idle);
	return !out && page_ref_count(fault->head) == idle;
}

void daxwake_before_giving(struct page **pages, unsigned int npages)
{
	struct daxwake_fault *fault;
	struct page *drop = NULL;
	int idle;

	if (!READ_ONCE(daxwake_drop_fault))
		return;
	spin_lock_bh(&daxwake_own_lock);
	fault = daxwake_drop_fault;
	if (daxwake_own_hits(fault, pages, npages)) {
		daxwake_pgmap_type(fault->pgmap, &idle);
		if (page_ref_count(fault->head) > idle + 1 &&
		    daxwake_fault_fires(fault))
			drop = fault->head;
	}
	spin_unlock_bh(&daxwake_own_lock);
	if (drop)
		put_page(drop);
}

void daxwake_after_giving(struct page **pages, unsigned int npages)
{
	struct daxwake_fault *fault;

	if (!READ_ONCE(daxwake_twice_fault))
		return;
	spin_lock_bh(&daxwake_own_lock);
	fault = daxwake_twice_fault;
	if (daxwake_own_hits(fault, pages, npages) &&
	    daxwake_own_is_free(fault) && daxwake_fault_fires(fault))
		daxwake_map_freed(fault->head);
	spin_unlock_bh(&daxwake_own_lock);
}

int daxwake_drop_arm(struct daxwake_fault *fault)
{
	return daxwake_own_arm(&daxwake_drop_fault, fault);
}

/* A page that was freed for want of it has to be handed out once more. */
void daxwake_drop_disarm(struct daxwake_fault *fault)
{
	struct daxwake_map *map = daxwake_map_of(fault->pgmap);
	unsigned int i = page_to_pfn(fault->head) - map->pfn;
	int owed;

	daxwake_own_arm(&daxwake_drop_fault, NULL);
	for (owed = atomic_read(&fault->fired); owed; owed--) {
		if (map->device &&
		    !daxwake_map_claim(map, i, 1U << map->pages[i].order,
				       map->pages[i].order)) {
			daxwake_device_page_init(fault->head, &map->pgmap,
						 map->pages[i].order);
			unlock_page(fault->head);
		} else {
			page_ref_inc(fault->head);
		}
	}
}

int daxwake_twice_arm(struct daxwake_fault *fault)
{
	return daxwake_own_arm(&daxwake_twice_fault, fault);
}

void daxwake_twice_disarm(struct daxwake_fault *fault)
{
	daxwake_own_arm(&daxwake_twice_fault, NULL);
}
