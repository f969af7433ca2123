/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows that kernels differ. Everything here hangs on what
 * conftest.sh found in the headers, never on a version number: distributions
 * take mm changes back into old kernels.
 *
 * Counts and flags of a folio live in its head page on every kernel, so the
 * rest of the driver speaks of "head", a struct page, and needs no folios.
 */
#ifndef DAXWAKE_COMPAT_H
#define DAXWAKE_COMPAT_H

#include <linux/dax.h>
#include <linux/huge_mm.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "conftest.h"

#ifdef HAVE_FOLIO_BATCH_H
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

#ifndef CONFIG_64BIT
#error "only for 64-bit kernels: pages are reached through the direct map"
#endif

#ifdef HAVE_PAGEMAP_HINT
#define daxwake_get_pagemap(pfn)	get_dev_pagemap(pfn, NULL)
#else
#define daxwake_get_pagemap(pfn)	get_dev_pagemap(pfn)
#endif

/* @get: FOLL_GET instead of FOLL_PIN. The mmap lock is held. */
static inline long daxwake_gup(bool get, unsigned long addr,
			       unsigned long npages, unsigned int flags,
			       struct page **pages)
{
#ifdef HAVE_GUP_VMAS
	if (get)
		return get_user_pages(addr, npages, flags, pages, NULL);
	return pin_user_pages(addr, npages, flags, pages, NULL);
#else
	if (get)
		return get_user_pages(addr, npages, flags, pages);
	return pin_user_pages(addr, npages, flags, pages);
#endif
}

static inline long daxwake_gup_remote(bool get, struct mm_struct *mm,
				      unsigned long addr, unsigned long npages,
				      unsigned int flags, struct page **pages)
{
#ifdef HAVE_GUP_REMOTE_VMAS
	if (get)
		return get_user_pages_remote(mm, addr, npages, flags, pages,
					     NULL, NULL);
	return pin_user_pages_remote(mm, addr, npages, flags, pages, NULL, NULL);
#else
	if (get)
		return get_user_pages_remote(mm, addr, npages, flags, pages,
					     NULL);
	return pin_user_pages_remote(mm, addr, npages, flags, pages, NULL);
#endif
}

#ifndef HAVE_TIMER_DELETE_SYNC
#define timer_delete_sync(timer)	del_timer_sync(timer)
#endif

#ifdef HAVE_WQ_PERCPU
#define DAXWAKE_WQ_BOUND	WQ_PERCPU
#else
#define DAXWAKE_WQ_BOUND	0
#endif

static inline unsigned int daxwake_task_state(struct task_struct *task)
{
#ifdef HAVE_TASK_STATE_UNDERSCORES
	return READ_ONCE(task->__state);
#else
	return READ_ONCE(task->state);
#endif
}

/*
 * Has it stopped running? From 6.12 on a task that went to sleep may stay on
 * the run queue for a while, marked as delayed.
 */
static inline bool daxwake_task_off_cpu(struct task_struct *task)
{
#ifdef HAVE_TASK_ON_CPU
	if (READ_ONCE(task->on_cpu))
		return false;
#endif
#ifdef HAVE_SCHED_DELAYED
	if (READ_ONCE(task->se.sched_delayed))
		return true;
#endif
	return !READ_ONCE(task->on_rq);
}

/*
 * page_pgmap() came with the change that lets idle fsdax pages have no
 * reference and every mapping take one; both sides then moved to the page
 * itself as the key of the wait (6.15).
 */
#ifdef HAVE_PAGE_PGMAP
#define DAXWAKE_FSDAX_IDLE	0
#define DAXWAKE_MAP_COUNTED	true
#else
#define DAXWAKE_FSDAX_IDLE	1
#define DAXWAKE_MAP_COUNTED	false
#endif
#define DAXWAKE_DEVDAX_IDLE	1

/* Before this device memory had only the private kind, idle at 1. */
#ifdef HAVE_DEVICE_COHERENT
#define DAXWAKE_PRIVATE_IDLE	0
#else
#define DAXWAKE_PRIVATE_IDLE	1
#endif

/* p2pdma pages went to 0 in the pool together with fsdax. */
#define DAXWAKE_P2PDMA_IDLE	DAXWAKE_FSDAX_IDLE

/* Before this (6.2) no user could map them, let alone pin them. */
#ifdef HAVE_FOLL_PCI_P2PDMA
#define DAXWAKE_FOLL_P2PDMA	FOLL_PCI_P2PDMA
#else
#define DAXWAKE_FOLL_P2PDMA	0
#endif

static inline unsigned int daxwake_page_order(struct page *head)
{
#ifdef HAVE_FOLIO
	return folio_order(page_folio(head));
#else
	return compound_order(head);
#endif
}

