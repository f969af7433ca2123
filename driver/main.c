// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_daxwake: holds, looks at and gives back pages of DAX files and devices
 * in every way the kernel has, and breaks the waking on purpose, so that the
 * selftests can prove who waits for what. The ABI is in daxwake_uapi.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "daxwake.h"

static int daxwake_ioc_info(struct daxwake_file *file, void *arg)
{
	struct daxwake_info *info = arg;

	info->out_abi = DAXWAKE_ABI;
	info->out_fsdax_idle = DAXWAKE_FSDAX_IDLE;
	info->out_devdax_idle = DAXWAKE_DEVDAX_IDLE;
	info->out_wake_key = DAXWAKE_MAP_COUNTED ? DAXWAKE_KEY_PAGE :
						   DAXWAKE_KEY_REFCOUNT;
	info->out_pin_bias = GUP_PIN_COUNTING_BIAS;
	info->out_features = DAXWAKE_FEAT_WAITERS;
	if (DAXWAKE_MAP_COUNTED)
		info->out_features |= DAXWAKE_FEAT_MAP_COUNTED |
				      DAXWAKE_FEAT_LARGE_FSDAX;
	if (daxwake_pgmap_order(DAXWAKE_PGMAP_PRIVATE))
		info->out_features |= DAXWAKE_FEAT_LARGE_PRIVATE;
	if (daxwake_pgmap_order(DAXWAKE_PGMAP_GENERIC))
		info->out_features |= DAXWAKE_FEAT_LARGE_GENERIC;
	if (DAXWAKE_FOLL_P2PDMA)
		info->out_features |= DAXWAKE_FEAT_PIN_P2PDMA;
#ifdef HAVE_BREAK_LAYOUT_FINAL
	info->out_features |= DAXWAKE_FEAT_EVICT_WAITS;
#endif
	info->out_releases = daxwake_releases();
	info->out_contexts = BIT_ULL(DAXWAKE_CTX_COUNT) - 1;
	info->out_injects = daxwake_injects();
	info->out_stalls = daxwake_stalls_known();
	info->out_pgmaps = daxwake_pgmaps();
	return 0;
}

/*
 * @out, @end: what the call writes, from the first out_* field to the last.
 * @zero: a reserved field, which must be 0; it may lie between those.
 */
struct daxwake_op {
	unsigned int cmd;
	u32 flags;		/* known ones */
	size_t min;		/* size when first published */
	size_t size;
	size_t zero;
	size_t out, end;
	int (*call)(struct daxwake_file *file, void *arg);
};

#define OP(_cmd, _type, _flags, _last, _zero, _out, _end, _call) {	\
	.cmd = DAXWAKE_IOC_##_cmd, .flags = (_flags),			\
	.min = offsetofend(struct _type, _last),			\
	.size = sizeof(struct _type),					\
	.zero = offsetof(struct _type, _zero),				\
	.out = offsetof(struct _type, _out),				\
	.end = offsetofend(struct _type, _end), .call = (_call) }
#define NO_ZERO	size

static const struct daxwake_op daxwake_ops[] = {
	OP(INFO, daxwake_info, 0, out_injects, reserved,
	   out_abi, out_pgmaps, daxwake_ioc_info),
	OP(PIN, daxwake_pin, DAXWAKE_PIN_GET | DAXWAKE_PIN_FAST |
	   DAXWAKE_PIN_LONGTERM | DAXWAKE_PIN_WRITE |
	   DAXWAKE_PIN_P2PDMA, out_npages, NO_ZERO,
	   out_handle, out_npages, daxwake_ioc_pin),
	OP(RELEASE, daxwake_release,
	   DAXWAKE_RELEASE_ASYNC | DAXWAKE_RELEASE_FORGET |
	   DAXWAKE_RELEASE_MEND, reserved, reserved,
	   out_released, out_released, daxwake_ioc_release),
	OP(PAGES, daxwake_pages, 0, out_npages, NO_ZERO,
	   out_npages, out_npages, daxwake_ioc_pages),
	OP(WAITERS, daxwake_waiters, 0, out_filled, NO_ZERO,
	   out_total, out_filled, daxwake_ioc_waiters),
	OP(RESCUE, daxwake_rescue, 0, reserved, reserved,
	   out_woken, out_woken, daxwake_ioc_rescue),
	OP(WRITE_LATE, daxwake_write_late, DAXWAKE_WRITE_WAIT, out_npages,
	   NO_ZERO, out_npages, out_npages, daxwake_ioc_write_late),
	OP(INJECT, daxwake_inject, 0, out_fired, NO_ZERO,
	   out_fired, out_stalled, daxwake_ioc_inject),
	OP(PGMAP_NEW, daxwake_pgmap_new, 0, out_npages, reserved,
	   out_idle, out_npages, daxwake_ioc_pgmap_new),
	OP(PGMAP_TAKE, daxwake_pgmap_take, DAXWAKE_TAKE_GET | DAXWAKE_TAKE_TRY |
	   DAXWAKE_TAKE_PIN | DAXWAKE_TAKE_MARK, out_npages, reserved,
	   out_handle, out_npages, daxwake_ioc_pgmap_take),
	OP(PGMAP_LOOK, daxwake_pgmap_look, 0, out_faults, NO_ZERO,
	   out_npages, out_faults, daxwake_ioc_pgmap_look),
	OP(PGMAP_MOVE, daxwake_pgmap_move, DAXWAKE_MOVE_BACK, out_moved,
	   NO_ZERO, out_moved, out_moved, daxwake_ioc_pgmap_move),
	OP(PGMAP_END, daxwake_pgmap_end, DAXWAKE_END_ANYWAY, out_left,
	   NO_ZERO, out_left, out_left, daxwake_ioc_pgmap_end),
};

