/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * daxwake: the ioctl ABI of /dev/test_daxwake.
 *
 * Rules that hold for every call:
 *
 * - The argument points to a struct whose first field is its size in bytes as
 *   the caller knows it, the second a set of flags. A shorter struct (older
 *   caller) reads as zeroes behind its end; a longer one is taken as long as
 *   the excess bytes are zero, else -E2BIG. A size smaller than the first
 *   published version is -EINVAL. Unknown flags, unknown enum values and
 *   non-zero reserved fields are -EINVAL; an unknown command is -ENOTTY; a bad
 *   pointer is -EFAULT. Only fields named out_* are written, and only as far
 *   as the caller's size goes; on error they read as 0 (PAGES apart). A struct
 *   of more than a page is -E2BIG whatever is in it.
 * - Arrays are read and written in steps of the size of an entry as the caller
 *   knows it: what it knows less of is left out, what it knows more of is set
 *   to 0. Smaller than first published is -EINVAL, more than a page -E2BIG.
 * - Command numbers carry no size (they are _IO()), so that they stay the same
 *   when a struct grows. They stay clear of everything do_vfs_ioctl() eats.
 * - All state belongs to one open file description. The last close of it
 *   (exit and SIGKILL included) drops every page, cancels every delayed job
 *   and disarms every injection. The module cannot be unloaded before that.
 * - The device node is 0600, opening it takes CAP_SYS_ADMIN (-EPERM).
 * - The driver reports and never judges.
 *
 * Units: addresses and lengths in bytes, pages in PAGE_SIZE, times in
 * milliseconds, page frame numbers (pfn) as in /proc/PID/pagemap.
 */
#ifndef DAXWAKE_UAPI_H
#define DAXWAKE_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define DAXWAKE_DEVICE		"/dev/test_daxwake"
#define DAXWAKE_ABI		1

#define DAXWAKE_IOC_MAGIC	0xDA
#define DAXWAKE_IOC_INFO	_IO(DAXWAKE_IOC_MAGIC, 0x80)
#define DAXWAKE_IOC_PIN		_IO(DAXWAKE_IOC_MAGIC, 0x81)
#define DAXWAKE_IOC_RELEASE	_IO(DAXWAKE_IOC_MAGIC, 0x82)
#define DAXWAKE_IOC_PAGES	_IO(DAXWAKE_IOC_MAGIC, 0x83)
#define DAXWAKE_IOC_WAITERS	_IO(DAXWAKE_IOC_MAGIC, 0x84)
#define DAXWAKE_IOC_RESCUE	_IO(DAXWAKE_IOC_MAGIC, 0x85)
#define DAXWAKE_IOC_WRITE_LATE	_IO(DAXWAKE_IOC_MAGIC, 0x86)
#define DAXWAKE_IOC_INJECT	_IO(DAXWAKE_IOC_MAGIC, 0x87)
#define DAXWAKE_IOC_PGMAP_NEW	_IO(DAXWAKE_IOC_MAGIC, 0x88)
#define DAXWAKE_IOC_PGMAP_TAKE	_IO(DAXWAKE_IOC_MAGIC, 0x89)
#define DAXWAKE_IOC_PGMAP_LOOK	_IO(DAXWAKE_IOC_MAGIC, 0x8a)
#define DAXWAKE_IOC_PGMAP_MOVE	_IO(DAXWAKE_IOC_MAGIC, 0x8b)
#define DAXWAKE_IOC_PGMAP_END	_IO(DAXWAKE_IOC_MAGIC, 0x8c)

/* Limits, per open file unless said otherwise. Beyond them: -E2BIG. */
#define DAXWAKE_MAX_HANDLES	1024
#define DAXWAKE_MAX_PIN_PAGES	(1U << 19)	/* 2 GiB of 4 KiB pages a handle */
#define DAXWAKE_MAX_QUERY_PAGES	(1U << 19)	/* a PAGES call */
#define DAXWAKE_MAX_WAITERS	4096		/* a WAITERS call */
#define DAXWAKE_MAX_DELAY_MS	60000
#define DAXWAKE_MAX_PGMAPS	8
#define DAXWAKE_MAX_PGMAP_BYTES	(64U << 20)	/* each */
#define DAXWAKE_MAX_TAKE_REFS	64		/* on each folio, a PGMAP_TAKE */

