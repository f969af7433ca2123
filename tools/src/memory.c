// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's memory: its RAM, and where its persistent memory comes from.
 *
 *	memmap		RAM that the kernel is told to take for persistent memory
 *	nvdimm		modules in DIMM slots, described by the firmware (ACPI NFIT)
 *	virtio-pmem	a device of the hypervisor's, flushed through it
 *
 * The devices stand on memory that has no name and ends with QEMU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

struct region {
	unsigned long long size, start;		/* start: only of memmap */
};

struct source {
	const char *name;
	const char *machine;	/* options of it that are wanted */
	const char *device;	/* one for each region, or NULL: it is RAM */
};

static const struct source sources[] = {
	{ "memmap", "", NULL },
	{ "nvdimm", "nvdimm=on,", "nvdimm" },
	{ "virtio-pmem", "", "virtio-pmem-pci" },
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

void memory_check(struct vm_opts *o)
{
	const struct source *source = find(o->source);

	if (!source)
		die(RC_USAGE, "--pmem-source is '%s', one of %s is wanted", o->source,
		    "memmap, nvdimm and virtio-pmem");
	if (strcmp(o->map, "mem") && strcmp(o->map, "dev"))
		die(RC_USAGE, "--pmem-map is '%s', one of mem and dev is wanted", o->map);
	if (!o->pmem.n) {
		strv_add(&o->pmem, xstrdup(source->device ? "512M" : "512M!4G"));
		strv_add(&o->pmem, xstrdup(source->device ? "512M" : "512M!5G"));
	}
	ram_of(o->memory);
	for (size_t i = 0; i < o->pmem.n; i++)
		region_of(o->pmem.v[i], !source->device);
}

static void add(struct strv *argv, const char *option, char *value)
{
	strv_add(argv, xstrdup(option));
	strv_add(argv, value);
}

void memory_add(struct strv *argv, struct str *append, const struct vm_opts *o)
{
	const struct source *source = find(o->source);
	unsigned long long ram = ram_of(o->memory), top = 4 * GIB, sum = 0;

	for (size_t i = 0; i < o->pmem.n; i++) {
		struct region r = region_of(o->pmem.v[i], !source->device);

		sum += r.size;
		if (r.start + r.size > top)
			top = r.start + r.size;
		if (!source->device)
			str_printf(append, " memmap=%s", o->pmem.v[i]);
	}
	/* The pmem regions are cut out of RAM above 4 GiB. */
	if (!source->device)
		add(argv, "-m", xprintf("%lluM", (ram + top - 4 * GIB) / MIB));
	else
		add(argv, "-m", xprintf("%lluM,slots=%zu,maxmem=%lluM", ram / MIB, o->pmem.n,
					(ram + sum) / MIB));
	add(argv, "-machine", xprintf("q35,max-ram-below-4g=%lluM,%s%s", ram / MIB,
				      source->machine,
				      "i8042=off,smbus=off,sata=off,usb=off,vmport=off"));
	for (size_t i = 0; source->device && i < o->pmem.n; i++) {
		struct region r = region_of(o->pmem.v[i], false);

		add(argv, "-object", xprintf("memory-backend-memfd,id=pmem%zu,share=on,size=%lluM",
					     i, r.size / MIB));
		add(argv, "-device", xprintf("%s,memdev=pmem%zu", source->device, i));
	}
}
