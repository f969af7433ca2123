/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the driver. Lifetimes and locks:
 *
 * struct daxwake_file - one open file description. Referenced by the file and
 *   by each handle. Its lock is the one of the xarray of handles, taken with
 *   softirqs off since jobs end in softirqs too; nothing sleeps under it.
 * struct daxwake_handle - pages held by one PIN. Referenced by the table of the
 *   file until the last page is gone, by its job, its lease, and by calls that
 *   look at it.
 * struct daxwake_job - one use of the pages of a handle (giving back, writing),
 *   now or later, here or elsewhere. A handle has at most one, which owns the
 *   pages while it is there: nobody else gives them back.
 * struct daxwake_fault - one kind of injection; static, see inject.c.
 * struct daxwake_map - one PGMAP_NEW. Referenced by the table of the file, by
 *   the handles of its pages, by calls, and, until memunmap_pages() has returned,
 *   by itself; so long it has a reference on the file and on the module.
 *
 * The last close runs alone (no call of the same file is in flight), but not
 * before leases and jobs are through.
 */
#ifndef DAXWAKE_H
#define DAXWAKE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "compat.h"
#include "daxwake_uapi.h"

/* How long a call waits for a job that has nothing to wait for itself. */
#define DAXWAKE_JOB_PATIENCE_MS	30000
/* How long a stalled task stays where it is at most. */
#define DAXWAKE_STALL_MS	60000

struct daxwake_file {
	struct kref ref;
	struct xarray handles;		/* its xa_lock is the lock of the file */
	unsigned int nhandles;		/* xa_lock; with reserved ones */
	u32 next_id;			/* xa_lock */
	struct mutex maps_lock;
	struct daxwake_map *maps[DAXWAKE_MAX_PGMAPS];	/* maps_lock; references */
	u32 next_map;			/* maps_lock */
};

struct daxwake_handle {
	struct kref ref;
	struct daxwake_file *file;	/* a reference */
	u32 id;				/* 0 before it is in the table */
	bool get;			/* held by FOLL_GET, not FOLL_PIN */
	bool dead;			/* xa_lock; no new jobs */
	bool unlinked;			/* xa_lock; no longer in the table */
	unsigned int npages;
	unsigned int held;		/* xa_lock */
	struct daxwake_job *job;	/* xa_lock; a reference */
	unsigned long *given;		/* xa_lock; bitmap: given back */
	struct page **pages;
	struct daxwake_map *map;	/* of all pages; a reference, or NULL */
	struct delayed_work lease;
};

struct daxwake_job {
	struct kref ref;
	struct daxwake_handle *handle;	/* a reference, once claimed */
	void (*run)(struct daxwake_job *job);
	u32 context;			/* enum daxwake_context */
	unsigned int first;
	unsigned int npages;
	bool gives;			/* the pages are gone after run() */
	u32 how;			/* gives: enum daxwake_how */
	bool mends;			/* gives: what others have leaked first */
	u8 pattern;			/* else: what to write */
	int result;			/* before done */
	struct completion done;
	struct delayed_work work;
	struct timer_list timer;
};

struct daxwake_fault {
	int (*arm)(struct daxwake_fault *fault);
	void (*disarm)(struct daxwake_fault *fault);
	/* under daxwake_faults_lock */
	struct daxwake_file *owner;
	struct dev_pagemap *pgmap;	/* a reference: the page must stay */
	/* written before the probes are there and after they are gone */
	struct page *page;
	struct page *head;
	u32 where;			/* STALL: enum daxwake_where */
	/* by the probes */
	atomic_t budget;
	atomic_t fired;
};

/* What happened to one page of a pgmap; under the lock of the map. */
struct daxwake_map_page {
	u32 freed;
	u32 strays;
	s32 refcount;
	u8 flags;			/* DAXWAKE_PGMAP_FREED_* */
	u8 order;			/* of the folio it was last the head of */
	bool out;
	struct page *store;		/* PRIVATE: what is in it; not under the lock */
};

struct daxwake_map {
	struct kref ref;
	struct daxwake_file *file;	/* a reference, until it has ended */
	u32 id;
	u32 type;			/* enum daxwake_pgmap */
	unsigned int order;
	bool device;			/* device memory: the kernel calls back */
	unsigned long pfn;
	unsigned int npages;
	struct resource *res;
	struct rw_semaphore sem;	/* read: uses the pages; write: ends it */
	bool ending;			/* sem */
	spinlock_t lock;		/* irqs off: pages are freed anywhere */
	unsigned int out;		/* lock; device memory that is handed out */
	unsigned int held;		/* lock; entries of handles */
	unsigned int giving;		/* lock; of these on their way back */
	unsigned int left;		/* before ended */
	atomic_t faults;
	struct work_struct work;
	struct completion ended;
	struct address_space mark;	/* what TAKE_MARK sets ->mapping to */
	struct daxwake_map_page *pages;
	struct dev_pagemap pgmap;	/* last: it may end in a flexible array */
};

/* handle.c */
int daxwake_handle_reserve(struct daxwake_file *file, u32 *id);
void daxwake_handle_unreserve(struct daxwake_file *file, u32 id);
int daxwake_handle_publish(struct daxwake_handle *handle, u32 id, u32 lease_ms);
struct daxwake_handle *daxwake_handle_get(struct daxwake_file *file, u32 id);
void daxwake_handle_put(struct daxwake_handle *handle);
void daxwake_handle_unlink(struct daxwake_handle *handle);
int daxwake_handle_forget(struct daxwake_handle *handle);
void daxwake_handle_lease(struct work_struct *work);
void daxwake_handles_drop(struct daxwake_file *file);
struct daxwake_file *daxwake_file_new(void);
void daxwake_file_put(struct daxwake_file *file);

