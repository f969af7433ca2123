// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's memory: its RAM, and where its persistent memory comes from.
 *
 *	memmap		RAM that the kernel is told to take for persistent memory
 *	nvdimm		modules in DIMM slots, described by the firmware (ACPI NFIT)
 *	virtio-pmem	a device of the hypervisor's, flushed through it
 *	cxl		type 3 devices behind a host bridge, one root port each
 *
 * The devices stand on memory that has no name and ends with QEMU.
 *
 * Behind all RAM there is a little that the kernel is told not to touch at all
 * (memmap=nn$ss): what a test makes pages of itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define RESERVED (32 * MIB)

struct region {
	unsigned long long size, start;		/* start: only of memmap */
};

struct source {
	const char *name;
	const char *machine;	/* options of it that are wanted */
	const char *cpu;
	const char *once;	/* device that the others stand on */
	/* options for region number #, whose memory is pmem#; NULL: it is RAM */
	const char *each;
};

/*
 * CXL: the kernel takes no region from a CPU whose caches it cannot empty, and
 * it believes that of every hypervisor. The window has room for 4 GiB.
 */
static const struct source sources[] = {
	{ "memmap", "", "", NULL, NULL },
	{ "nvdimm", "nvdimm=on,", "", NULL, "-device nvdimm,memdev=pmem#" },
	{ "virtio-pmem", "", "", NULL, "-device virtio-pmem-pci,memdev=pmem#" },
	{ "cxl", "cxl=on,cxl-fmw.0.targets.0=cxl,cxl-fmw.0.size=4G,", ",hypervisor=off",
	  "pxb-cxl,id=cxl,bus=pcie.0,bus_nr=128",
	  "-object memory-backend-ram,id=label#,size=1M"
	  " -device cxl-rp,id=port#,bus=cxl,chassis=0,slot=#,port=#"
	  " -device cxl-type3,bus=port#,persistent-memdev=pmem#,lsa=label#,sn=1#"
	},
};

static const struct source *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i].name, name))
			return &sources[i];
	return NULL;
}

static unsigned long long scaled(unsigned long long n, char unit)
{
	return n << (unit == 'G' ? 30 : 20);
}

/* RAM lies below 4 GiB, where the machine keeps the upper part for devices. */
static unsigned long long ram_of(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (!n || n > 4096 || !*end || !strchr("MG", *end) || end[1])
		n = 0;
	n = scaled(n, *end);
	if (n < 256 * MIB || n > 3 * GIB)
		die(RC_USAGE, "--memory %s is not 256M to 3G", text);
	return n;
}

static struct region region_of(const char *text, bool placed)
{
	struct region r = { 0 };
	char su, au, more;
	int n = sscanf(text, "%llu%c!%llu%c%c", &r.size, &su, &r.start, &au, &more);

	if (placed && (n != 4 || !strchr("MG", su) || !strchr("MG", au)))
		die(RC_USAGE, "--pmem %s is not SIZE!START like 512M!4G", text);
	if (!placed && (n != 2 || !strchr("MG", su) || strlen(text) > 8 || strchr(text, '!')))
		die(RC_USAGE, "--pmem %s is not a SIZE like 512M, all that a device has", text);
	r.size = scaled(r.size, su);
	r.start = placed ? scaled(r.start, au) : 0;
	if (placed && r.start < 4 * GIB)
		die(RC_USAGE, "--pmem %s starts below 4G, in the PCI hole", text);
	return r;
}

/*
 * Two regions, each from a whole GiB on. Where RAM need only be set aside the
 * second is larger: a namespace keeps the first page of its device for itself, and
 * then there is one of 1 GiB left.
 */
static void add_default(struct strv *pmem, bool placed)
{
	const char *env = getenv("DAXWAKE_PMEM_SIZE");
	const char *size = env && *env ? env : "512M";
	unsigned long long gib = 4;

	if (placed && size != env) {
		strv_add(pmem, xstrdup("512M!4G"));
		strv_add(pmem, xstrdup("2G!5G"));
		return;
	}
	for (int i = 0; i < 2; i++) {
		strv_add(pmem, placed ? xprintf("%s!%lluG", size, gib) : xstrdup(size));
		gib += (region_of(size, false).size + GIB - 1) / GIB;
	}
}

