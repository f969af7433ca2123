// SPDX-License-Identifier: GPL-2.0-only
/*
 * PGMAP_MOVE: anonymous memory goes to a pgmap of the driver's own and comes
 * back, when asked for, when a CPU touches it, and when the file is closed.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "daxwake.h"

#ifdef HAVE_MIGRATE_VMA

/* Moved in one go. */
#define DAXWAKE_MOVE_CHUNK	64
/* Others may hold a page for a moment: how often it is tried again. */
#define DAXWAKE_EVICT_TRIES	50

struct daxwake_move {
	unsigned long src[DAXWAKE_MOVE_CHUNK];
	unsigned long dst[DAXWAKE_MOVE_CHUNK];
};

static struct daxwake_map *daxwake_map_of_page(struct page *page)
{
	return container_of(daxwake_page_pgmap(page), struct daxwake_map, pgmap);
}

/* Where the data of a page is: a PRIVATE one has no memory of its own. */
static struct page *daxwake_map_data(struct daxwake_map *map, struct page *page)
{
	struct daxwake_map_page *rec = &map->pages[page_to_pfn(page) - map->pfn];

	if (map->type != DAXWAKE_PGMAP_PRIVATE)
		return page;
	if (!rec->store)
		rec->store = alloc_page(GFP_HIGHUSER);
	return rec->store;
}

/* Locked, with one reference; NULL: there is none. */
static struct page *daxwake_map_pick(struct daxwake_map *map)
{
	struct page *page, *data;
	int i = daxwake_map_claim_any(map);

	if (i < 0)
		return NULL;
	page = pfn_to_page(map->pfn + i);
	daxwake_device_page_init(page, &map->pgmap, 0);
	data = daxwake_map_data(map, page);
	if (data)
		return page;
	unlock_page(page);
	put_page(page);
	return NULL;
}

static unsigned long daxwake_move_dst(struct page *page)
{
	return migrate_pfn(page_to_pfn(page)) | DAXWAKE_MIGRATE_LOCKED;
}

static void daxwake_copy_out(struct daxwake_map *map, struct migrate_vma *args)
{
	unsigned long i;

	for (i = 0; i < args->npages; i++) {
		struct page *from = migrate_pfn_to_page(args->src[i]);
		struct page *page;

		args->dst[i] = 0;
		if (!(args->src[i] & MIGRATE_PFN_MIGRATE))
			continue;
		page = daxwake_map_pick(map);
		if (!page)
			continue;
		/* what was never touched has no page yet */
		if (from)
			copy_highpage(daxwake_map_data(map, page), from);
		else
			clear_highpage(daxwake_map_data(map, page));
		args->dst[i] = daxwake_move_dst(page);
	}
}

static unsigned long daxwake_copy_home(unsigned long src)
{
	struct page *from = migrate_pfn_to_page(src);
	struct daxwake_map *map;
	struct page *page, *data;

	if (!(src & MIGRATE_PFN_MIGRATE) || !from)
		return 0;
	map = daxwake_map_of_page(from);
	data = daxwake_map_data(map, from);
	page = data ? alloc_page(GFP_HIGHUSER_MOVABLE) : NULL;
	if (!page)
		return 0;
	lock_page(page);
	copy_highpage(page, data);
	return daxwake_move_dst(page);
}

/* The mmap lock is held. How many were moved, or -errno. */
static int daxwake_move_some(struct daxwake_map *map, struct migrate_vma *args,
			     bool home)
{
	unsigned long i;
	int ret, moved = 0;

	ret = migrate_vma_setup(args);
	if (ret)
		return ret;
	if (home) {
		for (i = 0; i < args->npages; i++)
			args->dst[i] = daxwake_copy_home(args->src[i]);
	} else {
		daxwake_copy_out(map, args);
	}
	migrate_vma_pages(args);
	for (i = 0; i < args->npages; i++)
		moved += args->dst[i] && args->src[i] & MIGRATE_PFN_MIGRATE;
	migrate_vma_finalize(args);
	return moved;
}

static unsigned long daxwake_select(const struct daxwake_map *map)
{
#ifdef HAVE_DEVICE_COHERENT
	if (map->type == DAXWAKE_PGMAP_COHERENT)
		return MIGRATE_VMA_SELECT_DEVICE_COHERENT;
#endif
	return MIGRATE_VMA_SELECT_DEVICE_PRIVATE;
}

