// SPDX-License-Identifier: GPL-2.0-only
/* RELEASE: every function by which the kernel's users give pages back. */
#include <linux/mm.h>
#include <linux/sched.h>

#include "daxwake.h"

/* As many as the kernel's own batches have, so that more than one is used. */
#define DAXWAKE_CHUNK	15

u64 daxwake_releases(void)
{
	u64 mask = BIT_ULL(DAXWAKE_UNPIN_USER_PAGE) |
		   BIT_ULL(DAXWAKE_UNPIN_USER_PAGES) |
		   BIT_ULL(DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK) |
		   BIT_ULL(DAXWAKE_PUT_PAGE);

#ifdef HAVE_UNPIN_USER_PAGE_RANGE
	mask |= BIT_ULL(DAXWAKE_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK);
#endif
#ifdef HAVE_UNPIN_USER_FOLIO
	mask |= BIT_ULL(DAXWAKE_UNPIN_USER_FOLIO);
#endif
#ifdef HAVE_UNPIN_FOLIO
	mask |= BIT_ULL(DAXWAKE_UNPIN_FOLIO);
#endif
#ifdef HAVE_UNPIN_FOLIOS
	mask |= BIT_ULL(DAXWAKE_UNPIN_FOLIOS);
#endif
#ifdef HAVE_FOLIO_PUT_REFS
	mask |= BIT_ULL(DAXWAKE_FOLIO_PUT) | BIT_ULL(DAXWAKE_FOLIO_PUT_REFS);
#endif
#ifdef HAVE_RELEASE_PAGES
	mask |= BIT_ULL(DAXWAKE_RELEASE_PAGES);
#endif
#if defined(HAVE_FOLIOS_PUT_BATCH) || defined(HAVE_FOLIOS_PUT_ARRAY)
	mask |= BIT_ULL(DAXWAKE_FOLIOS_PUT);
#endif
	return mask;
}

/* How many of @pages lie in the folio of the first. */
static unsigned int daxwake_same_head(struct page **pages, unsigned int npages)
{
	struct page *head = compound_head(pages[0]);
	unsigned int n = 1;

	while (n < npages && compound_head(pages[n]) == head)
		n++;
	return n;
}

/* How many struct pages follow each other, as a range has to. */
static __maybe_unused unsigned int daxwake_contiguous(struct page **pages,
						      unsigned int npages)
{
	unsigned int n = 1;

	while (n < npages && pages[n] == pages[0] + n)
		n++;
	return n;
}

#if defined(HAVE_FOLIOS_PUT_BATCH)
static void daxwake_folios_put(struct page **pages, unsigned int n)
{
	struct folio_batch batch;
	unsigned int i;

	folio_batch_init(&batch);
	for (i = 0; i < n; i++)
		folio_batch_add(&batch, page_folio(pages[i]));
	folios_put(&batch);
}
#elif defined(HAVE_FOLIOS_PUT_ARRAY)
static void daxwake_folios_put(struct page **pages, unsigned int n)
{
	struct folio *folios[DAXWAKE_CHUNK];
	unsigned int i;

	for (i = 0; i < n; i++)
		folios[i] = page_folio(pages[i]);
	folios_put(folios, n);
}
#endif

#ifdef HAVE_UNPIN_FOLIOS
static void daxwake_unpin_folios(struct page **pages, unsigned int n)
{
	struct folio *folios[DAXWAKE_CHUNK];
	unsigned int i;

	for (i = 0; i < n; i++)
		folios[i] = page_folio(pages[i]);
	unpin_folios(folios, n);
}
#endif

/* One step: gives back the first pages of @pages and says how many. */
static unsigned int daxwake_give_some(struct page **pages, unsigned int npages,
				      u32 how)
{
	unsigned int n = 1;

	switch (how) {
	case DAXWAKE_UNPIN_USER_PAGE:
		unpin_user_page(pages[0]);
		break;
	case DAXWAKE_UNPIN_USER_PAGES:
		n = npages;
		unpin_user_pages(pages, n);
		break;
	case DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK:
		n = npages;
		unpin_user_pages_dirty_lock(pages, n, true);
		break;
#ifdef HAVE_UNPIN_USER_PAGE_RANGE
	case DAXWAKE_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK:
		n = daxwake_contiguous(pages, npages);
		unpin_user_page_range_dirty_lock(pages[0], n, true);
		break;
#endif
#ifdef HAVE_UNPIN_USER_FOLIO
	case DAXWAKE_UNPIN_USER_FOLIO:
		n = daxwake_same_head(pages, npages);
		unpin_user_folio(page_folio(pages[0]), n);
		break;
#endif
#ifdef HAVE_UNPIN_FOLIO
	case DAXWAKE_UNPIN_FOLIO:
		unpin_folio(page_folio(pages[0]));
		break;
#endif
#ifdef HAVE_UNPIN_FOLIOS
	case DAXWAKE_UNPIN_FOLIOS:
		n = min_t(unsigned int, npages, DAXWAKE_CHUNK);
		daxwake_unpin_folios(pages, n);
		break;
#endif
	case DAXWAKE_PUT_PAGE:
		daxwake_leak_inline(pages[0], true);
		put_page(pages[0]);
		break;
#ifdef HAVE_FOLIO_PUT_REFS
	case DAXWAKE_FOLIO_PUT:
		daxwake_leak_inline(pages[0], false);
		folio_put(page_folio(pages[0]));
		break;
	case DAXWAKE_FOLIO_PUT_REFS:
		n = daxwake_same_head(pages, npages);
		daxwake_leak_inline(pages[0], false);
		folio_put_refs(page_folio(pages[0]), n);
		break;
#endif
#ifdef HAVE_RELEASE_PAGES
	case DAXWAKE_RELEASE_PAGES:
		n = npages;
		release_pages(pages, n);
		break;
#endif
#if defined(HAVE_FOLIOS_PUT_BATCH) || defined(HAVE_FOLIOS_PUT_ARRAY)
	case DAXWAKE_FOLIOS_PUT:
		n = min_t(unsigned int, npages, DAXWAKE_CHUNK);
		daxwake_folios_put(pages, n);
		break;
#endif
	default:
		/* checked against daxwake_releases() before a job is made */
		WARN(1, "daxwake: no release function %u\n", how);
		n = npages;
	}
	return n;
}

