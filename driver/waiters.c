// SPDX-License-Identifier: GPL-2.0-only
/*
 * WAITERS and RESCUE. Whoever waits for a page sleeps in a hashed wait queue,
 * in an entry that carries the key it was made with; the queue is exported on
 * every kernel, so that it can be read instead of guessed at.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>

#include "daxwake.h"

struct daxwake_sleeper {
	struct task_struct *task;	/* a reference */
	u32 key;
	u32 state;			/* as in struct daxwake_waiter */
};

/* What was found; @list may have less room than there are sleepers. */
struct daxwake_census {
	struct daxwake_sleeper *list;
	unsigned int max;
	unsigned int total;
};

static bool daxwake_sleeps_on(struct wait_queue_entry *entry, void *key)
{
	struct wait_bit_queue_entry *bit =
		container_of(entry, struct wait_bit_queue_entry, wq_entry);

	/* -1: waits for a variable, not for a bit of a word */
	return bit->key.flags == key && bit->key.bit_nr == -1;
}

/*
 * A task puts itself into the queue, and takes on its sleeping state, before it
 * looks at its condition: it sleeps only when it has left the CPU and the run
 * queue for that. While it is in the queue and the queue is locked, nobody can
 * be about to wake it.
 */
static u32 daxwake_asleep(struct task_struct *task)
{
	unsigned int state = daxwake_task_state(task);

	if (!daxwake_task_off_cpu(task))
		return 0;
	if (state & TASK_INTERRUPTIBLE)
		return 1;
	return state & TASK_UNINTERRUPTIBLE ? 2 : 0;
}

static void daxwake_count(void *var, u32 key, struct daxwake_census *census)
{
	struct wait_queue_head *queue = __var_waitqueue(var);
	struct wait_queue_entry *entry;
	struct daxwake_sleeper *sleeper;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	list_for_each_entry(entry, &queue->head, entry) {
		if (!daxwake_sleeps_on(entry, var))
			continue;
		if (census->total < census->max) {
			sleeper = &census->list[census->total];
			sleeper->task = entry->private;
			sleeper->key = key;
			sleeper->state = daxwake_asleep(sleeper->task);
			get_task_struct(sleeper->task);
		}
		census->total++;
	}
	spin_unlock_irqrestore(&queue->lock, flags);
}

/* Kernels differ in the key, and one page may have been looked for by its folio. */
static void daxwake_count_all(struct page *page, struct page *head,
			      struct daxwake_census *census)
{
	daxwake_count(&page->_refcount, DAXWAKE_KEY_REFCOUNT, census);
	daxwake_count(page, DAXWAKE_KEY_PAGE, census);
	if (head == page)
		return;
	daxwake_count(&head->_refcount, DAXWAKE_KEY_REFCOUNT, census);
	daxwake_count(head, DAXWAKE_KEY_PAGE, census);
}

/* wake_up_var() itself, but for the probe that may sit at its entry. */
static void daxwake_wake_var(void *var)
{
	__wake_up_bit(__var_waitqueue(var), var, -1);
}

/* Wakes all who sleep on either; says how many there were. */
unsigned int daxwake_wake(struct page *page, struct page *head)
{
	struct daxwake_census census = {};

	daxwake_count_all(page, head, &census);
	daxwake_wake_var(&page->_refcount);
	daxwake_wake_var(page);
	if (head != page) {
		daxwake_wake_var(&head->_refcount);
		daxwake_wake_var(head);
	}
	return census.total;
}

static int daxwake_waiters_copy(struct daxwake_waiters *waiters, unsigned int i,
				const struct daxwake_sleeper *sleeper)
{
	size_t size = min_t(size_t, waiters->entry_size,
			    sizeof(struct daxwake_waiter));
	void __user *user = u64_to_user_ptr(waiters->waiters) +
			    (size_t)i * waiters->entry_size;
	struct daxwake_waiter waiter = {
		.pid = task_pid_vnr(sleeper->task),
		.key = sleeper->key,
		.state = sleeper->state,
	};

	BUILD_BUG_ON(sizeof(waiter.comm) != TASK_COMM_LEN);
	get_task_comm(waiter.comm, sleeper->task);

	if (copy_to_user(user, &waiter, size) ||
	    clear_user(user + size, waiters->entry_size - size))
		return -EFAULT;
	return 0;
}

int daxwake_ioc_waiters(struct daxwake_file *file, void *arg)
{
	struct daxwake_waiters *waiters = arg;
	struct daxwake_census census = {};
	struct dev_pagemap *pgmap;
	struct page *page;
	unsigned int i, filled;
	int ret = 0;

	if (waiters->max && waiters->entry_size <
	    offsetofend(struct daxwake_waiter, comm))
		return -EINVAL;
	if (waiters->max > DAXWAKE_MAX_WAITERS || waiters->entry_size > PAGE_SIZE)
		return -E2BIG;

	if (waiters->max) {
		census.max = waiters->max;
		census.list = kvmalloc_array(census.max, sizeof(*census.list),
					     GFP_KERNEL);
		if (!census.list)
			return -ENOMEM;
	}

	pgmap = daxwake_pagemap_get(waiters->pfn);
	if (!pgmap) {
		kvfree(census.list);
		return -ENXIO;
	}
	page = pfn_to_page(waiters->pfn);
	daxwake_count_all(page, compound_head(page), &census);
	put_dev_pagemap(pgmap);

	filled = min(census.total, census.max);
	for (i = 0; i < filled; i++) {
		if (!ret)
			ret = daxwake_waiters_copy(waiters, i, &census.list[i]);
		put_task_struct(census.list[i].task);
	}
	kvfree(census.list);
	if (ret)
		return ret;
	waiters->out_total = census.total;
	waiters->out_filled = filled;
	return 0;
}

int daxwake_ioc_rescue(struct daxwake_file *file, void *arg)
{
	struct daxwake_rescue *rescue = arg;
	struct dev_pagemap *pgmap = daxwake_pagemap_get(rescue->pfn);
	struct page *page;

	if (!pgmap)
		return -ENXIO;
	page = pfn_to_page(rescue->pfn);
	rescue->out_woken = daxwake_wake(page, compound_head(page));
	put_dev_pagemap(pgmap);
	return 0;
}
