#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# conftest.sh MODULE_SYMVERS CC FLAGS...   prints conftest.h, run by Kbuild
#
# Asks the target kernel's own headers, with its own compiler and flags, what
# its API looks like. All probes are functions of one translation unit, each
# under a #line of its own: one run of the compiler answers them all, since the
# errors it prints carry the names of the probes that failed.
set -eu

symvers=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

names=
unexported=

# probe NAME ARGUMENTS BODY [EXPORT]: defines NAME if BODY compiles and, where
# given and known, the kernel exports EXPORT. The compiler complains only once
# of a function nobody declared: ask a second time by taking its address.
probe()
{
	names="$names $1"
	printf '#line 1 "%s"\nstatic void __attribute__((unused)) %s_(%s)\n{ %s }\n' \
		"$1" "$1" "$2" "$3" >>"$work/t.c"
	if [ -n "${4-}" ] && [ -s "$symvers" ] &&
	   ! awk -v s="$4" '$2 == s { f = 1; exit } END { exit !f }' "$symvers"; then
		unexported="$unexported $1"
	fi
}

cat >"$work/t.c" <<'EOF'
#include <linux/mm.h>
#include <linux/dax.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/pagemap.h>
#if __has_include(<linux/folio_batch.h>)
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif
#include <linux/sched.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
EOF

# sparse does not know __has_include(), so compat.h cannot ask
probe HAVE_FOLIO_BATCH_H 'void' '
#if !__has_include(<linux/folio_batch.h>)
#error not there
#endif
'
probe HAVE_FOLIO 'struct page *p' \
	'struct folio *f = page_folio(p); (void)f->page.flags;'
probe HAVE_FOLIO_PINCOUNT_PTR 'struct folio *f' '(void)folio_pincount_ptr(f);'
probe HAVE_FOLIO_PINCOUNT 'struct folio *f' '(void)atomic_read(&f->_pincount);'
probe HAVE_FOLIO_HAS_PINCOUNT 'struct folio *f' '(void)folio_has_pincount(f);'
probe HAVE_HPAGE_PINCOUNT 'struct page *p' \
	'if (hpage_pincount_available(p)) (void)compound_pincount_ptr(p);'
probe HAVE_PAGE_PGMAP 'struct page *p' '(void)page_pgmap(p);'
probe HAVE_PAGEMAP_HINT 'void' '(void)get_dev_pagemap(0, NULL);'
probe HAVE_DEVICE_COHERENT 'void' '(void)MEMORY_DEVICE_COHERENT;'
probe HAVE_BREAK_LAYOUT_FINAL 'struct inode *i' 'dax_break_layout_final(i);'
probe HAVE_TASK_STATE_UNDERSCORES 'struct task_struct *t' '(void)t->__state;'
probe HAVE_TASK_ON_CPU 'struct task_struct *t' '(void)t->on_cpu;'
probe HAVE_SCHED_DELAYED 'struct task_struct *t' '(void)t->se.sched_delayed;'
probe HAVE_TIMER_DELETE_SYNC 'struct timer_list *t' 'timer_delete_sync(t);'
probe HAVE_WQ_PERCPU 'void' '(void)WQ_PERCPU;'

probe HAVE_DAX_FLUSH 'struct dax_device *d' 'dax_flush(d, NULL, 0);' dax_flush

probe HAVE_FOLIO_FREE 'struct dev_pagemap_ops *o' '(void)o->folio_free;'
probe HAVE_DEVICE_PAGE_INIT 'struct page *p' 'zone_device_page_init(p);' \
	zone_device_page_init
probe HAVE_DEVICE_FOLIO_INIT 'struct page *p, struct dev_pagemap *m' \
	'zone_device_page_init(p, m, 0);' zone_device_page_init
probe HAVE_VMEMMAP_SHIFT 'struct dev_pagemap *m' '(void)m->vmemmap_shift;'
probe HAVE_FREE_MEM_REGION 'void' '(void)request_free_mem_region(NULL, 0, NULL);' \
	request_free_mem_region
