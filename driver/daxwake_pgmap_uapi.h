/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * daxwake: the part of the ioctl ABI that makes ZONE_DEVICE memory of the
 * driver's own. The rules at the top of daxwake_uapi.h, which includes this, hold
 * here, too.
 */
#ifndef DAXWAKE_PGMAP_UAPI_H
#define DAXWAKE_PGMAP_UAPI_H

/**
 * struct daxwake_pgmap_new - make ZONE_DEVICE memory (memremap_pages())
 * @size: sizeof(struct daxwake_pgmap_new)
 * @flags: 0
 * @start: physical address, a multiple of 2 MiB; PRIVATE: 0, the kernel finds one
 * @length: bytes, a multiple of 2 MiB up to DAXWAKE_MAX_PGMAP_BYTES (-E2BIG)
 * @type: enum daxwake_pgmap
 * @order: of its folios: 0; GENERIC with LARGE_GENERIC also 9
 * @reserved: 0
 * @out_idle: _refcount of a page of it that nobody holds
 * @out_pfn: its first page
 * @out_pgmap: names it in the calls below; never 0
 * @out_npages: @length in pages
 *
 * What is at @start is overwritten. It has to be memory that the firmware or the
 * kernel's command line (memmap=nn$ss) keeps the kernel from using, and nobody
 * may have claimed it.
 *
 * What is called a page of a PRIVATE pgmap has no memory: nobody can read or
 * write it. Data that is moved there is kept elsewhere by the driver.
 *
 * Errors: -EOPNOTSUPP this kernel has no such type, or none of that order;
 * -EBUSY the range is not reserved, or in use; -E2BIG too many, or too large.
 * The last close takes the pgmap down; should pages of it still be in page
 * tables then that cannot be emptied, it and the module stay until they are.
 */
struct daxwake_pgmap_new {
	__u32 size;
	__u32 flags;
	__aligned_u64 start;
	__aligned_u64 length;
	__u32 type;
	__u32 order;
	__u32 reserved;
	__s32 out_idle;
	__aligned_u64 out_pfn;
	__u32 out_pgmap;
	__u32 out_npages;
};

/* daxwake_pgmap_take.flags */
#define DAXWAKE_TAKE_GET	(1U << 0) /* get_page() on pages that are out */
#define DAXWAKE_TAKE_TRY	(1U << 1) /* get_page_unless_zero(), out or not */
#define DAXWAKE_TAKE_PIN	(1U << 2) /* held as by FOLL_PIN; not with _TRY */
#define DAXWAKE_TAKE_MARK	(1U << 3) /* set ->mapping; only of new ones */

/**
 * struct daxwake_pgmap_take - hold pages of a pgmap
 * @size: sizeof(struct daxwake_pgmap_take)
 * @flags: DAXWAKE_TAKE_*
 * @pgmap: from PGMAP_NEW
 * @first: first page of the pgmap
 * @npages: how many, a multiple of the folio's
 * @order: of the folios; of device memory with LARGE_PRIVATE 0 to 9, else that
 *	of the pgmap
 * @refs: how often each folio is held, 1 to DAXWAKE_MAX_TAKE_REFS; 0: once
 * @reserved: 0
 * @out_handle: as from PIN: names the pages in RELEASE and PAGES
 * @out_npages: entries of the handle, @refs for each folio, one reference each
 *
 * PRIVATE and COHERENT pages are handed out by this and are out until the
 * kernel calls back that they are free. Of the others, which nobody hands out,
 * one more reference is taken. All or nothing.
 *
 * Errors: -ENOENT no such pgmap (or it is being taken down), -ERANGE outside of
 * it, -EBUSY a page is out already, -ENXIO (_GET) it is not out, -EAGAIN (_TRY)
 * its count is 0, -EOPNOTSUPP no such order or no pins of that order here.
 */
struct daxwake_pgmap_take {
	__u32 size;
	__u32 flags;
	__u32 pgmap;
	__u32 first;
	__u32 npages;
	__u32 order;
	__u32 refs;
	__u32 reserved;
	__u32 out_handle;
	__u32 out_npages;
};