void daxwake_give_back(struct page **pages, unsigned int npages, u32 how,
		       bool may_sleep)
{
	unsigned int i, n;

	daxwake_before_giving(pages, npages);
	for (i = 0; i < npages; i += n) {
		n = daxwake_give_some(pages + i, npages - i, how);
		if (may_sleep)
			cond_resched();
	}
	daxwake_after_giving(pages, npages);
}

/* All pins but those of the handle, which keep the pages there meanwhile. */
static void daxwake_mend(struct page **pages, unsigned int npages)
{
	unsigned int n;

	for (; npages; pages += n, npages -= n) {
		struct daxwake_page look = { .pfn = page_to_pfn(pages[0]) };

		n = daxwake_same_head(pages, npages);
		if (!daxwake_page_look(&look))
			continue;
		for (; look.pins > (int)n; look.pins--)
			unpin_user_page(pages[0]);
		cond_resched();
	}
}

static void daxwake_release_run(struct daxwake_job *job)
{
	if (job->mends)
		daxwake_mend(job->handle->pages, job->npages);
	daxwake_give_back(job->handle->pages + job->first, job->npages,
			  job->how, job->context != DAXWAKE_CTX_SOFTIRQ);
}

/* These lock the page to mark it dirty. */
static bool daxwake_how_sleeps(u32 how)
{
	return how == DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK ||
	       how == DAXWAKE_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK;
}

/* The pages are not looked at, only their numbers: nothing is behind them. */
static bool daxwake_pages_are_gone(struct daxwake_handle *handle)
{
	struct dev_pagemap *pgmap;
	unsigned int i;

	/* one that is being taken down is dying, and waits for them */
	if (handle->map)
		return completion_done(&handle->map->ended);
	for (i = 0; i < handle->npages; i++) {
		pgmap = daxwake_get_pagemap(page_to_pfn(handle->pages[i]));
		if (pgmap) {
			put_dev_pagemap(pgmap);
			return false;
		}
	}
	return true;
}

static int daxwake_forget(struct daxwake_file *file, struct daxwake_release *release)
{
	struct daxwake_handle *handle;
	int ret;

	if (release->flags != DAXWAKE_RELEASE_FORGET || release->how ||
	    release->context || release->delay_ms || release->first ||
	    release->npages)
		return -EINVAL;
	handle = daxwake_handle_get(file, release->handle);
	if (!handle)
		return -ENOENT;
	ret = -EBUSY;
	if (daxwake_pages_are_gone(handle))
		ret = daxwake_handle_forget(handle);
	daxwake_handle_put(handle);
	return ret;
}

int daxwake_ioc_release(struct daxwake_file *file, void *arg)
{
	struct daxwake_release *release = arg;
	bool async = release->flags & DAXWAKE_RELEASE_ASYNC;
	bool mends = release->flags & DAXWAKE_RELEASE_MEND;
	struct daxwake_job *job;
	int ret;

	if (release->flags & DAXWAKE_RELEASE_FORGET)
		return daxwake_forget(file, release);
	if (mends && (async || release->context || release->first ||
		      release->npages))
		return -EINVAL;
	if (release->how >= DAXWAKE_HOW_COUNT ||
	    release->context >= DAXWAKE_CTX_COUNT)
		return -EINVAL;
	if (async ? release->context == DAXWAKE_CTX_CALLER : release->delay_ms)
		return -EINVAL;
	if (release->delay_ms > DAXWAKE_MAX_DELAY_MS)
		return -E2BIG;
	if (!(daxwake_releases() & BIT_ULL(release->how)))
		return -EOPNOTSUPP;
	if (release->context == DAXWAKE_CTX_SOFTIRQ &&
	    daxwake_how_sleeps(release->how))
		return -EOPNOTSUPP;

	job = daxwake_job_new(daxwake_release_run);
	if (!job)
		return -ENOMEM;
	job->context = release->context;
	job->first = release->first;
	job->npages = release->npages;
	job->gives = true;
	job->how = release->how;
	job->mends = mends;

	ret = daxwake_job_start(job, file, release->handle, release->delay_ms);
	if (!ret && !async) {
		ret = daxwake_job_wait(job, 0);
		if (!ret)
			release->out_released = job->npages;
	}
	daxwake_job_put(job);
	return ret;
}
