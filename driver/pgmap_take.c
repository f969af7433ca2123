// SPDX-License-Identifier: GPL-2.0-only
/* PGMAP_TAKE: pages of a pgmap of the driver's own, held by a handle. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "daxwake.h"

/* Device memory: nobody else gets these pages until the kernel calls back. */
int daxwake_map_claim(struct daxwake_map *map, unsigned int first,
		      unsigned int npages, unsigned int order)
{
	struct daxwake_map_page *rec = map->pages + first;
	unsigned int i;
	int ret = 0;

	spin_lock_irq(&map->lock);
	for (i = 0; i < npages; i++) {
		if (rec[i].out)
			ret = -EBUSY;
	}
	for (i = 0; !ret && i < npages; i++) {
		rec[i].out = true;
		rec[i].order = order;
	}
	if (!ret)
		map->out += npages;
	spin_unlock_irq(&map->lock);
	return ret;
}

int daxwake_map_claim_any(struct daxwake_map *map)
{
	unsigned int i;
	int ret = -ENOMEM;

	spin_lock_irq(&map->lock);
	for (i = 0; i < map->npages && ret < 0; i++) {
		if (map->pages[i].out)
			continue;
		map->pages[i].out = true;
		map->pages[i].order = 0;
		map->out++;
		ret = i;
	}
	spin_unlock_irq(&map->lock);
	return ret;
}

static bool daxwake_map_are_out(struct daxwake_map *map, unsigned int first,
				unsigned int npages)
{
	bool out = true;
	unsigned int i;

	spin_lock_irq(&map->lock);
	for (i = first; i < first + npages; i++)
		out = out && map->pages[i].out;
	spin_unlock_irq(&map->lock);
	return out;
}

/* Pages that nobody held, or of which nobody knows that. */
static int daxwake_take_new(struct daxwake_map *map,
			    const struct daxwake_pgmap_take *take,
			    struct page **pages, unsigned int n)
{
	unsigned int i;
	int ret;

	if (map->device) {
		ret = daxwake_map_claim(map, take->first, take->npages,
					take->order);
		if (ret)
			return ret;
	}
	for (i = 0; i < n; i++) {
		if (map->device && (!i || pages[i] != pages[i - 1])) {
			daxwake_device_page_init(pages[i], &map->pgmap,
						 take->order);
			unlock_page(pages[i]);
		} else {
			page_ref_inc(pages[i]);
		}
		if (take->flags & DAXWAKE_TAKE_MARK)
			daxwake_page_set_mapping(pages[i], &map->mark);
	}
	return 0;
}

static int daxwake_take_get(struct daxwake_map *map,
			    const struct daxwake_pgmap_take *take,
			    struct page **pages, unsigned int n)
{
	unsigned int i;

	if (map->device && !daxwake_map_are_out(map, take->first, take->npages))
		return -ENXIO;
	for (i = 0; i < n; i++)
		page_ref_inc(pages[i]);
	return 0;
}

static int daxwake_take_try(struct page **pages, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (get_page_unless_zero(pages[i]))
			continue;
		while (i--)
			put_page(pages[i]);
		return -EAGAIN;
	}
	return 0;
}

static int daxwake_take(struct daxwake_map *map,
			const struct daxwake_pgmap_take *take,
			struct daxwake_handle *handle)
{
	unsigned int i, n = handle->npages;
	unsigned int refs = take->refs ?: 1;
	bool held = take->flags & (DAXWAKE_TAKE_GET | DAXWAKE_TAKE_TRY);
	int ret;

	for (i = 0; i < n; i++) {
		handle->pages[i] = pfn_to_page(map->pfn + take->first +
					       (i / refs << take->order));
		/* one that is free may look as if it still were of a folio */
		if (held || !map->device)
			handle->pages[i] = compound_head(handle->pages[i]);
	}
	if (take->flags & DAXWAKE_TAKE_TRY)
		ret = daxwake_take_try(handle->pages, n);
	else if (take->flags & DAXWAKE_TAKE_GET)
		ret = daxwake_take_get(map, take, handle->pages, n);
	else
		ret = daxwake_take_new(map, take, handle->pages, n);
	if (ret)
		return ret;

	for (i = 0; take->flags & DAXWAKE_TAKE_PIN && i < n; i++)
		daxwake_page_pin(handle->pages[i]);
	kref_get(&map->ref);
	handle->map = map;
	spin_lock_irq(&map->lock);
	map->held += n;
	spin_unlock_irq(&map->lock);
	return 0;
}

static int daxwake_take_check(const struct daxwake_map *map,
			      const struct daxwake_pgmap_take *take)
{
	if (take->first >= map->npages ||
	    take->npages > map->npages - take->first)
		return -ERANGE;
	if (map->device && take->order > daxwake_pgmap_order(map->type))
		return -EOPNOTSUPP;
	if (!map->device && take->order != map->order)
		return -EOPNOTSUPP;
	if (!IS_ALIGNED(take->first | take->npages, 1U << take->order))
		return -EINVAL;
	return 0;
}

/* The handle is new and nobody's yet; on error it is the caller's again. */
static int daxwake_take_under(struct daxwake_map *map,
			      const struct daxwake_pgmap_take *take,
			      struct daxwake_handle *handle, u32 id)
{
	int ret;

	if (down_read_killable(&map->sem))
		return -EINTR;
	ret = map->ending ? -ENOENT : daxwake_take(map, take, handle);
	if (!ret) {
		ret = daxwake_handle_publish(handle, id, 0);
		if (ret) {
			daxwake_map_giving(map, handle->npages);
			daxwake_give_back(handle->pages, handle->npages,
					  handle->get ? DAXWAKE_PUT_PAGE :
						DAXWAKE_UNPIN_USER_PAGES, true);
			daxwake_map_gave(map, handle->npages);
		}
	}
	up_read(&map->sem);
	return ret;
}

int daxwake_ioc_pgmap_take(struct daxwake_file *file, void *arg)
{
	struct daxwake_pgmap_take *take = arg;
	u32 gets = take->flags & (DAXWAKE_TAKE_GET | DAXWAKE_TAKE_TRY);
	struct daxwake_handle *handle;
	struct daxwake_map *map;
	u32 id, npages;
	int ret;

	if (!take->npages || take->order > PMD_SHIFT - PAGE_SHIFT)
		return -EINVAL;
	if (take->refs > DAXWAKE_MAX_TAKE_REFS)
		return -E2BIG;
	if (gets && take->flags & DAXWAKE_TAKE_MARK)
		return -EINVAL;
	if (gets & DAXWAKE_TAKE_TRY &&
	    take->flags & (DAXWAKE_TAKE_GET | DAXWAKE_TAKE_PIN))
		return -EINVAL;
	map = daxwake_map_get(file, take->pgmap);
	if (!map)
		return -ENOENT;
	ret = daxwake_take_check(map, take);
	if (ret)
		goto err_map;
	ret = daxwake_handle_reserve(file, &id);
	if (ret)
		goto err_map;
	ret = -ENOMEM;
	npages = (take->npages >> take->order) * (take->refs ?: 1);
	handle = daxwake_handle_new(file, npages);
	if (!handle)
		goto err_id;
	handle->get = !(take->flags & DAXWAKE_TAKE_PIN);
	ret = daxwake_take_under(map, take, handle, id);
	if (ret)
		goto err_handle;
	take->out_handle = id;
	take->out_npages = npages;
	daxwake_map_put(map);
	return 0;

err_handle:
	daxwake_handle_put(handle);
err_id:
	daxwake_handle_unreserve(file, id);
err_map:
	daxwake_map_put(map);
	return ret;
}
