// SPDX-License-Identifier: GPL-2.0-only
/*
 * PGMAP_NEW, _LOOK and _END: ZONE_DEVICE memory of the driver's own, from
 * memremap_pages() to memunmap_pages(), and what the kernel calls back about it.
 */
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "daxwake.h"

#define DAXWAKE_PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
/* Entries that are looked at in one go, between two copies to the caller. */
#define DAXWAKE_BATCH		128

u64 daxwake_pgmaps(void)
{
	u64 mask = BIT_ULL(DAXWAKE_PGMAP_GENERIC);

	if (DAXWAKE_CAN_PRIVATE)
		mask |= BIT_ULL(DAXWAKE_PGMAP_PRIVATE);
	if (DAXWAKE_CAN_COHERENT)
		mask |= BIT_ULL(DAXWAKE_PGMAP_COHERENT);
	if (DAXWAKE_CAN_FS_DAX)
		mask |= BIT_ULL(DAXWAKE_PGMAP_FS_DAX);
	return mask;
}

unsigned int daxwake_pgmap_order(u32 type)
{
#ifdef HAVE_DEVICE_FOLIO_INIT
	if (type == DAXWAKE_PGMAP_PRIVATE || type == DAXWAKE_PGMAP_COHERENT)
		return DAXWAKE_PMD_ORDER;
#endif
#ifdef HAVE_VMEMMAP_SHIFT
	if (type == DAXWAKE_PGMAP_GENERIC)
		return DAXWAKE_PMD_ORDER;
#endif
	return 0;
}

/* --- what the kernel calls ------------------------------------------------- */

/* In whatever context the last reference went. */
void daxwake_map_freed(struct page *page)
{
	struct daxwake_map *map = container_of(daxwake_page_pgmap(page),
					       struct daxwake_map, pgmap);
	struct daxwake_map_page *rec = &map->pages[page_to_pfn(page) - map->pfn];
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&map->lock, flags);
	rec->freed++;
	rec->refcount = page_ref_count(page);
	rec->flags = 0;
	if (daxwake_page_mapping_raw(page))
		rec->flags |= DAXWAKE_PGMAP_FREED_MAPPED;
	if (daxwake_page_charged(page))
		rec->flags |= DAXWAKE_PGMAP_FREED_CHARGED;
	if (rec->out) {
		for (i = 0; i < 1U << rec->order; i++)
			rec[i].out = false;
		map->out -= 1U << rec->order;
	} else {
		rec->strays++;
	}
	spin_unlock_irqrestore(&map->lock, flags);
}

#ifdef HAVE_FOLIO_FREE
static void daxwake_map_folio_free(struct folio *folio)
{
	daxwake_map_freed(&folio->page);
}
#endif

static const struct dev_pagemap_ops daxwake_map_ops = {
#ifdef HAVE_FOLIO_FREE
	.folio_free	= daxwake_map_folio_free,
#else
	.page_free	= daxwake_map_freed,
#endif
#ifdef HAVE_MIGRATE_VMA
	.migrate_to_ram	= daxwake_map_fault,
#endif
};

/* What is marked as a file's page may be made dirty as such. */
#ifdef HAVE_DIRTY_FOLIO
static bool daxwake_mark_dirty(struct address_space *mapping,
			       struct folio *folio)
{
	return false;
}

static const struct address_space_operations daxwake_mark_ops = {
	.dirty_folio	= daxwake_mark_dirty,
};
#else
static int daxwake_mark_dirty(struct page *page)
{
	return 0;
}

static const struct address_space_operations daxwake_mark_ops = {
	.set_page_dirty	= daxwake_mark_dirty,
};
#endif

/* --- lifetime ---------------------------------------------------------------- */

struct daxwake_map *daxwake_map_of(struct dev_pagemap *pgmap)
{
	if (pgmap->ops != &daxwake_map_ops)
		return NULL;
	return container_of(pgmap, struct daxwake_map, pgmap);
}

static void daxwake_map_free(struct kref *ref)
{
	struct daxwake_map *map = container_of(ref, struct daxwake_map, ref);
	unsigned int i;

	for (i = 0; map->pages && i < map->npages; i++) {
		if (map->pages[i].store)
			__free_page(map->pages[i].store);
	}
	kvfree(map->pages);
	kfree(map);
}

void daxwake_map_put(struct daxwake_map *map)
{
	kref_put(&map->ref, daxwake_map_free);
}

struct daxwake_map *daxwake_map_get(struct daxwake_file *file, u32 id)
{
	struct daxwake_map *map = NULL;
	unsigned int i;