/* Functions that give pages back: bit numbers of daxwake_info.out_releases. */
enum daxwake_how {
	/* for pages held by FOLL_PIN */
	DAXWAKE_UNPIN_USER_PAGE,		/* unpin_user_page(), one by one */
	DAXWAKE_UNPIN_USER_PAGES,		/* unpin_user_pages() */
	DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK,	/* unpin_user_pages_dirty_lock(..., true) */
	DAXWAKE_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK, /* needs contiguous struct pages */
	DAXWAKE_UNPIN_USER_FOLIO,		/* unpin_user_folio(folio, n) */
	DAXWAKE_UNPIN_FOLIO,			/* unpin_folio(), one by one */
	DAXWAKE_UNPIN_FOLIOS,			/* unpin_folios() */
	/* for pages held by FOLL_GET */
	DAXWAKE_PUT_PAGE,			/* put_page(), one by one */
	DAXWAKE_FOLIO_PUT,			/* folio_put(), one by one */
	DAXWAKE_FOLIO_PUT_REFS,			/* folio_put_refs(folio, n) a folio */
	DAXWAKE_RELEASE_PAGES,			/* release_pages() */
	DAXWAKE_FOLIOS_PUT,			/* folios_put() on a folio_batch */
	DAXWAKE_HOW_COUNT
};

/* Where the giving back happens: bit numbers of daxwake_info.out_contexts. */
enum daxwake_context {
	DAXWAKE_CTX_CALLER,	/* in the ioctl */
	DAXWAKE_CTX_OTHER_CPU,	/* bound worker on another online CPU */
	DAXWAKE_CTX_WORKQUEUE,	/* unbound worker */
	DAXWAKE_CTX_SOFTIRQ,	/* timer softirq; not for functions that may sleep */
	DAXWAKE_CTX_COUNT
};

/* Faults put into the running kernel: bit numbers of daxwake_info.out_injects. */
enum daxwake_what {
	/* wake_up_var() on the page's wake key returns at once */
	DAXWAKE_INJECT_SWALLOW_WAKE,
	/* dax_layout_busy_page_range() finds nothing in the page's file */
	DAXWAKE_INJECT_HIDE_BUSY,
	/* the next give-back of the page is lost: one reference or pin stays */
	DAXWAKE_INJECT_LEAK_REF,
	/* WARN() now, once; ARM returns with out_fired 1, nothing stays armed */
	DAXWAKE_INJECT_SPLAT,
	/* a task that is at a function with the page stops there until DISARM */
	DAXWAKE_INJECT_STALL,
	/* the next RELEASE of the page gives back one reference more */
	DAXWAKE_INJECT_DROP_REF,
	/* the free callback of the page runs once more after the next RELEASE */
	DAXWAKE_INJECT_FREE_TWICE,
	DAXWAKE_INJECT_COUNT
};

/* Where STALL stops a task: bit numbers of daxwake_info.out_stalls. */
enum daxwake_where {
	/* dax_flush() of the page, before it: fsync(2) has locked its entry */
	DAXWAKE_AT_DAX_FLUSH,
	/* get_user_pages_fast(), with the page, before it returns */
	DAXWAKE_AT_GET_USER_PAGES_FAST,
	/* get_user_pages_remote(), the same */
	DAXWAKE_AT_GET_USER_PAGES_REMOTE,
	DAXWAKE_AT_COUNT
};

/* What the wait queue of a page is keyed by. */
enum daxwake_key {
	DAXWAKE_KEY_REFCOUNT,	/* &page->_refcount */
	DAXWAKE_KEY_PAGE,	/* &folio->page */
};

/* daxwake_info.out_features */
#define DAXWAKE_FEAT_MAP_COUNTED	(1ULL << 0) /* a mapping takes a reference */
#define DAXWAKE_FEAT_LARGE_FSDAX	(1ULL << 1) /* fsdax folios may be large */
#define DAXWAKE_FEAT_EVICT_WAITS	(1ULL << 2) /* dax_break_layout_final() exists */
#define DAXWAKE_FEAT_WAITERS		(1ULL << 3) /* WAITERS and RESCUE work */
#define DAXWAKE_FEAT_LARGE_PRIVATE	(1ULL << 4) /* device memory may be large */
#define DAXWAKE_FEAT_LARGE_GENERIC	(1ULL << 5) /* PGMAP_NEW takes an order */
#define DAXWAKE_FEAT_PIN_P2PDMA		(1ULL << 6) /* PIN takes DAXWAKE_PIN_P2PDMA */