/* daxwake_pgmap_page.flags */
#define DAXWAKE_PGMAP_OUT	(1U << 0) /* handed out, now */
#define DAXWAKE_PGMAP_CHARGED	(1U << 1) /* charged to a memory cgroup, now */
/* as it was when the last free callback was called */
#define DAXWAKE_PGMAP_FREED_MAPPED	(1U << 2) /* ->mapping was set */
#define DAXWAKE_PGMAP_FREED_CHARGED	(1U << 3) /* charged to a memory cgroup */

/**
 * struct daxwake_pgmap_page - what happened to a page of a pgmap
 * @freed: how often the kernel has called back that it is free
 * @strays: how often of these it was not out
 * @refcount: _refcount of its head at the last one
 * @flags: DAXWAKE_PGMAP_*
 */
struct daxwake_pgmap_page {
	__u32 freed;
	__u32 strays;
	__s32 refcount;
	__u32 flags;
};

/* daxwake_pgmap_look.out_state */
enum daxwake_pgmap_state {
	DAXWAKE_PGMAP_ALIVE,
	DAXWAKE_PGMAP_ENDING,	/* memunmap_pages() has not returned yet */
	DAXWAKE_PGMAP_ENDED,
};

/**
 * struct daxwake_pgmap_look - look at a pgmap
 * @size: sizeof(struct daxwake_pgmap_look)
 * @flags: 0
 * @pgmap: from PGMAP_NEW
 * @first: first page of the pgmap
 * @npages: how many; 0: none
 * @entry_size: sizeof(struct daxwake_pgmap_page) as the caller knows it
 * @pages: user pointer to @npages entries
 * @out_npages: entries filled
 * @out_state: enum daxwake_pgmap_state
 * @out_left: how many pages were out or held when memunmap_pages() returned
 * @out_faults: how often migrate_to_ram() was called
 */
struct daxwake_pgmap_look {
	__u32 size;
	__u32 flags;
	__u32 pgmap;
	__u32 first;
	__u32 npages;
	__u32 entry_size;
	__aligned_u64 pages;
	__u32 out_npages;
	__u32 out_state;
	__u32 out_left;
	__u32 out_faults;
};

/* daxwake_pgmap_move.flags */
#define DAXWAKE_MOVE_BACK	(1U << 0) /* to RAM */

/**
 * struct daxwake_pgmap_move - move the caller's anonymous memory (migrate_vma_*())
 * @size: sizeof(struct daxwake_pgmap_move)
 * @flags: DAXWAKE_MOVE_*
 * @addr: start, page aligned, in one mapping (-EFAULT)
 * @length: bytes, a multiple of the page size, up to DAXWAKE_MAX_PGMAP_BYTES
 * @pgmap: a PRIVATE or COHERENT one (-EINVAL)
 * @out_moved: pages that are where they should be now and were not before
 */
struct daxwake_pgmap_move {
	__u32 size;
	__u32 flags;
	__aligned_u64 addr;
	__aligned_u64 length;
	__u32 pgmap;
	__u32 out_moved;
};

/* daxwake_pgmap_end.flags */
#define DAXWAKE_END_ANYWAY	(1U << 0) /* though pages are out; does not wait */

/**
 * struct daxwake_pgmap_end - take a pgmap down (memunmap_pages())
 * @size: sizeof(struct daxwake_pgmap_end)
 * @flags: DAXWAKE_END_*
 * @pgmap: from PGMAP_NEW
 * @out_left: as of PGMAP_LOOK
 *
 * -EBUSY as long as a page of it is out or held. With _ANYWAY it is taken down
 * in the background all the same, PGMAP_LOOK tells how far that is, and a
 * second call without the flag is needed to be done with it. A kernel that does
 * not wait frees the struct pages under the holder; the driver then forgets
 * its handles of them (RELEASE: -ENOENT). Pages that are in page tables are not
 * helped by that.
 *
 * -EINTR, -ETIMEDOUT as RELEASE: it goes on in the background.
 */
struct daxwake_pgmap_end {
	__u32 size;
	__u32 flags;
	__u32 pgmap;
	__u32 out_left;
};

#endif /* DAXWAKE_PGMAP_UAPI_H */