/* A CPU touched a PRIVATE page. Where it does not come home it faults again. */
vm_fault_t daxwake_map_fault(struct vm_fault *vmf)
{
	struct daxwake_map *map = daxwake_map_of_page(vmf->page);
	unsigned long src = 0, dst = 0;
	struct migrate_vma args = {
		.vma = vmf->vma,
		.src = &src,
		.dst = &dst,
		.start = ALIGN_DOWN(vmf->address, PAGE_SIZE),
		.end = ALIGN_DOWN(vmf->address, PAGE_SIZE) + PAGE_SIZE,
		.pgmap_owner = map,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
#ifdef HAVE_MIGRATE_FAULT_PAGE
		.fault_page = vmf->page,
#endif
	};
	int ret;

	atomic_inc(&map->faults);
	ret = daxwake_move_some(map, &args, true);
	return ret < 0 ? VM_FAULT_SIGBUS : 0;
}

#ifdef HAVE_MIGRATE_RANGE

/* One by one: a free page may still look like the head of those behind it. */
static bool daxwake_evict_one(unsigned long pfn)
{
	unsigned long src = 0, dst;
	bool moved;

	if (migrate_device_range(&src, pfn, 1))
		return false;
	dst = daxwake_copy_home(src);
	migrate_device_pages(&src, &dst, 1);
	moved = dst && src & MIGRATE_PFN_MIGRATE;
	migrate_device_finalize(&src, &dst, 1);
	return moved;
}

void daxwake_map_evict(struct daxwake_map *map)
{
	unsigned int i, left, tries;

	if (!map->device || map->ending)
		return;
	for (tries = 0; tries < DAXWAKE_EVICT_TRIES; tries++) {
		left = 0;
		for (i = 0; READ_ONCE(map->out) && i < map->npages; i++) {
			if (READ_ONCE(map->pages[i].out) &&
			    !map->pages[i].order)
				left += !daxwake_evict_one(map->pfn + i);
		}
		if (!left)
			return;
		usleep_range(500, 1000);
	}
}

#else

void daxwake_map_evict(struct daxwake_map *map)
{
}

#endif

static int daxwake_move_all(struct daxwake_map *map,
			    struct daxwake_pgmap_move *move,
			    struct daxwake_move *room)
{
	bool home = move->flags & DAXWAKE_MOVE_BACK;
	u64 end = move->addr + move->length;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	u64 at;
	int ret;

	for (at = move->addr; at < end; at += DAXWAKE_MOVE_CHUNK * PAGE_SIZE) {
		struct migrate_vma args = {
			.src = room->src,
			.dst = room->dst,
			.start = at,
			.end = min_t(u64, end, at + DAXWAKE_MOVE_CHUNK * PAGE_SIZE),
			.pgmap_owner = map,
			.flags = home ? daxwake_select(map) :
					MIGRATE_VMA_SELECT_SYSTEM,
		};

		if (mmap_read_lock_killable(mm))
			return -EINTR;
		vma = find_vma(mm, at);
		ret = -EFAULT;
		if (vma && vma->vm_start <= at && args.end <= vma->vm_end) {
			args.vma = vma;
			ret = daxwake_move_some(map, &args, home);
		}
		mmap_read_unlock(mm);
		if (ret < 0)
			return ret;
		move->out_moved += ret;
		cond_resched();
	}
	return 0;
}

static int daxwake_move(struct daxwake_map *map, struct daxwake_pgmap_move *move)
{
	struct daxwake_move *room = kzalloc(sizeof(*room), GFP_KERNEL);
	int ret = -EINTR;

	if (!room)
		return -ENOMEM;
	if (!down_read_killable(&map->sem)) {
		ret = map->ending ? -ENOENT : daxwake_move_all(map, move, room);
		up_read(&map->sem);
	}
	kfree(room);
	return ret;
}

#else

static int daxwake_move(struct daxwake_map *map, struct daxwake_pgmap_move *move)
{
	return -EINVAL;
}

void daxwake_map_evict(struct daxwake_map *map)
{
}

#endif

int daxwake_ioc_pgmap_move(struct daxwake_file *file, void *arg)
{
	struct daxwake_pgmap_move *move = arg;
	struct daxwake_map *map;
	int ret;

	if (!move->length || !PAGE_ALIGNED(move->addr | move->length))
		return -EINVAL;
	if (move->length > DAXWAKE_MAX_PGMAP_BYTES)
		return -E2BIG;
	if (move->addr + move->length < move->addr)
		return -EFAULT;
	map = daxwake_map_get(file, move->pgmap);
	if (!map)
		return -ENOENT;
	ret = map->device ? daxwake_move(map, move) : -EINVAL;
	daxwake_map_put(map);
	return ret;
}