/* job.c */
extern struct workqueue_struct *daxwake_wq;	/* unbound */
int daxwake_jobs_init(void);
void daxwake_jobs_exit(void);
struct daxwake_job *daxwake_job_new(void (*run)(struct daxwake_job *job));
int daxwake_job_start(struct daxwake_job *job, struct daxwake_file *file,
		      u32 id, u32 delay_ms);
int daxwake_job_wait(struct daxwake_job *job, u32 delay_ms);
void daxwake_job_cancel(struct daxwake_job *job);
void daxwake_job_put(struct daxwake_job *job);

/* release.c */
u64 daxwake_releases(void);
void daxwake_give_back(struct page **pages, unsigned int npages, u32 how,
		       bool may_sleep);

/* page.c, walk.c */
struct dev_pagemap *daxwake_pagemap_get(unsigned long pfn);
u32 daxwake_pgmap_type(struct dev_pagemap *pgmap, int *base);
bool daxwake_page_look(struct daxwake_page *look);
void daxwake_walk(struct mm_struct *mm, unsigned long addr,
		  unsigned int npages, struct daxwake_page *looks);

/* pin.c */
struct daxwake_handle *daxwake_handle_new(struct daxwake_file *file,
					  unsigned int npages);
struct mm_struct *daxwake_mm_get(s32 pid);

/* waiters.c */
unsigned int daxwake_wake(struct page *page, struct page *head);

/* inject.c */
bool daxwake_fault_fires(struct daxwake_fault *fault);
bool daxwake_probe_exists(const char *symbol);
u64 daxwake_injects(void);
u64 daxwake_stalls_known(void);
void daxwake_injects_init(void);
void daxwake_injects_drop(struct daxwake_file *file);
void daxwake_return(void);
struct kprobe;
struct pt_regs;
void daxwake_post_nop(struct kprobe *probe, struct pt_regs *regs,
		      unsigned long flags);

/* leak.c */
int daxwake_leak_arm(struct daxwake_fault *fault);
void daxwake_leak_disarm(struct daxwake_fault *fault);
bool daxwake_leak_possible(void);
void daxwake_leak_inline(struct page *page, bool put_page);

/* stall.c */
u64 daxwake_stall_possible(void);	/* bit mask over enum daxwake_where */
int daxwake_stall_arm(struct daxwake_fault *fault);
void daxwake_stall_disarm(struct daxwake_fault *fault);
unsigned int daxwake_stall_count(void);	/* who stands there now */
void daxwake_stall_exit(void);

/* pgmap.c */
u64 daxwake_pgmaps(void);		/* bit mask over enum daxwake_pgmap */
unsigned int daxwake_pgmap_order(u32 type);	/* the largest */
struct daxwake_map *daxwake_map_get(struct daxwake_file *file, u32 id);
void daxwake_map_put(struct daxwake_map *map);
struct daxwake_map *daxwake_map_of(struct dev_pagemap *pgmap);	/* or NULL */
void daxwake_map_freed(struct page *page);
void daxwake_map_giving(struct daxwake_map *map, unsigned int n);
void daxwake_map_gave(struct daxwake_map *map, unsigned int n);
void daxwake_pgmaps_drop(struct daxwake_file *file);

/* pgmap_take.c */
int daxwake_map_claim(struct daxwake_map *map, unsigned int first,
		      unsigned int npages, unsigned int order);
int daxwake_map_claim_any(struct daxwake_map *map);	/* which, or -errno */

/* pgmap_move.c */
vm_fault_t daxwake_map_fault(struct vm_fault *vmf);
void daxwake_map_evict(struct daxwake_map *map);

/* pgmap_fault.c */
int daxwake_drop_arm(struct daxwake_fault *fault);
void daxwake_drop_disarm(struct daxwake_fault *fault);
int daxwake_twice_arm(struct daxwake_fault *fault);
void daxwake_twice_disarm(struct daxwake_fault *fault);
void daxwake_before_giving(struct page **pages, unsigned int npages);
void daxwake_after_giving(struct page **pages, unsigned int npages);

/* the calls; @arg: the struct of the command, checked as the uapi header says */
int daxwake_ioc_pin(struct daxwake_file *file, void *arg);
int daxwake_ioc_release(struct daxwake_file *file, void *arg);
int daxwake_ioc_pages(struct daxwake_file *file, void *arg);
int daxwake_ioc_waiters(struct daxwake_file *file, void *arg);
int daxwake_ioc_rescue(struct daxwake_file *file, void *arg);
int daxwake_ioc_write_late(struct daxwake_file *file, void *arg);
int daxwake_ioc_inject(struct daxwake_file *file, void *arg);
int daxwake_ioc_pgmap_new(struct daxwake_file *file, void *arg);
int daxwake_ioc_pgmap_take(struct daxwake_file *file, void *arg);
int daxwake_ioc_pgmap_look(struct daxwake_file *file, void *arg);
int daxwake_ioc_pgmap_move(struct daxwake_file *file, void *arg);
int daxwake_ioc_pgmap_end(struct daxwake_file *file, void *arg);

#endif /* DAXWAKE_H */