	mutex_lock(&file->maps_lock);
	for (i = 0; i < DAXWAKE_MAX_PGMAPS; i++) {
		if (file->maps[i] && file->maps[i]->id == id)
			map = file->maps[i];
	}
	if (map)
		kref_get(&map->ref);
	mutex_unlock(&file->maps_lock);
	return map;
}

/* Entries of a handle are about to be given back, and then were. */
void daxwake_map_giving(struct daxwake_map *map, unsigned int n)
{
	unsigned long flags;

	if (!map)
		return;
	spin_lock_irqsave(&map->lock, flags);
	map->giving += n;
	spin_unlock_irqrestore(&map->lock, flags);
}

void daxwake_map_gave(struct daxwake_map *map, unsigned int n)
{
	unsigned long flags;

	if (!map)
		return;
	spin_lock_irqsave(&map->lock, flags);
	map->giving -= n;
	map->held -= n;
	spin_unlock_irqrestore(&map->lock, flags);
}

static bool daxwake_map_busy(struct daxwake_map *map)
{
	bool busy;

	spin_lock_irq(&map->lock);
	busy = map->out || map->held;
	spin_unlock_irq(&map->lock);
	return busy;
}

/* The struct pages went under the holder: nobody may touch them any more. */
static void daxwake_map_forget(struct daxwake_map *map)
{
	struct daxwake_file *file = map->file;
	struct daxwake_handle *handle;
	unsigned long id;

	for (;;) {
		xa_lock_bh(&file->handles);
		xa_for_each(&file->handles, id, handle) {
			if (handle->map == map && !handle->dead && !handle->job)
				break;
		}
		if (handle)
			kref_get(&handle->ref);
		xa_unlock_bh(&file->handles);
		if (!handle)
			return;
		daxwake_handle_forget(handle);
		daxwake_handle_put(handle);
	}
}

/* memunmap_pages() may wait for ever; it keeps the module until then. */
static void daxwake_map_end(struct work_struct *work)
{
	struct daxwake_map *map = container_of(work, struct daxwake_map, work);

	memunmap_pages(&map->pgmap);

	spin_lock_irq(&map->lock);
	map->left = map->device ? map->out : map->held - map->giving;
	spin_unlock_irq(&map->lock);
	if (map->left)
		daxwake_map_forget(map);
	release_mem_region(map->res->start, resource_size(map->res));
	daxwake_file_put(map->file);
	complete_all(&map->ended);
	daxwake_map_put(map);
	module_put(THIS_MODULE);
}

/* --- PGMAP_NEW --------------------------------------------------------------- */

static int daxwake_new_check(const struct daxwake_pgmap_new *new)
{
	if (new->type <= DAXWAKE_PGMAP_NONE ||
	    new->type >= DAXWAKE_PGMAP_UNKNOWN)
		return -EINVAL;
	if (!new->length || !IS_ALIGNED(new->length | new->start, SZ_2M))
		return -EINVAL;
	if (new->length > DAXWAKE_MAX_PGMAP_BYTES)
		return -E2BIG;
	if (new->start + new->length < new->start)
		return -EINVAL;
	if (new->type == DAXWAKE_PGMAP_PRIVATE ? new->start : !new->start)
		return -EINVAL;
	if (new->order && new->order != DAXWAKE_PMD_ORDER)
		return -EINVAL;
	if (!(daxwake_pgmaps() & BIT_ULL(new->type)))
		return -EOPNOTSUPP;
	if (new->order && (new->type != DAXWAKE_PGMAP_GENERIC ||
			   new->order > daxwake_pgmap_order(new->type)))
		return -EOPNOTSUPP;
	return 0;
}

static struct resource *daxwake_claim(const struct daxwake_pgmap_new *new)
{
	struct resource *res;

#ifdef HAVE_FREE_MEM_REGION
	if (new->type == DAXWAKE_PGMAP_PRIVATE)
		return request_free_mem_region(&iomem_resource, new->length,
					       KBUILD_MODNAME);
#endif
	/* In no resource at all would be where devices may be put. */
	if (region_intersects(new->start, new->length, IORESOURCE_MEM,
			      IORES_DESC_RESERVED) != REGION_INTERSECTS)
		return ERR_PTR(-EBUSY);
	res = request_mem_region(new->start, new->length, KBUILD_MODNAME);
	return res ?: ERR_PTR(-EBUSY);
}