/* Kinds of ZONE_DEVICE memory: kernel independent names of enum memory_type. */
enum daxwake_pgmap {
	DAXWAKE_PGMAP_NONE,
	DAXWAKE_PGMAP_PRIVATE,
	DAXWAKE_PGMAP_COHERENT,
	DAXWAKE_PGMAP_FS_DAX,
	DAXWAKE_PGMAP_GENERIC,
	DAXWAKE_PGMAP_P2PDMA,
	DAXWAKE_PGMAP_UNKNOWN,
};

/**
 * struct daxwake_info - what this driver on this kernel can do
 * @size: sizeof(struct daxwake_info)
 * @flags: 0
 * @out_abi: DAXWAKE_ABI the driver was built with
 * @out_fsdax_idle: _refcount of an fsdax page nobody holds or maps: 1 up to
 *	6.14, 0 from 6.15 on (mm/mm_init.c:__init_zone_device_page). Derived
 *	from the headers and symbols of the kernel the driver was built for;
 *	user space confirms it on a live page before it judges.
 * @out_devdax_idle: the same for a device-dax (GENERIC) page: 1
 * @out_wake_key: enum daxwake_key on which fs/dax.c waits and the release
 *	side wakes
 * @out_pin_bias: GUP_PIN_COUNTING_BIAS, the amount one FOLL_PIN adds to the
 *	_refcount of an order-0 page
 * @reserved: 0
 * @out_features: DAXWAKE_FEAT_*
 * @out_releases: bit mask over enum daxwake_how
 * @out_contexts: bit mask over enum daxwake_context
 * @out_injects: bit mask over enum daxwake_what
 * @out_stalls: bit mask over enum daxwake_where
 * @out_pgmaps: bit mask over enum daxwake_pgmap: what PGMAP_NEW can make
 */
struct daxwake_info {
	__u32 size;
	__u32 flags;
	__u32 out_abi;
	__u32 out_fsdax_idle;
	__u32 out_devdax_idle;
	__u32 out_wake_key;
	__u32 out_pin_bias;
	__u32 reserved;
	__aligned_u64 out_features;
	__aligned_u64 out_releases;
	__aligned_u64 out_contexts;
	__aligned_u64 out_injects;
	__aligned_u64 out_stalls;
	__aligned_u64 out_pgmaps;
};

/* daxwake_pin.flags */
#define DAXWAKE_PIN_GET		(1U << 0) /* FOLL_GET instead of FOLL_PIN */
#define DAXWAKE_PIN_FAST	(1U << 1) /* the _fast variant; only for pid 0 */
#define DAXWAKE_PIN_LONGTERM	(1U << 2) /* FOLL_LONGTERM; not with _GET */
#define DAXWAKE_PIN_WRITE	(1U << 3) /* FOLL_WRITE */
#define DAXWAKE_PIN_P2PDMA	(1U << 4) /* FOLL_PCI_P2PDMA; not with _LONGTERM */

/**
 * struct daxwake_pin - hold the pages under a user address range
 * @size: sizeof(struct daxwake_pin)
 * @flags: DAXWAKE_PIN_*
 * @addr: start, page aligned, in the address space of @pid
 * @length: bytes, a multiple of the page size, 1 to DAXWAKE_MAX_PIN_PAGES pages
 * @pid: process whose memory is held, as seen by the caller; 0: the caller
 * @lease_ms: give everything back by itself (as on close) after this time, up
 *	to DAXWAKE_MAX_DELAY_MS; 0: never. A lease ends a deadlock in which the
 *	holder itself is blocked.
 * @out_handle: names the pages in RELEASE, PAGES and WRITE_LATE; never 0
 * @out_npages: number of pages held, always @length in pages on success
 *
 * All or nothing: if not every page can be held, none is. Errors: what the
 * kernel's own pin_user_pages*() or get_user_pages*() gave (-EOPNOTSUPP for
 * FOLL_LONGTERM on fsdax, -EFAULT, -ENOMEM, ...), -EFAULT for a part only,
 * -ESRCH for no such process, -E2BIG beyond the limits, -EINVAL for flags that
 * do not go together, -EOPNOTSUPP for _P2PDMA without FEAT_PIN_P2PDMA (before 6.2).
 * A handle that is gone is not soon given out again.
 */
