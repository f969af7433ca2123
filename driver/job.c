// SPDX-License-Identifier: GPL-2.0-only
/*
 * One use of held pages, in the context and at the time that was asked for.
 * A job is claimed and set going under the lock of the file, so that whoever
 * wants to cancel it finds it either not there at all or really on its way.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "daxwake.h"

struct workqueue_struct *daxwake_wq;
static struct workqueue_struct *daxwake_cpu_wq;

int daxwake_jobs_init(void)
{
	daxwake_wq = alloc_workqueue("daxwake", WQ_UNBOUND, 0);
	if (!daxwake_wq)
		return -ENOMEM;
	daxwake_cpu_wq = alloc_workqueue("daxwake_cpu", DAXWAKE_WQ_BOUND, 0);
	if (!daxwake_cpu_wq) {
		destroy_workqueue(daxwake_wq);
		return -ENOMEM;
	}
	return 0;
}

void daxwake_jobs_exit(void)
{
	destroy_workqueue(daxwake_cpu_wq);
	destroy_workqueue(daxwake_wq);
}

static void daxwake_job_free(struct kref *ref)
{
	struct daxwake_job *job = container_of(ref, struct daxwake_job, ref);

	if (job->handle)
		daxwake_handle_put(job->handle);
	kfree(job);
}

void daxwake_job_put(struct daxwake_job *job)
{
	kref_put(&job->ref, daxwake_job_free);
}

/* The handle lets go of its job; with @ran the pages may be gone with it. */
static void daxwake_job_finish(struct daxwake_job *job, bool ran)
{
	struct daxwake_handle *handle = job->handle;
	struct xarray *handles = &handle->file->handles;
	bool last = false;

	xa_lock_bh(handles);
	handle->job = NULL;
	if (ran && job->gives) {
		daxwake_map_gave(handle->map, job->npages);
		bitmap_set(handle->given, job->first, job->npages);
		handle->held -= job->npages;
		last = !handle->held;
	}
	xa_unlock_bh(handles);

	if (last)
		daxwake_handle_unlink(handle);
	job->result = ran ? 0 : -ECANCELED;
	complete_all(&job->done);
	daxwake_job_put(job);
}

static void daxwake_job_run(struct daxwake_job *job)
{
	if (job->gives)
		daxwake_map_giving(job->handle->map, job->npages);
	job->run(job);
	daxwake_job_finish(job, true);
}

static void daxwake_job_work(struct work_struct *work)
{
	daxwake_job_run(container_of(to_delayed_work(work), struct daxwake_job,
				     work));
}

static void daxwake_job_timer(struct timer_list *timer)
{
	daxwake_job_run(container_of(timer, struct daxwake_job, timer));
}

struct daxwake_job *daxwake_job_new(void (*run)(struct daxwake_job *job))
{
	struct daxwake_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	kref_init(&job->ref);
	init_completion(&job->done);
	INIT_DELAYED_WORK(&job->work, daxwake_job_work);
	timer_setup(&job->timer, daxwake_job_timer, 0);
	job->run = run;
	return job;
}

/* Is what the job wants there? Fills in what "all from first on" means. */
static int daxwake_job_fits(struct daxwake_job *job,
			    struct daxwake_handle *handle)
{
	bool gets = job->how >= DAXWAKE_PUT_PAGE;
	unsigned int end;

	if (!handle || handle->dead)
		return -ENOENT;
	if (job->first >= handle->npages ||
	    job->npages > handle->npages - job->first)
		return -ERANGE;
	if (!job->npages)
		job->npages = handle->npages - job->first;
	if (job->gives && handle->get != gets)
		return -EINVAL;
	if (!job->gives && handle->map &&
	    handle->map->type == DAXWAKE_PGMAP_PRIVATE)
		return -EOPNOTSUPP;
	if (handle->job)
		return -EBUSY;
	end = job->first + job->npages;
	if (find_next_bit(handle->given, end, job->first) < end)
		return -EALREADY;
	return 0;
}

/*
 * Claims the pages and sets the job going; in the caller's context it is over
 * on return. Nothing has happened on error.
 */
int daxwake_job_start(struct daxwake_job *job, struct daxwake_file *file,
		      u32 id, u32 delay_ms)
{
	unsigned long delay = msecs_to_jiffies(delay_ms);
	unsigned int cpu = nr_cpu_ids;
	struct daxwake_handle *handle;
	int ret;

	if (job->context == DAXWAKE_CTX_OTHER_CPU) {
		cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
		if (cpu >= nr_cpu_ids)
			return -ENXIO;
	}

	xa_lock_bh(&file->handles);
	handle = xa_load(&file->handles, id);
	ret = daxwake_job_fits(job, handle);
	if (ret) {
		xa_unlock_bh(&file->handles);
		return ret;
	}
	kref_get(&handle->ref);
	job->handle = handle;
	kref_get(&job->ref);
	handle->job = job;
	switch (job->context) {
	case DAXWAKE_CTX_OTHER_CPU:
		queue_delayed_work_on(cpu, daxwake_cpu_wq, &job->work, delay);
		break;
	case DAXWAKE_CTX_WORKQUEUE:
		queue_delayed_work(daxwake_wq, &job->work, delay);
		break;
	case DAXWAKE_CTX_SOFTIRQ:
		mod_timer(&job->timer, jiffies + delay);
		break;
	}
	xa_unlock_bh(&file->handles);

	if (job->context == DAXWAKE_CTX_CALLER)
		daxwake_job_run(job);
	return 0;
}

/* A killed caller leaves the job behind; the close that follows sees to it. */
int daxwake_job_wait(struct daxwake_job *job, u32 delay_ms)
{
	unsigned long patience =
		msecs_to_jiffies(delay_ms + DAXWAKE_JOB_PATIENCE_MS);
	long left = wait_for_completion_killable_timeout(&job->done, patience);

	if (left < 0)
		return -EINTR;
	return left ? job->result : -ETIMEDOUT;
}

/* On return it has either run or never will. The caller has a reference. */
void daxwake_job_cancel(struct daxwake_job *job)
{
	bool pending = false;

	switch (job->context) {
	case DAXWAKE_CTX_OTHER_CPU:
	case DAXWAKE_CTX_WORKQUEUE:
		pending = cancel_delayed_work_sync(&job->work);
		break;
	case DAXWAKE_CTX_SOFTIRQ:
		pending = timer_delete_sync(&job->timer);
		break;
	}
	if (pending)
		daxwake_job_finish(job, false);
	else
		wait_for_completion(&job->done);
}