static void daxwake_map_fill(struct daxwake_map *map,
			     const struct daxwake_pgmap_new *new)
{
	struct dev_pagemap *pgmap = &map->pgmap;

	switch (map->type) {
	case DAXWAKE_PGMAP_PRIVATE:
		pgmap->type = MEMORY_DEVICE_PRIVATE;
		break;
#ifdef HAVE_DEVICE_COHERENT
	case DAXWAKE_PGMAP_COHERENT:
		pgmap->type = MEMORY_DEVICE_COHERENT;
		break;
#endif
	case DAXWAKE_PGMAP_FS_DAX:
		pgmap->type = MEMORY_DEVICE_FS_DAX;
		break;
	default:
		pgmap->type = MEMORY_DEVICE_GENERIC;
		break;
	}
	map->device = map->type == DAXWAKE_PGMAP_PRIVATE ||
		      map->type == DAXWAKE_PGMAP_COHERENT;
	pgmap->ops = &daxwake_map_ops;
	pgmap->owner = map;
	pgmap->nr_range = 1;
	pgmap->range.start = map->res->start;
	pgmap->range.end = map->res->start + new->length - 1;
#ifdef HAVE_VMEMMAP_SHIFT
	pgmap->vmemmap_shift = map->order;
#endif
	map->pfn = PHYS_PFN(map->res->start);
}

static struct daxwake_map *daxwake_map_new(const struct daxwake_pgmap_new *new)
{
	struct daxwake_map *map = kzalloc(sizeof(*map), GFP_KERNEL);
	void *addr;
	int ret = -ENOMEM;

	if (!map)
		return ERR_PTR(ret);
	kref_init(&map->ref);
	init_rwsem(&map->sem);
	spin_lock_init(&map->lock);
	init_completion(&map->ended);
	INIT_WORK(&map->work, daxwake_map_end);
	map->mark.a_ops = &daxwake_mark_ops;
	map->type = new->type;
	map->order = new->order;
	map->npages = new->length >> PAGE_SHIFT;
	map->pages = kvcalloc(map->npages, sizeof(*map->pages), GFP_KERNEL);
	if (!map->pages)
		goto err_map;

	map->res = daxwake_claim(new);
	ret = PTR_ERR(map->res);
	if (IS_ERR(map->res))
		goto err_map;
	daxwake_map_fill(map, new);
	addr = memremap_pages(&map->pgmap, NUMA_NO_NODE);
	ret = PTR_ERR(addr);
	if (IS_ERR(addr))
		goto err_region;
	return map;

err_region:
	release_mem_region(map->res->start, resource_size(map->res));
err_map:
	daxwake_map_put(map);
	return ERR_PTR(ret);
}

int daxwake_ioc_pgmap_new(struct daxwake_file *file, void *arg)
{
	struct daxwake_pgmap_new *new = arg;
	struct daxwake_map *map;
	unsigned int i;
	int ret;

	ret = daxwake_new_check(new);
	if (ret)
		return ret;
	if (mutex_lock_killable(&file->maps_lock))
		return -EINTR;
	for (i = 0; i < DAXWAKE_MAX_PGMAPS && file->maps[i]; i++)
		;
	ret = -E2BIG;
	if (i == DAXWAKE_MAX_PGMAPS)
		goto out;
	map = daxwake_map_new(new);
	ret = PTR_ERR(map);
	if (IS_ERR(map))
		goto out;

	/* Its own, until memunmap_pages() is through. */
	kref_get(&map->ref);
	kref_get(&file->ref);
	map->file = file;
	__module_get(THIS_MODULE);
	if (!++file->next_map)
		file->next_map++;
	map->id = file->next_map;
	file->maps[i] = map;
	daxwake_pgmap_type(&map->pgmap, &new->out_idle);
	new->out_pfn = map->pfn;
	new->out_pgmap = map->id;
	new->out_npages = map->npages;
	ret = 0;
out:
	mutex_unlock(&file->maps_lock);
	return ret;
}

/* --- PGMAP_LOOK -------------------------------------------------------------- */

static void daxwake_look_at(struct daxwake_map *map, unsigned int first,
			    struct daxwake_pgmap_page *looks, unsigned int n)
{
	struct daxwake_map_page *rec = map->pages + first;
	unsigned int i;

	spin_lock_irq(&map->lock);
	for (i = 0; i < n; i++, rec++) {
		looks[i].freed = rec->freed;
		looks[i].strays = rec->strays;
		looks[i].refcount = rec->refcount;
		looks[i].flags = rec->flags;
		if (rec->out)
			looks[i].flags |= DAXWAKE_PGMAP_OUT;
		if (!map->ending &&
		    daxwake_page_charged(pfn_to_page(map->pfn + first + i)))
			looks[i].flags |= DAXWAKE_PGMAP_CHARGED;
	}
	spin_unlock_irq(&map->lock);
}

static int daxwake_look_all(struct daxwake_map *map,
			    struct daxwake_pgmap_look *look)
{
	void __user *user = u64_to_user_ptr(look->pages);
	struct daxwake_pgmap_page *looks;
	size_t size = min_t(size_t, look->entry_size, sizeof(*looks));
	unsigned int first, i, n;
	int ret = 0;