union daxwake_arg {
	struct {
		u32 size;
		u32 flags;
	};
	struct daxwake_info info;
	struct daxwake_pin pin;
	struct daxwake_release release;
	struct daxwake_pages pages;
	struct daxwake_waiters waiters;
	struct daxwake_rescue rescue;
	struct daxwake_write_late write_late;
	struct daxwake_inject inject;
	struct daxwake_pgmap_new pgmap_new;
	struct daxwake_pgmap_take pgmap_take;
	struct daxwake_pgmap_look pgmap_look;
	struct daxwake_pgmap_move pgmap_move;
	struct daxwake_pgmap_end pgmap_end;
};

static int daxwake_call(struct daxwake_file *file, const struct daxwake_op *op,
			void __user *user)
{
	union daxwake_arg arg = {};
	void *out = (void *)&arg + op->out;
	size_t told;
	u32 size;
	int ret;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < op->min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, op->size, user, size);
	if (ret)
		return ret;
	if (arg.flags & ~op->flags)
		return -EINVAL;
	if (op->zero && *(u32 *)((void *)&arg + op->zero))
		return -EINVAL;

	/* Where the answer cannot be told, nothing must happen either. */
	memset(out, 0, op->end - op->out);
	told = min_t(size_t, op->end, size) - op->out;
	if (clear_user(user + op->out, told))
		return -EFAULT;

	ret = op->call(file, &arg);

	if (copy_to_user(user + op->out, out, told))
		return -EFAULT;
	return ret;
}

static long daxwake_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(daxwake_ops); i++) {
		if (daxwake_ops[i].cmd == cmd)
			return daxwake_call(filp->private_data, &daxwake_ops[i],
					    (void __user *)arg);
	}
	return -ENOTTY;
}

static int daxwake_open(struct inode *inode, struct file *filp)
{
	struct daxwake_file *file;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	file = daxwake_file_new();
	if (!file)
		return -ENOMEM;
	filp->private_data = file;
	return 0;
}

static int daxwake_release(struct inode *inode, struct file *filp)
{
	struct daxwake_file *file = filp->private_data;

	/* first: what was broken on purpose must not break the giving back */
	daxwake_injects_drop(file);
	daxwake_handles_drop(file);
	daxwake_pgmaps_drop(file);
	daxwake_file_put(file);
	return 0;
}

static const struct file_operations daxwake_fops = {
	.owner		= THIS_MODULE,
	.open		= daxwake_open,
	.release	= daxwake_release,
	.unlocked_ioctl	= daxwake_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice daxwake_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "test_daxwake",
	.mode	= 0600,
	.fops	= &daxwake_fops,
};

static int __init daxwake_init(void)
{
	int ret;

	daxwake_injects_init();
	ret = daxwake_jobs_init();
	if (ret)
		return ret;
	ret = misc_register(&daxwake_misc);
	if (ret) {
		daxwake_jobs_exit();
		return ret;
	}
	pr_warn("TEST MODULE: can hold pages for ever and break this kernel; never load it where data matters\n");
	return 0;
}

static void __exit daxwake_exit(void)
{
	misc_deregister(&daxwake_misc);
	daxwake_jobs_exit();
	daxwake_stall_exit();
}

module_init(daxwake_init);
module_exit(daxwake_exit);

MODULE_DESCRIPTION("Pins, looks at and releases DAX pages for the daxwake selftests");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