struct daxwake_pin {
	__u32 size;
	__u32 flags;
	__aligned_u64 addr;
	__aligned_u64 length;
	__s32 pid;
	__u32 lease_ms;
	__u32 out_handle;
	__u32 out_npages;
};

/* daxwake_release.flags */
#define DAXWAKE_RELEASE_ASYNC	(1U << 0) /* return before it has happened */
#define DAXWAKE_RELEASE_FORGET	(1U << 1) /* give nothing back, drop the handle */
#define DAXWAKE_RELEASE_MEND	(1U << 2) /* and what others have leaked */

/**
 * struct daxwake_release - give pages of a handle back
 * @size: sizeof(struct daxwake_release)
 * @flags: DAXWAKE_RELEASE_*
 * @handle: from PIN
 * @how: enum daxwake_how; must fit FOLL_PIN or FOLL_GET of the handle
 * @context: enum daxwake_context; with _ASYNC not the caller's (-EINVAL)
 * @delay_ms: wait before, 0 to DAXWAKE_MAX_DELAY_MS; only with _ASYNC (-EINVAL)
 * @first: first page of the handle
 * @npages: how many; 0: all from @first on
 * @out_released: pages given back
 * @reserved: 0
 *
 * With _FORGET, alone and with all else 0, the handle goes and its references
 * are leaked: for pages whose struct pages the kernel has freed under the
 * holder, which nobody may touch any more. -EBUSY as long as one of them belongs
 * to a device, or a job on the handle is pending.
 *
 * With _MEND, alone, from the caller and for the whole handle (-EINVAL), all
 * other FOLL_PIN pins of its pages are given back first, whoever took them: for
 * pins that the kernel has leaked, which would stay for ever. @out_released does
 * not count them. The caller has to know that nobody else will give them back.
 *
 * When the last page is gone the handle is gone too. Without _ASYNC the call
 * returns after the kernel's function has returned, in whatever context.
 * Errors: -ENOENT no such handle, -ERANGE outside of it, -EALREADY a page of
 * the range was given back before, -EOPNOTSUPP this kernel has no such
 * function or the function cannot run in that context, -EINVAL it does not
 * fit the handle, -ENXIO no other CPU is online, -EBUSY a delayed job on the
 * handle is pending (a delayed write as well), -ECANCELED its lease ran out
 * first. Nothing was given back on error. If the caller is killed (-EINTR) or
 * a worker does not come to it within 30 s (-ETIMEDOUT) the job stays pending.
 */
struct daxwake_release {
	__u32 size;
	__u32 flags;
	__u32 handle;
	__u32 how;
	__u32 context;
	__u32 delay_ms;
	__u32 first;
	__u32 npages;
	__u32 out_released;
	__u32 reserved;
};

/* daxwake_page.flags */
#define DAXWAKE_PAGE_PRESENT	(1U << 0) /* ADDR: there is a page table entry */
#define DAXWAKE_PAGE_WRITABLE	(1U << 1) /* ADDR: and it allows writing */
#define DAXWAKE_PAGE_DEVICE	(1U << 2) /* ZONE_DEVICE; the fields below hold */
#define DAXWAKE_PAGE_COMPOUND	(1U << 3) /* part of a large folio */
/* page->mapping is set, be it to the mark of several files (reflink, up to 6.14) */
#define DAXWAKE_PAGE_MAPPING	(1U << 4)
/* ADDR: the zero page; the huge one only in a shared DAX mapping */
#define DAXWAKE_PAGE_ZERO	(1U << 5)

/* daxwake_page.level: the page table level that maps it, 0 if unknown */
#define DAXWAKE_LEVEL_PTE	1
#define DAXWAKE_LEVEL_PMD	2
#define DAXWAKE_LEVEL_PUD	3