/* As it is: with marks in the low bits for anonymous, movable, or shared by reflink. */
static inline unsigned long daxwake_page_mapping_raw(struct page *head)
{
#ifdef HAVE_FOLIO
	return (unsigned long)READ_ONCE(page_folio(head)->mapping);
#else
	return (unsigned long)READ_ONCE(head->mapping);
#endif
}

/* The file a page belongs to; NULL also where one page has several (reflink). */
static inline void *daxwake_page_mapping(struct page *head)
{
	unsigned long mapping = daxwake_page_mapping_raw(head);

	return mapping & 3 ? NULL : (void *)mapping;
}

/* Mappings where they count for DAX pages, else 0. */
static inline int daxwake_page_mapcount(struct page *head)
{
#ifdef HAVE_PAGE_PGMAP
	return folio_mapcount(page_folio(head));
#else
	return 0;
#endif
}

/* The exact number of FOLL_PIN pins, -1 if the kernel only biases _refcount. */
static inline int daxwake_page_pincount(struct page *head)
{
#if defined(HAVE_HPAGE_PINCOUNT)
	if (PageHead(head) && hpage_pincount_available(head))
		return atomic_read(compound_pincount_ptr(head));
#elif defined(HAVE_FOLIO_HAS_PINCOUNT)
	if (folio_has_pincount(page_folio(head)))
		return atomic_read(&page_folio(head)->_pincount);
#elif defined(HAVE_FOLIO_PINCOUNT_PTR)
	if (folio_test_large(page_folio(head)))
		return atomic_read(folio_pincount_ptr(page_folio(head)));
#elif defined(HAVE_FOLIO_PINCOUNT)
	if (folio_test_large(page_folio(head)))
		return atomic_read(&page_folio(head)->_pincount);
#endif
	return -1;
}

/* Holds the page as FOLL_PIN does, by a reference that is there; can it? */
static inline bool daxwake_page_pin(struct page *head)
{
	if (!PageHead(head)) {
		page_ref_add(head, GUP_PIN_COUNTING_BIAS - 1);
	} else {
#if defined(HAVE_FOLIO_PINCOUNT_PTR)
		atomic_inc(folio_pincount_ptr(page_folio(head)));
#elif defined(HAVE_FOLIO_PINCOUNT)
		atomic_inc(&page_folio(head)->_pincount);
#else
		return false;
#endif
	}
	mod_node_page_state(page_pgdat(head), NR_FOLL_PIN_ACQUIRED, 1);
	return true;
}

static inline void daxwake_page_set_mapping(struct page *head,
					    struct address_space *mapping)
{
#ifdef HAVE_FOLIO
	page_folio(head)->mapping = mapping;
#else
	head->mapping = mapping;
#endif
}

static inline bool daxwake_page_charged(struct page *head)
{
#if defined(HAVE_MEMCG_DATA)
	return READ_ONCE(head->memcg_data);
#elif defined(HAVE_PAGE_MEM_CGROUP)
	return READ_ONCE(head->mem_cgroup);
#else
	return false;
#endif
}

/* --- driver-owned pgmaps ---------------------------------------------------- */

#if defined(CONFIG_DEVICE_PRIVATE) && defined(HAVE_FREE_MEM_REGION) && \
	defined(HAVE_MIGRATE_VMA)
#define DAXWAKE_CAN_PRIVATE	true
#else
#define DAXWAKE_CAN_PRIVATE	false
#endif

#if defined(HAVE_DEVICE_COHERENT) && defined(HAVE_MIGRATE_VMA) && \
	(defined(HAVE_DEVICE_PAGE_INIT) || defined(HAVE_DEVICE_FOLIO_INIT))
#define DAXWAKE_CAN_COHERENT	true
#else
#define DAXWAKE_CAN_COHERENT	false
#endif

#if defined(CONFIG_FS_DAX) && !defined(CONFIG_FS_DAX_LIMITED)
#define DAXWAKE_CAN_FS_DAX	true
#else
#define DAXWAKE_CAN_FS_DAX	false
#endif

static inline struct dev_pagemap *daxwake_page_pgmap(struct page *page)
{
#ifdef HAVE_PAGE_PGMAP
	return page_pgmap(page);
#else
	return compound_head(page)->pgmap;
#endif
}

/* Takes a page of device memory into use: one reference, locked. */
static inline void daxwake_device_page_init(struct page *page,
					    struct dev_pagemap *pgmap,
					    unsigned int order)
{
#if defined(HAVE_DEVICE_FOLIO_INIT)
	zone_device_page_init(page, pgmap, order);
#elif defined(HAVE_DEVICE_PAGE_INIT)
	zone_device_page_init(page);
#else
	get_page(page);
	lock_page(page);
#endif
}

#ifdef HAVE_MIGRATE_LOCKED
#define DAXWAKE_MIGRATE_LOCKED	MIGRATE_PFN_LOCKED
#else
#define DAXWAKE_MIGRATE_LOCKED	0
#endif

#endif /* DAXWAKE_COMPAT_H */
