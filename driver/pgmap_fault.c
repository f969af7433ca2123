// SPDX-License-Identifier: GPL-2.0-only
/*
 * DROP_REF and FREE_TWICE: pages of the driver's own pgmaps, and of PCI devices,
 * are counted wrong on purpose, one too low, and one free callback too many. (One
 * too high is LEAK_REF.) Both happen where the driver gives pages back, by plain
 * calls.
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
	if (fault && !daxwake_map_of(fault->pgmap) &&
	    fault->pgmap->type != MEMORY_DEVICE_PCI_P2PDMA)
		return -EINVAL;
	spin_lock_bh(&daxwake_own_lock);
	WRITE_ONCE(*slot, fault);
	spin_unlock_bh(&daxwake_own_lock);
	return 0;
}

/* How often the page is about to be given back. */
static unsigned int daxwake_own_hits(struct daxwake_fault *fault,
				     struct page **pages, unsigned int npages)
{
	unsigned int i, hits = 0;

	for (i = 0; fault && i < npages; i++)
		hits += compound_head(pages[i]) == fault->head;
	return hits;
}

/* May one reference more go, beside @hits that do? */
static bool daxwake_own_spares(const struct daxwake_fault *fault,
			       unsigned int hits)
{
	int idle;

	if (!hits)
		return false;
	if (!daxwake_map_of(fault->pgmap))
		return page_ref_count(fault->head) >
		       1 + (int)(hits * GUP_PIN_COUNTING_BIAS);
	daxwake_pgmap_type(fault->pgmap, &idle);
	return page_ref_count(fault->head) > idle + 1;
}

/* What a PCI device's owner is told when a page is free; he is told no more. */
static void daxwake_pci_freed(struct page *page)
{
	struct dev_pagemap *pgmap = daxwake_page_pgmap(page);

	page_ref_inc(page);
#ifdef HAVE_FOLIO_FREE
	pgmap->ops->folio_free(page_folio(page));
#else
	pgmap->ops->page_free(page);
#endif
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

	if (!READ_ONCE(daxwake_drop_fault))
		return;
	spin_lock_bh(&daxwake_own_lock);
	fault = daxwake_drop_fault;
	if (daxwake_own_spares(fault, daxwake_own_hits(fault, pages, npages)) &&
	    daxwake_fault_fires(fault))
		drop = fault->head;
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
	if (!daxwake_own_hits(fault, pages, npages)) {
		/* not this time */
	} else if (daxwake_map_of(fault->pgmap)) {
		if (daxwake_own_is_free(fault) && daxwake_fault_fires(fault))
			daxwake_map_freed(fault->head);
	} else if (page_ref_count(fault->head) > 1 && daxwake_fault_fires(fault)) {
		daxwake_pci_freed(fault->head);
	}
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
	unsigned int i;
	int owed;

	daxwake_own_arm(&daxwake_drop_fault, NULL);
	for (owed = atomic_read(&fault->fired); owed; owed--) {
		if (!map) {
			page_ref_inc(fault->head);
			continue;
		}
		i = page_to_pfn(fault->head) - map->pfn;
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
	int idle;

	daxwake_own_arm(&daxwake_twice_fault, NULL);
	/* kept since then, and in the pool already: nobody is to be told now */
	if (daxwake_map_of(fault->pgmap) || !atomic_read(&fault->fired))
		return;
	daxwake_pgmap_type(fault->pgmap, &idle);
	if (page_ref_count(fault->head) == 1)
		set_page_count(fault->head, idle);
}
