// SPDX-License-Identifier: GPL-2.0-only
/* PIN: hold pages of user memory by each of the kernel's ways to do so. */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "daxwake.h"

/* The memory of @pid as the caller sees it, 0 being himself. */
struct mm_struct *daxwake_mm_get(s32 pid)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct pid *ref;

	if (pid < 0)
		return ERR_PTR(-EINVAL);
	if (!pid) {
		mm = get_task_mm(current);
		return mm ?: ERR_PTR(-ESRCH);
	}

	ref = find_get_pid(pid);
	task = get_pid_task(ref, PIDTYPE_PID);
	put_pid(ref);
	if (!task)
		return ERR_PTR(-ESRCH);
	mm = get_task_mm(task);
	put_task_struct(task);
	return mm ?: ERR_PTR(-ESRCH);
}

static long daxwake_hold_local(struct daxwake_handle *handle,
			       const struct daxwake_pin *pin, unsigned int gup)
{
	struct mm_struct *mm = current->mm;
	long ret;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	ret = daxwake_gup(handle->get, pin->addr, handle->npages, gup,
			  handle->pages);
	mmap_read_unlock(mm);
	return ret;
}

static long daxwake_hold_remote(struct daxwake_handle *handle,
				const struct daxwake_pin *pin, unsigned int gup)
{
	struct mm_struct *mm = daxwake_mm_get(pin->pid);
	long ret = -EINTR;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	if (!mmap_read_lock_killable(mm)) {
		ret = daxwake_gup_remote(handle->get, mm, pin->addr,
					 handle->npages, gup, handle->pages);
		mmap_read_unlock(mm);
	}
	mmput(mm);
	return ret;
}

static long daxwake_hold_fast(struct daxwake_handle *handle,
			      const struct daxwake_pin *pin, unsigned int gup)
{
	if (handle->get)
		return get_user_pages_fast(pin->addr, handle->npages, gup,
					   handle->pages);
	return pin_user_pages_fast(pin->addr, handle->npages, gup,
				   handle->pages);
}

/* Fills handle->pages; all or nothing. */
static int daxwake_hold(struct daxwake_handle *handle,
			const struct daxwake_pin *pin)
{
	unsigned int gup = 0;
	long ret;

	if (pin->flags & DAXWAKE_PIN_WRITE)
		gup |= FOLL_WRITE;
	if (pin->flags & DAXWAKE_PIN_LONGTERM)
		gup |= FOLL_LONGTERM;
	if (pin->flags & DAXWAKE_PIN_P2PDMA)
		gup |= DAXWAKE_FOLL_P2PDMA;

	if (pin->flags & DAXWAKE_PIN_FAST)
		ret = daxwake_hold_fast(handle, pin, gup);
	else if (pin->pid)
		ret = daxwake_hold_remote(handle, pin, gup);
	else
		ret = daxwake_hold_local(handle, pin, gup);
	if (ret == handle->npages)
		return 0;

	if (ret > 0)
		daxwake_give_back(handle->pages, ret,
				  handle->get ? DAXWAKE_PUT_PAGE :
						DAXWAKE_UNPIN_USER_PAGES, true);
	return ret < 0 ? ret : -EFAULT;
}

static int daxwake_pin_check(const struct daxwake_pin *pin)
{
	if (pin->pid < 0 || (pin->pid && pin->flags & DAXWAKE_PIN_FAST))
		return -EINVAL;
	if (pin->flags & DAXWAKE_PIN_LONGTERM &&
	    pin->flags & (DAXWAKE_PIN_GET | DAXWAKE_PIN_P2PDMA))
		return -EINVAL;
	if (!pin->length || !PAGE_ALIGNED(pin->addr | pin->length))
		return -EINVAL;
	if (pin->length >> PAGE_SHIFT > DAXWAKE_MAX_PIN_PAGES ||
	    pin->lease_ms > DAXWAKE_MAX_DELAY_MS)
		return -E2BIG;
	if (pin->addr + pin->length < pin->addr)
		return -EFAULT;
	if (pin->flags & DAXWAKE_PIN_P2PDMA && !DAXWAKE_FOLL_P2PDMA)
		return -EOPNOTSUPP;
	return 0;
}

struct daxwake_handle *daxwake_handle_new(struct daxwake_file *file,
					  unsigned int npages)
{
	struct daxwake_handle *handle = kzalloc(sizeof(*handle), GFP_KERNEL);

	if (!handle)
		return NULL;
	kref_init(&handle->ref);
	kref_get(&file->ref);
	handle->file = file;
	handle->npages = npages;
	handle->held = npages;
	INIT_DELAYED_WORK(&handle->lease, daxwake_handle_lease);
	handle->given = bitmap_zalloc(npages, GFP_KERNEL_ACCOUNT);
	handle->pages = kvmalloc_array(npages, sizeof(*handle->pages),
				       GFP_KERNEL_ACCOUNT);
	if (handle->given && handle->pages)
		return handle;
	daxwake_handle_put(handle);
	return NULL;
}

int daxwake_ioc_pin(struct daxwake_file *file, void *arg)
{
	struct daxwake_handle *handle;
	struct daxwake_pin *pin = arg;
	u32 id;
	int ret;

	ret = daxwake_pin_check(pin);
	if (ret)
		return ret;
	ret = daxwake_handle_reserve(file, &id);
	if (ret)
		return ret;

	ret = -ENOMEM;
	handle = daxwake_handle_new(file, pin->length >> PAGE_SHIFT);
	if (!handle)
		goto err_id;
	handle->get = pin->flags & DAXWAKE_PIN_GET;
	ret = daxwake_hold(handle, pin);
	if (ret)
		goto err_handle;

	/* Once others find it, it may be gone at any time. */
	pin->out_handle = id;
	pin->out_npages = handle->npages;
	ret = daxwake_handle_publish(handle, id, pin->lease_ms);
	if (!ret)
		return 0;

	pin->out_handle = 0;
	pin->out_npages = 0;
	daxwake_give_back(handle->pages, handle->npages,
			  handle->get ? DAXWAKE_PUT_PAGE :
					DAXWAKE_UNPIN_USER_PAGES, true);
err_handle:
	daxwake_handle_put(handle);
err_id:
	daxwake_handle_unreserve(file, id);
	return ret;
}