	looks = kmalloc_array(DAXWAKE_BATCH, sizeof(*looks), GFP_KERNEL);
	if (!looks)
		return -ENOMEM;
	for (first = 0; !ret && first < look->npages; first += n) {
		n = min_t(unsigned int, look->npages - first, DAXWAKE_BATCH);
		daxwake_look_at(map, look->first + first, looks, n);
		for (i = 0; i < n; i++, user += look->entry_size) {
			if (copy_to_user(user, &looks[i], size) ||
			    clear_user(user + size, look->entry_size - size))
				ret = -EFAULT;
		}
	}
	kfree(looks);
	if (!ret)
		look->out_npages = look->npages;
	return ret;
}

int daxwake_ioc_pgmap_look(struct daxwake_file *file, void *arg)
{
	struct daxwake_pgmap_look *look = arg;
	struct daxwake_map *map;
	int ret;

	if (look->npages && look->entry_size <
	    offsetofend(struct daxwake_pgmap_page, flags))
		return -EINVAL;
	if (look->entry_size > PAGE_SIZE)
		return -E2BIG;
	map = daxwake_map_get(file, look->pgmap);
	if (!map)
		return -ENOENT;
	ret = -ERANGE;
	if (look->first > map->npages ||
	    look->npages > map->npages - look->first)
		goto out;
	ret = -EINTR;
	if (down_read_killable(&map->sem))
		goto out;
	ret = daxwake_look_all(map, look);
	if (!ret) {
		look->out_faults = atomic_read(&map->faults);
		if (completion_done(&map->ended)) {
			look->out_state = DAXWAKE_PGMAP_ENDED;
			look->out_left = map->left;
		} else if (map->ending) {
			look->out_state = DAXWAKE_PGMAP_ENDING;
		}
	}
	up_read(&map->sem);
out:
	daxwake_map_put(map);
	return ret;
}

/* --- PGMAP_END --------------------------------------------------------------- */

static int daxwake_map_begin_end(struct daxwake_map *map, bool anyway)
{
	if (completion_done(&map->ended))
		return 0;
	if (!anyway && daxwake_map_busy(map))
		return -EBUSY;
	if (!map->ending) {
		map->ending = true;
		queue_work(daxwake_wq, &map->work);
	}
	return 0;
}

static void daxwake_map_unlist(struct daxwake_file *file,
			       struct daxwake_map *map)
{
	bool listed = false;
	unsigned int i;

	mutex_lock(&file->maps_lock);
	for (i = 0; i < DAXWAKE_MAX_PGMAPS; i++) {
		if (file->maps[i] == map) {
			file->maps[i] = NULL;
			listed = true;
		}
	}
	mutex_unlock(&file->maps_lock);
	if (listed)
		daxwake_map_put(map);
}

int daxwake_ioc_pgmap_end(struct daxwake_file *file, void *arg)
{
	struct daxwake_pgmap_end *end = arg;
	unsigned long patience = msecs_to_jiffies(DAXWAKE_JOB_PATIENCE_MS);
	bool anyway = end->flags & DAXWAKE_END_ANYWAY;
	struct daxwake_map *map;
	long left;
	int ret;

	map = daxwake_map_get(file, end->pgmap);
	if (!map)
		return -ENOENT;
	ret = -EINTR;
	if (down_write_killable(&map->sem))
		goto out;
	ret = daxwake_map_begin_end(map, anyway);
	up_write(&map->sem);
	if (ret || anyway)
		goto out;

	left = wait_for_completion_killable_timeout(&map->ended, patience);
	if (left <= 0) {
		ret = left < 0 ? -EINTR : -ETIMEDOUT;
		goto out;
	}
	end->out_left = map->left;
	daxwake_map_unlist(file, map);
out:
	daxwake_map_put(map);
	return ret;
}

/* The last close; its handles are empty already. */
void daxwake_pgmaps_drop(struct daxwake_file *file)
{
	unsigned long patience = msecs_to_jiffies(DAXWAKE_JOB_PATIENCE_MS);
	struct daxwake_map *map;
	unsigned int i;

	for (i = 0; i < DAXWAKE_MAX_PGMAPS; i++) {
		map = file->maps[i];
		if (!map)
			continue;
		file->maps[i] = NULL;
		daxwake_map_evict(map);
		down_write(&map->sem);
		daxwake_map_begin_end(map, true);
		up_write(&map->sem);
		/* What is still in somebody's page tables comes home without us. */
		if (!daxwake_map_busy(map))
			wait_for_completion_timeout(&map->ended, patience);
		daxwake_map_put(map);
	}
}
