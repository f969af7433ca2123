// SPDX-License-Identifier: GPL-2.0-only
/*
 * INJECT: faults of the running kernel, for one page, by kprobes at function
 * entry. A fault is armed by one open file at a time; its target does not
 * change while a probe can see it, so that the handlers need no lock.
 */
#include <linux/bug.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/ptrace.h>
#include <linux/string.h>

#include "daxwake.h"

#define DAXWAKE_MAX_FIRE	1000

static DEFINE_MUTEX(daxwake_faults_lock);
/* set at load: bit masks over enum daxwake_what, enum daxwake_where */
static u64 daxwake_possible;
static u64 daxwake_stalls;

/* Called by the probes: is there a shot left? Takes it. */
bool daxwake_fault_fires(struct daxwake_fault *fault)
{
	if (atomic_dec_if_positive(&fault->budget) < 0)
		return false;
	atomic_inc(&fault->fired);
	return true;
}

#if defined(CONFIG_KPROBES) && defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)

/*
 * What a skipped function returns through: a probe at an entry finds the
 * return address where this finds it, and a function of no value may clobber
 * what a call may clobber. A C function brings the return thunk and whatever
 * else this kernel wants at the end of one.
 */
noinline notrace void daxwake_return(void)
{
}

NOKPROBE_SYMBOL(daxwake_return);

/*
 * With a post_handler a probe is never optimised into a jump, and ftrace lets
 * it change the instruction pointer; without one skipping does nothing at all.
 */
void daxwake_post_nop(struct kprobe *probe, struct pt_regs *regs,
		      unsigned long flags)
{
}

/* Registered but never armed: all that is asked is whether it could be. */
bool daxwake_probe_exists(const char *symbol)
{
	struct kprobe probe = {
		.symbol_name = symbol,
		.flags = KPROBE_FLAG_DISABLED,
	};

	if (register_kprobe(&probe))
		return false;
	unregister_kprobe(&probe);
	return true;
}

static struct daxwake_fault *daxwake_swallow_fault;
static struct kprobe daxwake_swallow_probe;

static int daxwake_swallow(struct kprobe *probe, struct pt_regs *regs)
{
	void *key = (void *)regs_get_kernel_argument(regs, 0);
	struct daxwake_fault *fault = daxwake_swallow_fault;

	if (key != fault->page && key != &fault->page->_refcount &&
	    key != fault->head && key != &fault->head->_refcount)
		return 0;
	if (!daxwake_fault_fires(fault))
		return 0;
	instruction_pointer_set(regs, (unsigned long)daxwake_return);
	return 1;
}

NOKPROBE_SYMBOL(daxwake_swallow);

static int daxwake_swallow_arm(struct daxwake_fault *fault)
{
	daxwake_swallow_fault = fault;
	daxwake_swallow_probe = (struct kprobe) {
		.symbol_name = "wake_up_var",
		.pre_handler = daxwake_swallow,
		.post_handler = daxwake_post_nop,
	};
	return register_kprobe(&daxwake_swallow_probe);
}

/* The sleepers that were not woken must not sleep for ever. */
static void daxwake_swallow_disarm(struct daxwake_fault *fault)
{
	unregister_kprobe(&daxwake_swallow_probe);
	if (atomic_read(&fault->fired))
		daxwake_wake(fault->page, fault->head);
}

#else

static int daxwake_swallow_arm(struct daxwake_fault *fault)
{
	return -EOPNOTSUPP;
}

static void daxwake_swallow_disarm(struct daxwake_fault *fault)
{
}

bool daxwake_probe_exists(const char *symbol)
{
	return false;
}

#endif

#ifdef CONFIG_KRETPROBES

/*
 * The scan itself has to run, since it also unmaps the file: what is faked is
 * only its answer. Counted is an answer that was changed, so that a shot that
 * found nothing to hide is not spent.
 */
static struct daxwake_fault *daxwake_hide_fault;
static struct kretprobe daxwake_hide_probe;
static void *daxwake_hide_mapping;

static int daxwake_hide_enter(struct kretprobe_instance *instance,
			      struct pt_regs *regs)
{
	return (void *)regs_get_kernel_argument(regs, 0) != daxwake_hide_mapping;
}

NOKPROBE_SYMBOL(daxwake_hide_enter);

static int daxwake_hide_return(struct kretprobe_instance *instance,
			       struct pt_regs *regs)
{
	if (regs_return_value(regs) && daxwake_fault_fires(daxwake_hide_fault))
		regs_set_return_value(regs, 0);
	return 0;
}

NOKPROBE_SYMBOL(daxwake_hide_return);

static int daxwake_hide_arm(struct daxwake_fault *fault)
{
	daxwake_hide_mapping = daxwake_page_mapping(fault->head);
	if (!daxwake_hide_mapping)
		return -EINVAL;
	daxwake_hide_fault = fault;
	daxwake_hide_probe = (struct kretprobe) {
		.kp.symbol_name = "dax_layout_busy_page_range",
		.entry_handler = daxwake_hide_enter,
		.handler = daxwake_hide_return,
		.maxactive = 64,
	};
	return register_kretprobe(&daxwake_hide_probe);
}

static void daxwake_hide_disarm(struct daxwake_fault *fault)
{
	unregister_kretprobe(&daxwake_hide_probe);
}

#else

static int daxwake_hide_arm(struct daxwake_fault *fault)
{
	return -EOPNOTSUPP;
}

static void daxwake_hide_disarm(struct daxwake_fault *fault)
{
}

#endif

