// SPDX-License-Identifier: GPL-2.0-only
/* The table of held pages of one open file, and how they leave it. */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "daxwake.h"

struct daxwake_file *daxwake_file_new(void)
{
	struct daxwake_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return NULL;
	kref_init(&file->ref);
	mutex_init(&file->maps_lock);
	xa_init_flags(&file->handles, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
	return file;
}

static void daxwake_file_free(struct kref *ref)
{
	struct daxwake_file *file = container_of(ref, struct daxwake_file, ref);

	/* nothing is in it, so nothing is allocated by it: any context */
	xa_destroy(&file->handles);
	kfree(file);
}

void daxwake_file_put(struct daxwake_file *file)
{
	kref_put(&file->ref, daxwake_file_free);
}

/* Numbers go up before they come again: a stale one is -ENOENT, not another. */
int daxwake_handle_reserve(struct daxwake_file *file, u32 *id)
{
	int ret = 0;

	xa_lock_bh(&file->handles);
	if (file->nhandles < DAXWAKE_MAX_HANDLES)
		file->nhandles++;
	else
		ret = -E2BIG;
	xa_unlock_bh(&file->handles);
	if (ret)
		return ret;

	ret = xa_alloc_cyclic_bh(&file->handles, id, NULL,
				 XA_LIMIT(1, INT_MAX), &file->next_id,
				 GFP_KERNEL);
	if (ret < 0) {
		xa_lock_bh(&file->handles);
		file->nhandles--;
		xa_unlock_bh(&file->handles);
		return ret;
	}
	return 0;
}

void daxwake_handle_unreserve(struct daxwake_file *file, u32 id)
{
	xa_lock_bh(&file->handles);
	__xa_erase(&file->handles, id);
	file->nhandles--;
	xa_unlock_bh(&file->handles);
}

/*
 * From here on others find it. The lease starts under the same lock: a handle
 * that is unlinked has its lease cancelled, so it must not start after that.
 */
int daxwake_handle_publish(struct daxwake_handle *handle, u32 id, u32 lease_ms)
{
	struct daxwake_file *file = handle->file;
	int ret;

	xa_lock_bh(&file->handles);
	handle->id = id;
	ret = xa_err(__xa_store(&file->handles, id, handle, GFP_ATOMIC));
	if (!ret && lease_ms) {
		kref_get(&handle->ref);
		queue_delayed_work(daxwake_wq, &handle->lease,
				   msecs_to_jiffies(lease_ms));
	}
	xa_unlock_bh(&file->handles);
	return ret;
}

struct daxwake_handle *daxwake_handle_get(struct daxwake_file *file, u32 id)
{
	struct daxwake_handle *handle;

	xa_lock_bh(&file->handles);
	handle = xa_load(&file->handles, id);
	if (handle)
		kref_get(&handle->ref);
	xa_unlock_bh(&file->handles);
	return handle;
}

static void daxwake_handle_free(struct kref *ref)
{
	struct daxwake_handle *handle =
		container_of(ref, struct daxwake_handle, ref);

	daxwake_file_put(handle->file);
	if (handle->map)
		daxwake_map_put(handle->map);
	bitmap_free(handle->given);
	kvfree(handle->pages);
	kfree(handle);
}

void daxwake_handle_put(struct daxwake_handle *handle)
{
	kref_put(&handle->ref, daxwake_handle_free);
}

/* Takes it out of the table and drops the table's reference. Any context. */
void daxwake_handle_unlink(struct daxwake_handle *handle)
{
	struct daxwake_file *file = handle->file;
	bool linked;

	xa_lock_bh(&file->handles);
	linked = !handle->unlinked;
	if (linked) {
		handle->unlinked = true;
		__xa_erase(&file->handles, handle->id);
		file->nhandles--;
	}
	xa_unlock_bh(&file->handles);
	if (!linked)
		return;

	/* A lease that runs already finds nothing to do and drops its own. */
	if (cancel_delayed_work(&handle->lease))
		daxwake_handle_put(handle);
	daxwake_handle_put(handle);
}

/* Gives back all that is left. The caller has a reference. */
static void daxwake_handle_empty(struct daxwake_handle *handle)
{
	struct daxwake_file *file = handle->file;
	struct daxwake_job *job;
	unsigned int first, end;

	xa_lock_bh(&file->handles);
	handle->dead = true;
	job = handle->job;
	if (job)
		kref_get(&job->ref);
	xa_unlock_bh(&file->handles);

	if (job) {
		daxwake_job_cancel(job);
		daxwake_job_put(job);
	}

	/* No job is left and none can come: the bitmap stands still. */
	for (first = 0; first < handle->npages; first = end) {
		first = find_next_zero_bit(handle->given, handle->npages, first);
		end = find_next_bit(handle->given, handle->npages, first);
		if (first == end)
			continue;
		daxwake_map_giving(handle->map, end - first);
		daxwake_give_back(handle->pages + first, end - first,
				  handle->get ? DAXWAKE_PUT_PAGE :
						DAXWAKE_UNPIN_USER_PAGES, true);
		daxwake_map_gave(handle->map, end - first);
	}

	xa_lock_bh(&file->handles);
	bitmap_fill(handle->given, handle->npages);
	handle->held = 0;
	xa_unlock_bh(&file->handles);

	daxwake_handle_unlink(handle);
}

/* Nothing is given back, now or later. */
int daxwake_handle_forget(struct daxwake_handle *handle)
{
	struct daxwake_file *file = handle->file;
	unsigned int held = 0;
	bool busy;

	xa_lock_bh(&file->handles);
	busy = handle->job || handle->dead;
	if (!busy) {
		handle->dead = true;
		bitmap_fill(handle->given, handle->npages);
		held = handle->held;
		handle->held = 0;
	}
	xa_unlock_bh(&file->handles);
	if (busy)
		return -EBUSY;
	daxwake_map_giving(handle->map, held);
	daxwake_map_gave(handle->map, held);
	daxwake_handle_unlink(handle);
	return 0;
}

void daxwake_handle_lease(struct work_struct *work)
{
	struct daxwake_handle *handle =
		container_of(to_delayed_work(work), struct daxwake_handle, lease);

	daxwake_handle_empty(handle);
	daxwake_handle_put(handle);
}

/* The last close. */
void daxwake_handles_drop(struct daxwake_file *file)
{
	struct daxwake_handle *handle;
	unsigned long id;

	for (;;) {
		id = 0;
		xa_lock_bh(&file->handles);
		handle = xa_find(&file->handles, &id, ULONG_MAX, XA_PRESENT);
		if (handle)
			kref_get(&handle->ref);
		xa_unlock_bh(&file->handles);
		if (!handle)
			return;

		if (cancel_delayed_work_sync(&handle->lease))
			daxwake_handle_put(handle);
		daxwake_handle_empty(handle);
		daxwake_handle_put(handle);
	}
}