probe HAVE_MIGRATE_VMA 'struct migrate_vma *a' '(void)migrate_vma_setup(a);' \
	migrate_vma_setup
probe HAVE_MIGRATE_RANGE 'void' '(void)migrate_device_range(NULL, 0, 0);' \
	migrate_device_range
probe HAVE_MIGRATE_LOCKED 'void' '(void)MIGRATE_PFN_LOCKED;'
probe HAVE_MIGRATE_FAULT_PAGE 'struct migrate_vma *a' '(void)a->fault_page;'
probe HAVE_DIRTY_FOLIO 'struct address_space_operations *a' \
	'(void)a->dirty_folio;'
probe HAVE_MEMCG_DATA 'struct page *p' '(void)p->memcg_data;'
probe HAVE_PAGE_MEM_CGROUP 'struct page *p' '(void)p->mem_cgroup;'

probe HAVE_GUP_VMAS 'void' '(void)pin_user_pages(0, 0, 0, NULL, NULL);'
probe HAVE_GUP_REMOTE_VMAS 'void' \
	'(void)pin_user_pages_remote(NULL, 0, 0, 0, NULL, NULL, NULL);'

probe HAVE_FOLL_PCI_P2PDMA 'void' '(void)FOLL_PCI_P2PDMA;'
probe HAVE_UNPIN_USER_PAGE_RANGE 'struct page *p' \
	'unpin_user_page_range_dirty_lock(p, 1, true);' \
	unpin_user_page_range_dirty_lock
probe HAVE_UNPIN_USER_FOLIO 'struct folio *f' 'unpin_user_folio(f, 1);' \
	unpin_user_folio
probe HAVE_UNPIN_FOLIO 'struct folio *f' 'unpin_folio(f);' unpin_folio
probe HAVE_UNPIN_FOLIOS 'struct folio **f' 'unpin_folios(f, 1);' unpin_folios
probe HAVE_FOLIO_PUT_REFS 'struct folio *f' 'folio_put_refs(f, 1);' __folio_put
probe HAVE_RELEASE_PAGES 'struct page **p' 'release_pages(p, 1);' release_pages
probe HAVE_FOLIOS_PUT_BATCH 'void' \
	'void (*f)(struct folio_batch *) = folios_put; (void)f;' folios_put_refs
probe HAVE_FOLIOS_PUT_ARRAY 'void' \
	'void (*f)(struct folio **, unsigned int) = folios_put; (void)f;' \
	release_pages

# -Wno-error: a tree built with CONFIG_WERROR must not fail a probe for style.
LC_ALL=C "$@" -DMODULE -DKBUILD_MODNAME='"conftest"' \
	-DKBUILD_BASENAME='"conftest"' -DKBUILD_MODFILE='"conftest"' \
	-Wno-error -Werror=implicit-function-declaration \
	-Werror=incompatible-pointer-types -Werror=int-conversion \
	-fsyntax-only "$work/t.c" 2>"$work/log" && bad=0 || bad=1
sed -n 's/^\([^:]*\):[0-9:]* \(fatal \)\{0,1\}error: .*/\1/p' \
	"$work/log" | sort -u >"$work/failed"

# An error outside the probes says nothing about the API: stop, do not guess.
if grep -v '^HAVE_' "$work/failed" >/dev/null ||
   { [ "$bad" = 1 ] && [ ! -s "$work/failed" ]; }; then
	cat "$work/log" >&2
	echo 'conftest: these headers do not compile with these flags' >&2
	exit 1
fi

echo '/* Generated by conftest.sh for one kernel. */'
for name in $names; do
	if grep -qx "$name" "$work/failed"; then
		echo "/* $name is not so */"
		continue
	fi
	case " $unexported " in
	*" $name "*) echo "/* $name: not exported */" ;;
	*) echo "#define $name 1" ;;
	esac
done
