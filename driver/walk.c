// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads page tables as GUP-fast does: by hand, since the kernel's walkers are
 * not exported, and without a reference on what is found, since giving one
 * back could be the very wake-up that a test says is missing.
 */
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "daxwake.h"

static void daxwake_leaf(struct daxwake_page *look, unsigned long pfn,
			 bool writable, u16 level)
{
	look->pfn = pfn;
	look->level = level;
	look->flags = DAXWAKE_PAGE_PRESENT;
	if (writable)
		look->flags |= DAXWAKE_PAGE_WRITABLE;
}

/*
 * The kernel does not tell modules which page is the huge zero page. In a DAX
 * file mapping, what is no device memory and not writable is nothing else.
 */
static bool daxwake_is_huge_zero(struct vm_area_struct *vma, unsigned long pfn)
{
	struct dev_pagemap *pgmap;

	if (!vma_is_dax(vma) || !(vma->vm_flags & VM_SHARED))
		return false;
	pgmap = daxwake_pagemap_get(pfn);
	if (pgmap)
		put_dev_pagemap(pgmap);
	return !pgmap;
}

/* Copies of the entries: the originals may change at any time. */
static void daxwake_walk_one(struct vm_area_struct *vma, unsigned long addr,
			     struct daxwake_page *look)
{
	pgd_t pgd;
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;
	pte_t pte;

	pgd = READ_ONCE(*pgd_offset(vma->vm_mm, addr));
	if (pgd_none(pgd) || unlikely(pgd_bad(pgd)))
		return;
	p4d = READ_ONCE(*p4d_offset(&pgd, addr));
	if (p4d_none(p4d) || unlikely(p4d_bad(p4d)))
		return;

	pud = READ_ONCE(*pud_offset(&p4d, addr));
	if (pud_none(pud) || !pud_present(pud))
		return;
	if (pud_leaf(pud)) {
		daxwake_leaf(look, pud_pfn(pud) +
			     ((addr & ~PUD_MASK) >> PAGE_SHIFT),
			     pud_write(pud), DAXWAKE_LEVEL_PUD);
		return;
	}

	pmd = READ_ONCE(*pmd_offset(&pud, addr));
	if (pmd_none(pmd) || !pmd_present(pmd))
		return;
	if (pmd_leaf(pmd)) {
		daxwake_leaf(look, pmd_pfn(pmd) +
			     ((addr & ~PMD_MASK) >> PAGE_SHIFT),
			     pmd_write(pmd), DAXWAKE_LEVEL_PMD);
		if (!pmd_write(pmd) && daxwake_is_huge_zero(vma, look->pfn))
			look->flags |= DAXWAKE_PAGE_ZERO;
		return;
	}

	pte = READ_ONCE(*pte_offset_kernel(&pmd, addr));
	if (!pte_present(pte))
		return;
	daxwake_leaf(look, pte_pfn(pte), pte_write(pte), DAXWAKE_LEVEL_PTE);
	if (is_zero_pfn(look->pfn))
		look->flags |= DAXWAKE_PAGE_ZERO;
}

/*
 * Called with the mmap lock held. Tables may still be freed by zapping and
 * reclaim, but never while this CPU has interrupts off: that is what keeps
 * GUP-fast alive, too.
 */
void daxwake_walk(struct mm_struct *mm, unsigned long addr,
		  unsigned int npages, struct daxwake_page *looks)
{
	struct vm_area_struct *vma = NULL;
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < npages; i++, addr += PAGE_SIZE) {
		if (!vma || addr >= vma->vm_end) {
			vma = find_vma(mm, addr);
			if (!vma)
				return;
		}
		if (addr < vma->vm_start)
			continue;
		local_irq_save(flags);
		daxwake_walk_one(vma, addr, &looks[i]);
		local_irq_restore(flags);
	}
}
