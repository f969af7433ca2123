// SPDX-License-Identifier: GPL-2.0-only
/*
 * STALL: whoever comes to a chosen function with the page stops there, until
 * the fault is disarmed. It makes a window of a race as wide as a test wants.
 *
 * A probe cannot sleep. It sends the caller to a function of the driver that
 * takes the same arguments, sleeps, and calls the one that was meant; the call
 * from there is known by the task and goes through. All functions that can be
 * chosen may sleep by their own contracts.
 *
 * From the redirection to the end of the driver's function the task has a
 * reference on the module. After that it only returns.
 */
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "daxwake.h"

#if defined(CONFIG_KPROBES) && defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)

/* A task between the redirection and the return; on its stack. */
struct daxwake_passer {
	struct list_head list;
	struct task_struct *task;
};

static DEFINE_RAW_SPINLOCK(daxwake_stall_lock);
static LIST_HEAD(daxwake_passers);		/* stall_lock */
static struct daxwake_fault *daxwake_stall_fault; /* stall_lock */
static unsigned int daxwake_stall_turn;		/* stall_lock; of arming */
static unsigned int daxwake_stalled;		/* stall_lock; in this turn */
static DECLARE_WAIT_QUEUE_HEAD(daxwake_stall_queue);
static struct kprobe daxwake_stall_probe;

static void daxwake_pass_begin(struct daxwake_passer *me)
{
	unsigned long flags;

	me->task = current;
	raw_spin_lock_irqsave(&daxwake_stall_lock, flags);
	list_add(&me->list, &daxwake_passers);
	raw_spin_unlock_irqrestore(&daxwake_stall_lock, flags);
}

static void daxwake_pass_end(struct daxwake_passer *me)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&daxwake_stall_lock, flags);
	list_del(&me->list);
	raw_spin_unlock_irqrestore(&daxwake_stall_lock, flags);
	module_put(THIS_MODULE);
}

static bool daxwake_passes(const struct task_struct *task)
{
	struct daxwake_passer *passer;
	unsigned long flags;
	bool found = false;

	raw_spin_lock_irqsave(&daxwake_stall_lock, flags);
	list_for_each_entry(passer, &daxwake_passers, list)
		found |= passer->task == task;
	raw_spin_unlock_irqrestore(&daxwake_stall_lock, flags);
	return found;
}

NOKPROBE_SYMBOL(daxwake_passes);

/* Stop here if @here says that this is the page. */
static void daxwake_stall(bool (*here)(const struct daxwake_fault *fault,
				       const void *arg, long n),
			  const void *arg, long n)
{
	unsigned long flags;
	unsigned int turn;
	bool stops;

	raw_spin_lock_irqsave(&daxwake_stall_lock, flags);
	stops = daxwake_stall_fault && here(daxwake_stall_fault, arg, n) &&
		daxwake_fault_fires(daxwake_stall_fault);
	turn = daxwake_stall_turn;
	daxwake_stalled += stops;
	raw_spin_unlock_irqrestore(&daxwake_stall_lock, flags);
	if (!stops)
		return;

	wait_event_killable_timeout(daxwake_stall_queue,
				    READ_ONCE(daxwake_stall_turn) != turn,
				    msecs_to_jiffies(DAXWAKE_STALL_MS));

	raw_spin_lock_irqsave(&daxwake_stall_lock, flags);
	if (turn == daxwake_stall_turn)
		daxwake_stalled--;
	raw_spin_unlock_irqrestore(&daxwake_stall_lock, flags);
}

/* --- where: what is called instead, with the same arguments --------------- */

#if defined(HAVE_DAX_FLUSH) && defined(CONFIG_FS_DAX)

static bool daxwake_in_range(const struct daxwake_fault *fault,
			     const void *addr, long size)
{
	const void *data = page_address(fault->page);

	return data >= addr && data < addr + size;
}

static noinline notrace void daxwake_stall_flush(struct dax_device *dev,
						 void *addr, size_t size)
{
	struct daxwake_passer me;

	daxwake_pass_begin(&me);
	daxwake_stall(daxwake_in_range, addr, size);
	dax_flush(dev, addr, size);
	daxwake_pass_end(&me);
}

#endif

static bool daxwake_among(const struct daxwake_fault *fault, const void *pages,
			  long n)
{
	struct page *const *page = pages;

	while (page && n-- > 0) {
		if (*page++ == fault->page)
			return true;
	}
	return false;
}