static struct daxwake_fault daxwake_faults[DAXWAKE_INJECT_COUNT] = {
	[DAXWAKE_INJECT_SWALLOW_WAKE] = {
		.arm = daxwake_swallow_arm, .disarm = daxwake_swallow_disarm,
	},
	[DAXWAKE_INJECT_HIDE_BUSY] = {
		.arm = daxwake_hide_arm, .disarm = daxwake_hide_disarm,
	},
	[DAXWAKE_INJECT_LEAK_REF] = {
		.arm = daxwake_leak_arm, .disarm = daxwake_leak_disarm,
	},
	[DAXWAKE_INJECT_STALL] = {
		.arm = daxwake_stall_arm, .disarm = daxwake_stall_disarm,
	},
	[DAXWAKE_INJECT_DROP_REF] = {
		.arm = daxwake_drop_arm, .disarm = daxwake_drop_disarm,
	},
	[DAXWAKE_INJECT_FREE_TWICE] = {
		.arm = daxwake_twice_arm, .disarm = daxwake_twice_disarm,
	},
};

u64 daxwake_injects(void)
{
	return daxwake_possible;
}

u64 daxwake_stalls_known(void)
{
	return daxwake_stalls;
}

void daxwake_injects_init(void)
{
	daxwake_possible = BIT_ULL(DAXWAKE_INJECT_SPLAT) |
			   BIT_ULL(DAXWAKE_INJECT_DROP_REF) |
			   BIT_ULL(DAXWAKE_INJECT_FREE_TWICE);
	if (daxwake_probe_exists("wake_up_var"))
		daxwake_possible |= BIT_ULL(DAXWAKE_INJECT_SWALLOW_WAKE);
	if (IS_ENABLED(CONFIG_KRETPROBES) &&
	    daxwake_probe_exists("dax_layout_busy_page_range"))
		daxwake_possible |= BIT_ULL(DAXWAKE_INJECT_HIDE_BUSY);
	if (daxwake_leak_possible())
		daxwake_possible |= BIT_ULL(DAXWAKE_INJECT_LEAK_REF);
	daxwake_stalls = daxwake_stall_possible();
	if (daxwake_stalls)
		daxwake_possible |= BIT_ULL(DAXWAKE_INJECT_STALL);
}

static int daxwake_fault_arm(struct daxwake_file *file, u32 what,
			     const struct daxwake_inject *inject)
{
	struct daxwake_fault *fault = &daxwake_faults[what];
	struct dev_pagemap *pgmap;
	int ret;

	if (fault->owner)
		return -EBUSY;
	pgmap = daxwake_pagemap_get(inject->pfn);
	if (!pgmap)
		return -ENXIO;

	fault->pgmap = pgmap;
	fault->page = pfn_to_page(inject->pfn);
	fault->head = compound_head(fault->page);
	fault->where = inject->where;
	atomic_set(&fault->fired, 0);
	atomic_set(&fault->budget, inject->count);
	ret = fault->arm(fault);
	if (ret) {
		put_dev_pagemap(pgmap);
		return ret;
	}
	fault->owner = file;
	return 0;
}

static void daxwake_fault_disarm(struct daxwake_fault *fault)
{
	fault->disarm(fault);
	put_dev_pagemap(fault->pgmap);
	fault->owner = NULL;
}

void daxwake_injects_drop(struct daxwake_file *file)
{
	unsigned int what;

	mutex_lock(&daxwake_faults_lock);
	for (what = 0; what < DAXWAKE_INJECT_COUNT; what++) {
		if (daxwake_faults[what].owner == file)
			daxwake_fault_disarm(&daxwake_faults[what]);
	}
	mutex_unlock(&daxwake_faults_lock);
}

static int daxwake_splat(struct daxwake_inject *inject)
{
	if (inject->op != DAXWAKE_INJECT_ARM)
		return 0;
	if (inject->pfn)
		return -EINVAL;
	WARN(1, "test_daxwake: a splat, as asked for\n");
	inject->out_fired = 1;
	return 0;
}

int daxwake_ioc_inject(struct daxwake_file *file, void *arg)
{
	struct daxwake_inject *inject = arg;
	struct daxwake_fault *fault;
	int ret = 0;

	if (inject->op > DAXWAKE_INJECT_DISARM ||
	    inject->what >= DAXWAKE_INJECT_COUNT)
		return -EINVAL;
	if (inject->op == DAXWAKE_INJECT_ARM &&
	    (!inject->count || inject->count > DAXWAKE_MAX_FIRE))
		return -EINVAL;
	if (inject->where &&
	    (inject->what != DAXWAKE_INJECT_STALL ||
	     inject->op != DAXWAKE_INJECT_ARM ||
	     inject->where >= DAXWAKE_AT_COUNT))
		return -EINVAL;
	if (inject->what == DAXWAKE_INJECT_SPLAT)
		return daxwake_splat(inject);
	if (!(daxwake_possible & BIT_ULL(inject->what)))
		return -EOPNOTSUPP;
	if (inject->what == DAXWAKE_INJECT_STALL &&
	    !(daxwake_stalls & BIT_ULL(inject->where)))
		return -EOPNOTSUPP;

	if (mutex_lock_killable(&daxwake_faults_lock))
		return -EINTR;
	fault = &daxwake_faults[inject->what];
	if (inject->op == DAXWAKE_INJECT_ARM) {
		ret = daxwake_fault_arm(file, inject->what, inject);
	} else if (fault->owner == file) {
		/* after it is disarmed, so that no shot is missed */
		if (inject->op == DAXWAKE_INJECT_DISARM)
			daxwake_fault_disarm(fault);
		else if (inject->what == DAXWAKE_INJECT_STALL)
			inject->out_stalled = daxwake_stall_count();
		inject->out_fired = atomic_read(&fault->fired);
	}
	mutex_unlock(&daxwake_faults_lock);
	return ret;
}