/**
 * struct daxwake_page - one page as the kernel sees it now
 * @pfn: page frame number; 0 if not present
 * @head_pfn: the page that carries the counts (head of the folio)
 * @flags: DAXWAKE_PAGE_*
 * @refcount: raw _refcount of the head
 * @pins: FOLL_PIN pins, exact for large folios, else (refcount above the base)
 *	divided by the bias
 * @mapcount: mappings of the folio where the kernel counts them for DAX, else 0
 * @refs: references that are neither idle value, mapping nor pin
 * @order: order of the folio
 * @level: DAXWAKE_LEVEL_*, only for ADDR
 * @pgmap: enum daxwake_pgmap
 *
 * Reading takes no reference: it must not disturb what it looks at, since
 * dropping one could itself be the wake-up that was lost. Numbers may be
 * transient while others fault, pin or unmap: poll, do not sample once.
 */
struct daxwake_page {
	__aligned_u64 pfn;
	__aligned_u64 head_pfn;
	__u32 flags;
	__s32 refcount;
	__s32 pins;
	__s32 mapcount;
	__s32 refs;
	__u16 order;
	__u16 level;
	__u32 pgmap;
	__u32 reserved;
};

/* daxwake_pages.source */
enum daxwake_source {
	DAXWAKE_SRC_ADDR,	/* @start is a user address; looks into page tables */
	DAXWAKE_SRC_HANDLE,	/* @start is a page of @handle */
	DAXWAKE_SRC_PFN,	/* @start is a pfn; it must be ZONE_DEVICE memory */
};

/**
 * struct daxwake_pages - look at pages
 * @size: sizeof(struct daxwake_pages)
 * @flags: 0
 * @source: enum daxwake_source
 * @handle: for HANDLE, else 0
 * @start: see enum daxwake_source; a user address must be page aligned
 * @npages: 1 to DAXWAKE_MAX_QUERY_PAGES
 * @entry_size: sizeof(struct daxwake_page) as the caller knows it
 * @pages: user pointer to @npages entries
 * @pid: for ADDR: whose address space; 0: the caller
 * @out_npages: entries filled
 *
 * Errors: -ENOENT, -ERANGE for a handle; -ENXIO for a pfn that is no
 * ZONE_DEVICE page (entries before it are filled, and @out_npages says how
 * many); -ESRCH. Pages of a handle that were given back can still be looked at.
 */
struct daxwake_pages {
	__u32 size;
	__u32 flags;
	__u32 source;
	__u32 handle;
	__aligned_u64 start;
	__u32 npages;
	__u32 entry_size;
	__aligned_u64 pages;
	__s32 pid;
	__u32 out_npages;
};

/**
 * struct daxwake_waiter - a task that sleeps on a page
 * @pid: thread id as seen by the caller; 0 if not visible there
 * @key: enum daxwake_key it sleeps under
 * @state: 1 asleep, interruptible; 2 asleep, uninterruptible; 0 in the queue but
 *	not asleep: it is still about to look at its condition
 * @comm: its name
 */
struct daxwake_waiter {
	__s32 pid;
	__u32 key;
	__u32 state;
	__u32 reserved;
	char comm[16];
};

/**
 * struct daxwake_waiters - who sleeps on this page
 * @size: sizeof(struct daxwake_waiters)
 * @flags: 0
 * @pfn: page (or any page of its folio); must be ZONE_DEVICE memory, -ENXIO
 * @max: room in @waiters, 0 to DAXWAKE_MAX_WAITERS
 * @entry_size: sizeof(struct daxwake_waiter) as the caller knows it
 * @waiters: user pointer, may be NULL if @max is 0
 * @out_total: how many there are, even if more than @max
 * @out_filled: entries filled
 *
 * Both keys are searched, on the page itself and on the head of its folio. The
 * kernel's own wait queue is read under its lock (__var_waitqueue()); nothing
 * is probed and nobody is woken.
 */
struct daxwake_waiters {
	__u32 size;
	__u32 flags;
	__aligned_u64 pfn;
	__u32 max;
	__u32 entry_size;
	__aligned_u64 waiters;
	__u32 out_total;
	__u32 out_filled;
};

/**
 * struct daxwake_rescue - make sleepers on a page look again
 * @size: sizeof(struct daxwake_rescue)
 * @flags: 0
 * @pfn: as in WAITERS
 * @out_woken: how many were asleep on it
 * @reserved: 0
 *
 * Calls wake_up_var() on every key. Sleepers test their condition again, so
 * this is always safe; one whose page is still busy goes back to sleep. An
 * armed SWALLOW_WAKE does not swallow it.
 */
struct daxwake_rescue {
	__u32 size;
	__u32 flags;
	__aligned_u64 pfn;
	__u32 out_woken;
	__u32 reserved;
};