static noinline notrace int daxwake_stall_fast(unsigned long start, int n,
					       unsigned int flags,
					       struct page **pages)
{
	struct daxwake_passer me;
	int got;

	daxwake_pass_begin(&me);
	got = get_user_pages_fast(start, n, flags, pages);
	daxwake_stall(daxwake_among, pages, got);
	daxwake_pass_end(&me);
	return got;
}

#ifdef HAVE_GUP_REMOTE_VMAS
#define DAXWAKE_VMAS_ARG	struct vm_area_struct **vmas,
#define DAXWAKE_VMAS		vmas,
#else
#define DAXWAKE_VMAS_ARG
#define DAXWAKE_VMAS
#endif

static noinline notrace long daxwake_stall_remote(struct mm_struct *mm,
						  unsigned long start,
						  unsigned long n,
						  unsigned int flags,
						  struct page **pages,
						  DAXWAKE_VMAS_ARG int *locked)
{
	struct daxwake_passer me;
	long got;

	daxwake_pass_begin(&me);
	got = get_user_pages_remote(mm, start, n, flags, pages,
				    DAXWAKE_VMAS locked);
	daxwake_stall(daxwake_among, pages, got);
	daxwake_pass_end(&me);
	return got;
}

static const struct {
	const char *symbol;
	void *instead;
} daxwake_stalls[DAXWAKE_AT_COUNT] = {
#if defined(HAVE_DAX_FLUSH) && defined(CONFIG_FS_DAX)
	[DAXWAKE_AT_DAX_FLUSH] = { "dax_flush", daxwake_stall_flush },
#endif
	[DAXWAKE_AT_GET_USER_PAGES_FAST] = {
		"get_user_pages_fast", daxwake_stall_fast,
	},
	[DAXWAKE_AT_GET_USER_PAGES_REMOTE] = {
		"get_user_pages_remote", daxwake_stall_remote,
	},
};

/* Kernel threads cannot be killed out of a stall, and pass. */
static int daxwake_stall_redirect(struct kprobe *probe, struct pt_regs *regs)
{
	u32 where = daxwake_stall_fault->where;

	if (current->flags & PF_KTHREAD || daxwake_passes(current))
		return 0;
	__module_get(THIS_MODULE);
	instruction_pointer_set(regs,
				(unsigned long)daxwake_stalls[where].instead);
	return 1;
}

NOKPROBE_SYMBOL(daxwake_stall_redirect);

u64 daxwake_stall_possible(void)
{
	u64 possible = 0;
	u32 where;

	for (where = 0; where < DAXWAKE_AT_COUNT; where++) {
		if (daxwake_stalls[where].symbol &&
		    daxwake_probe_exists(daxwake_stalls[where].symbol))
			possible |= BIT_ULL(where);
	}
	return possible;
}

static void daxwake_stall_set(struct daxwake_fault *fault)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&daxwake_stall_lock, flags);
	daxwake_stall_fault = fault;
	WRITE_ONCE(daxwake_stall_turn, daxwake_stall_turn + 1);
	daxwake_stalled = 0;
	raw_spin_unlock_irqrestore(&daxwake_stall_lock, flags);
}

int daxwake_stall_arm(struct daxwake_fault *fault)
{
	int ret;

	daxwake_stall_set(fault);
	daxwake_stall_probe = (struct kprobe) {
		.symbol_name = daxwake_stalls[fault->where].symbol,
		.pre_handler = daxwake_stall_redirect,
		.post_handler = daxwake_post_nop,
	};
	ret = register_kprobe(&daxwake_stall_probe);
	if (ret)
		daxwake_stall_set(NULL);
	return ret;
}

/* The probe first: nobody must come while the fault goes. */
void daxwake_stall_disarm(struct daxwake_fault *fault)
{
	unregister_kprobe(&daxwake_stall_probe);
	daxwake_stall_set(NULL);
	wake_up_all(&daxwake_stall_queue);
}

unsigned int daxwake_stall_count(void)
{
	return READ_ONCE(daxwake_stalled);
}

/* Who had the last reference may still be on its way out of the driver's text. */
void daxwake_stall_exit(void)
{
	synchronize_rcu_tasks();
}

#else

u64 daxwake_stall_possible(void)
{
	return 0;
}

int daxwake_stall_arm(struct daxwake_fault *fault)
{
	return -EOPNOTSUPP;
}

void daxwake_stall_disarm(struct daxwake_fault *fault)
{
}

unsigned int daxwake_stall_count(void)
{
	return 0;
}

void daxwake_stall_exit(void)
{
}

#endif
