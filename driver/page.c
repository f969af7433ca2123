// SPDX-License-Identifier: GPL-2.0-only
/* PAGES: what the kernel knows of a page, read without taking a reference. */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "daxwake.h"

/* Looked at in one go, between two copies to the caller. */
#define DAXWAKE_BATCH	256

/*
 * A reference on the pgmap of a ZONE_DEVICE page, or NULL if it is none that
 * may be looked at. Any other struct page may be offline or not there at all.
 */
struct dev_pagemap *daxwake_pagemap_get(unsigned long pfn)
{
	struct dev_pagemap *pgmap;
	struct vmem_altmap *altmap;

	if (pfn != PHYS_PFN(PFN_PHYS(pfn)))
		return NULL;
	pgmap = daxwake_get_pagemap(pfn);
	if (!pgmap)
		return NULL;
	/* The start of the device may hold its struct pages, and has none. */
	altmap = pgmap_altmap(pgmap);
	if (altmap && pfn >= altmap->base_pfn &&
	    pfn < altmap->base_pfn + altmap->reserve + altmap->free) {
		put_dev_pagemap(pgmap);
		return NULL;
	}
	return pgmap;
}

u32 daxwake_pgmap_type(struct dev_pagemap *pgmap, int *base)
{
	switch (pgmap->type) {
	case MEMORY_DEVICE_PRIVATE:
		*base = DAXWAKE_PRIVATE_IDLE;
		return DAXWAKE_PGMAP_PRIVATE;
#ifdef HAVE_DEVICE_COHERENT
	case MEMORY_DEVICE_COHERENT:
		*base = 0;
		return DAXWAKE_PGMAP_COHERENT;
#endif
	case MEMORY_DEVICE_FS_DAX:
		*base = DAXWAKE_FSDAX_IDLE;
		return DAXWAKE_PGMAP_FS_DAX;
	case MEMORY_DEVICE_GENERIC:
		*base = DAXWAKE_DEVDAX_IDLE;
		return DAXWAKE_PGMAP_GENERIC;
	case MEMORY_DEVICE_PCI_P2PDMA:
		*base = DAXWAKE_P2PDMA_IDLE;
		return DAXWAKE_PGMAP_P2PDMA;
	default:
		*base = 0;
		return DAXWAKE_PGMAP_UNKNOWN;
	}
}

/* Fills in all but level and what ADDR sees; false if it is no device page. */
bool daxwake_page_look(struct daxwake_page *look)
{
	struct page *page, *head;
	struct dev_pagemap *pgmap;
	int base, above;

	pgmap = daxwake_pagemap_get(look->pfn);
	if (!pgmap)
		return false;

	page = pfn_to_page(look->pfn);
	head = compound_head(page);
	look->flags |= DAXWAKE_PAGE_DEVICE;
	look->pgmap = daxwake_pgmap_type(pgmap, &base);
	look->head_pfn = page_to_pfn(head);
	look->order = PageHead(head) ? daxwake_page_order(head) : 0;
	if (look->order)
		look->flags |= DAXWAKE_PAGE_COMPOUND;
	if (daxwake_page_mapping_raw(head))
		look->flags |= DAXWAKE_PAGE_MAPPING;
	look->refcount = page_ref_count(head);
	look->mapcount = daxwake_page_mapcount(head);
	look->pins = daxwake_page_pincount(head);

	above = look->refcount - base - look->mapcount;
	if (look->pins < 0) {
		look->pins = above > 0 ? above / (int)GUP_PIN_COUNTING_BIAS : 0;
		above -= look->pins * (int)GUP_PIN_COUNTING_BIAS;
	} else {
		above -= look->pins;
	}
	look->refs = above;

	put_dev_pagemap(pgmap);
	return true;
}

/* Entries of the size the caller knows; what it knows more of reads as 0. */
static int daxwake_pages_copy(struct daxwake_pages *pages, unsigned int first,
			      const struct daxwake_page *looks, unsigned int n)
{
	void __user *user = u64_to_user_ptr(pages->pages);
	size_t size = min_t(size_t, pages->entry_size, sizeof(*looks));
	unsigned int i;

	user += (size_t)first * pages->entry_size;
	if (pages->entry_size == sizeof(*looks))
		return copy_to_user(user, looks, n * sizeof(*looks)) ?
		       -EFAULT : 0;
	for (i = 0; i < n; i++, user += pages->entry_size) {
		if (copy_to_user(user, &looks[i], size) ||
		    clear_user(user + size, pages->entry_size - size))
			return -EFAULT;
	}
	return 0;
}

