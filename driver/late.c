// SPDX-License-Identifier: GPL-2.0-only
/* WRITE_LATE: a write that does not go through a mapping, as by a device. */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "daxwake.h"

static void daxwake_late_run(struct daxwake_job *job)
{
	unsigned int i;

	for (i = 0; i < job->npages; i++) {
		memset(page_address(job->handle->pages[job->first + i]),
		       job->pattern, PAGE_SIZE);
		cond_resched();
	}
}

int daxwake_ioc_write_late(struct daxwake_file *file, void *arg)
{
	struct daxwake_write_late *late = arg;
	struct daxwake_job *job;
	int ret;

	if (late->pattern > 0xff)
		return -EINVAL;
	if (late->delay_ms > DAXWAKE_MAX_DELAY_MS)
		return -E2BIG;

	job = daxwake_job_new(daxwake_late_run);
	if (!job)
		return -ENOMEM;
	job->context = DAXWAKE_CTX_WORKQUEUE;
	job->first = late->first;
	job->npages = late->npages;
	job->pattern = late->pattern;

	ret = daxwake_job_start(job, file, late->handle, late->delay_ms);
	if (!ret && late->flags & DAXWAKE_WRITE_WAIT) {
		ret = daxwake_job_wait(job, late->delay_ms);
		if (!ret)
			late->out_npages = job->npages;
	}
	daxwake_job_put(job);
	return ret;
}