void memory_check(struct vm_opts *o)
{
	const struct source *source = find(o->source);

	if (!source)
		die(RC_USAGE, "--pmem-source is '%s', one of %s is wanted", o->source,
		    "memmap, nvdimm, virtio-pmem and cxl");
	if (strcmp(o->map, "mem") && strcmp(o->map, "dev"))
		die(RC_USAGE, "--pmem-map is '%s', one of mem and dev is wanted", o->map);
	if (!o->pmem.n)
		add_default(&o->pmem, !source->each);
	ram_of(o->memory);
	for (size_t i = 0; i < o->pmem.n; i++)
		region_of(o->pmem.v[i], !source->each);
}

static void add(struct strv *argv, const char *option, char *value)
{
	strv_add(argv, xstrdup(option));
	strv_add(argv, value);
}

/* The words of @text, in which a device's number stands as '#'. */
static void add_words(struct strv *argv, const char *text, size_t number)
{
	struct str word = { 0 };

	for (const char *c = text; ; c++) {
		if (*c && *c != ' ') {
			if (*c == '#')
				str_printf(&word, "%zu", number);
			else
				str_add(&word, c, 1);
			continue;
		}
		strv_add(argv, xstrdup(word.s));
		str_free(&word);
		if (!*c)
			break;
	}
}

/* Where RAM ends: the pmem regions of memmap are cut out of that above 4 GiB. */
static unsigned long long top_of(const struct vm_opts *o)
{
	unsigned long long top = 4 * GIB;

	for (size_t i = 0; !find(o->source)->each && i < o->pmem.n; i++) {
		struct region r = region_of(o->pmem.v[i], true);

		if (r.start + r.size > top)
			top = r.start + r.size;
	}
	return top;
}

char *memory_reserved(const struct vm_opts *o)
{
	return xprintf("%lluM$%lluM", RESERVED / MIB, top_of(o) / MIB);
}

void memory_add(struct strv *argv, struct str *append, const struct vm_opts *o)
{
	const struct source *source = find(o->source);
	unsigned long long ram = ram_of(o->memory), sum = 0;
	unsigned long long all = ram + top_of(o) - 4 * GIB + RESERVED;
	char *reserved = memory_reserved(o);

	for (size_t i = 0; i < o->pmem.n; i++) {
		sum += region_of(o->pmem.v[i], !source->each).size;
		if (!source->each)
			str_printf(append, " memmap=%s", o->pmem.v[i]);
	}
	str_printf(append, " memmap=%s", reserved);
	free(reserved);
	if (!source->each)
		add(argv, "-m", xprintf("%lluM", all / MIB));
	else
		add(argv, "-m", xprintf("%lluM,slots=%zu,maxmem=%lluM", all / MIB, o->pmem.n,
					(all + sum) / MIB));
	add(argv, "-machine", xprintf("q35,max-ram-below-4g=%lluM,%s%s%s", ram / MIB,
				      source->machine, o->virtiofs ? "memory-backend=ram," : "",
				      "i8042=off,smbus=off,sata=off,usb=off,vmport=off"));
	/* who serves files has to see the requests */
	if (o->virtiofs)
		add(argv, "-object", xprintf("memory-backend-memfd,id=ram,share=on,size=%lluM",
					     all / MIB));
	if (source->once)
		add(argv, "-device", xstrdup(source->once));
	for (size_t i = 0; source->each && i < o->pmem.n; i++) {
		struct region r = region_of(o->pmem.v[i], false);

		add(argv, "-object", xprintf("memory-backend-memfd,id=pmem%zu,share=on,size=%lluM",
					     i, r.size / MIB));
		add_words(argv, source->each, i);
	}
}

const char *memory_cpu(const struct vm_opts *o)
{
	return find(o->source)->cpu;
}