/* Where the pages come from, got once per call. */
struct daxwake_view {
	struct daxwake_handle *handle;
	struct mm_struct *mm;
};

/* Looks at @n pages from @first on; says how many are good, or an error. */
static int daxwake_pages_look(struct daxwake_pages *pages,
			      const struct daxwake_view *view,
			      unsigned int first, struct daxwake_page *looks,
			      unsigned int n)
{
	struct page **held = NULL;
	unsigned int i;

	if (view->handle)
		held = view->handle->pages + pages->start + first;
	memset(looks, 0, n * sizeof(*looks));
	if (view->mm) {
		if (mmap_read_lock_killable(view->mm))
			return -EINTR;
		daxwake_walk(view->mm, pages->start + (u64)first * PAGE_SIZE, n,
			     looks);
		mmap_read_unlock(view->mm);
	}

	for (i = 0; i < n; i++) {
		switch (pages->source) {
		case DAXWAKE_SRC_ADDR:
			if (looks[i].flags & DAXWAKE_PAGE_PRESENT)
				daxwake_page_look(&looks[i]);
			break;
		case DAXWAKE_SRC_HANDLE:
			looks[i].pfn = page_to_pfn(held[i]);
			daxwake_page_look(&looks[i]);
			break;
		case DAXWAKE_SRC_PFN:
			looks[i].pfn = pages->start + first + i;
			if (!daxwake_page_look(&looks[i]))
				return i;
			break;
		}
	}
	return n;
}

static int daxwake_pages_check(const struct daxwake_pages *pages)
{
	if (pages->source > DAXWAKE_SRC_PFN || !pages->npages || pages->pid < 0)
		return -EINVAL;
	if (pages->entry_size < offsetofend(struct daxwake_page, reserved))
		return -EINVAL;
	if (pages->source != DAXWAKE_SRC_HANDLE && pages->handle)
		return -EINVAL;
	if (pages->source != DAXWAKE_SRC_ADDR && pages->pid)
		return -EINVAL;
	if (pages->source == DAXWAKE_SRC_ADDR && !PAGE_ALIGNED(pages->start))
		return -EINVAL;
	if (pages->npages > DAXWAKE_MAX_QUERY_PAGES ||
	    pages->entry_size > PAGE_SIZE)
		return -E2BIG;
	return 0;
}

static int daxwake_pages_all(struct daxwake_pages *pages,
			     const struct daxwake_view *view,
			     struct daxwake_page *looks)
{
	unsigned int first, n;
	int good, ret;

	for (first = 0; first < pages->npages; first += n) {
		n = min_t(unsigned int, pages->npages - first, DAXWAKE_BATCH);
		good = daxwake_pages_look(pages, view, first, looks, n);
		if (good < 0)
			return good;
		ret = daxwake_pages_copy(pages, first, looks, good);
		if (ret)
			return ret;
		pages->out_npages += good;
		if (good < n)
			return -ENXIO;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int daxwake_ioc_pages(struct daxwake_file *file, void *arg)
{
	struct daxwake_view view = {};
	struct daxwake_pages *pages = arg;
	struct daxwake_page *looks;
	int ret;

	ret = daxwake_pages_check(pages);
	if (ret)
		return ret;
	looks = kmalloc_array(DAXWAKE_BATCH, sizeof(*looks), GFP_KERNEL);
	if (!looks)
		return -ENOMEM;

	if (pages->source == DAXWAKE_SRC_HANDLE) {
		ret = -ENOENT;
		view.handle = daxwake_handle_get(file, pages->handle);
		if (!view.handle)
			goto out;
		ret = -ERANGE;
		if (pages->start >= view.handle->npages ||
		    pages->npages > view.handle->npages - pages->start)
			goto out_handle;
	} else if (pages->source == DAXWAKE_SRC_ADDR) {
		view.mm = daxwake_mm_get(pages->pid);
		ret = PTR_ERR(view.mm);
		if (IS_ERR(view.mm))
			goto out;
	}

	ret = daxwake_pages_all(pages, &view, looks);

	if (view.mm)
		mmput(view.mm);
out_handle:
	if (view.handle)
		daxwake_handle_put(view.handle);
out:
	kfree(looks);
	return ret;
}