/* daxwake_write_late.flags */
#define DAXWAKE_WRITE_WAIT	(1U << 0) /* return after it was written */

/**
 * struct daxwake_write_late - write into held pages, as a device would
 * @size: sizeof(struct daxwake_write_late)
 * @flags: DAXWAKE_WRITE_*
 * @handle: from PIN
 * @first: first page of the handle
 * @npages: how many; 0: all from @first on
 * @pattern: byte to fill them with, 0 to 255
 * @delay_ms: wait before, 0 to DAXWAKE_MAX_DELAY_MS
 * @out_npages: pages written (0 if it is still to happen)
 *
 * Without _WAIT the job runs in a worker after the delay; a handle has at most
 * one (-EBUSY), and nothing can be given back before it is done; it is
 * cancelled by close. Errors as RELEASE.
 */
struct daxwake_write_late {
	__u32 size;
	__u32 flags;
	__u32 handle;
	__u32 first;
	__u32 npages;
	__u32 pattern;
	__u32 delay_ms;
	__u32 out_npages;
};

/* daxwake_inject.op */
enum daxwake_inject_op {
	DAXWAKE_INJECT_ARM,
	DAXWAKE_INJECT_QUERY,
	DAXWAKE_INJECT_DISARM,
};

/**
 * struct daxwake_inject - break the running kernel on purpose
 * @size: sizeof(struct daxwake_inject)
 * @flags: 0
 * @op: enum daxwake_inject_op
 * @what: enum daxwake_what
 * @pfn: target page (ARM; must be ZONE_DEVICE memory, -ENXIO); 0 for SPLAT
 * @count: fire at most this often (ARM), 1 to 1000; then the fault is spent
 *	but still counted as armed until DISARM
 * @out_fired: how often it has fired since ARM
 * @out_stalled: STALL: how many tasks stand there now (QUERY)
 * @where: STALL: enum daxwake_where (ARM); else 0
 *
 * Done with kprobes; other pages are not affected. A fault of one kind can be
 * armed once in the system (-EBUSY). DISARM undoes what the fault left behind
 * and is harmless if not armed. Another open file can neither see it (QUERY
 * gives 0) nor disarm it. While it is armed its page's device cannot be unbound.
 *
 * SWALLOW_WAKE: DISARM wakes whoever still sleeps.
 *
 * HIDE_BUSY fires when it has really hidden a busy page; the scan runs (it
 * unmaps, too), only its answer is changed. -EINVAL if the page belongs to no
 * file, or to several. Where fsdax folios are large, aim it at 4 KiB mappings
 * only: the kernel splits the folio under its pins, and they cannot be given
 * back.
 *
 * LEAK_REF: DISARM gives its references back, with a wake-up. It sees RELEASE
 * by any function, and what the kernel itself gives back; where mappings count
 * it sees a put_page() or folio_put() inside the kernel only if that was the
 * last reference, since those are inline.
 *
 * STALL: DISARM lets all go on; each goes on by itself when it gets SIGKILL, and
 * after a minute. Kernel threads are not stopped. As long as one stands there
 * the module cannot be unloaded.
 *
 * DROP_REF and FREE_TWICE are for pages of PGMAP_NEW and of PCI_P2PDMA only
 * (-EINVAL). Neither is done by probes, and each fires only where the kernel
 * survives it: DROP_REF while somebody else holds (P2PDMA: pins) the page as well,
 * FREE_TWICE when the page is free. DISARM takes the reference back that was
 * dropped; it has to come before those others give theirs back.
 *
 * The pool that P2PDMA pages go back to is a BUG() away from a second callback for
 * a page that is free. So there FREE_TWICE fires while the page is still held, and
 * the driver keeps the page until DISARM, so that no other callback comes. DISARM
 * when nobody else holds it any more, or it is out of use for good.
 *
 * Errors: -EOPNOTSUPP this kernel has no such function to probe.
 */
struct daxwake_inject {
	__u32 size;
	__u32 flags;
	__u32 op;
	__u32 what;
	__aligned_u64 pfn;
	__u32 count;
	__u32 out_fired;
	__u32 out_stalled;
	__u32 where;
};

#include "daxwake_pgmap_uapi.h"

#endif /* DAXWAKE_UAPI_H */
