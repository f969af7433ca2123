// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of vm.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

static const char help[] =
"Usage: tools/vm --image VMLINUZ --initrd CPIO [options] [PLAN]\n"
"\n"
"Boots a kernel in QEMU with emulated pmem and copies what the guest reports to\n"
"stdout. The initrd is one of tools/initramfs; several are joined. The machine\n"
"has an IOMMU, a device that does DMA (edu) and two NVMe disks, one of them on a\n"
"controller with memory of its own.\n"
"\n"
"  --image FILE          kernel to boot\n"
"  --initrd FILE         initramfs, can be given again\n"
"  --plan FILE, PLAN     what tools/here in the guest shall run\n"
"  --exec COMMANDS       run these shell commands instead of a plan\n"
"  --console FILE        write the kernel's console there\n"
"  --memory SIZE         RAM besides pmem, 256M to 3G (default 1G)\n"
"  --smp N               CPUs (default 2)\n"
"  --pmem-source WHICH   what pmem is made of (default memmap): memmap, nvdimm,\n"
"                        virtio-pmem or cxl (QEMU 8.1 and later)\n"
"  --pmem-map WHERE      its struct pages are in RAM (mem, the default) or on the\n"
"                        device itself (dev)\n"
"  --pmem SIZE[!START]   a pmem region, can be given again; START is for memmap\n"
"                        (default 512M!4G and 2G!5G; 512M each)\n"
"  --virtiofs            a virtiofs with a window for DAX, tag daxwake (QEMU 11)\n"
"  --accel WHICH         kvm, tcg or auto (default auto: KVM where it boots)\n"
"  --packed              let the kernel unpack itself and choose its address\n"
"  --append WORDS        more kernel command line\n"
"  --qemu ARG            one more argument for QEMU, can be given again\n"
"  --boot-timeout S      ready after so many seconds, or never (default 60)\n"
"  --silence-timeout S   a test says something at least that often (default 60)\n"
"  --pulse-timeout S     the guest shows life at least that often (default 20)\n"
"\n"
"Environment: DAXWAKE_ACCEL (as --accel), DAXWAKE_CONSOLE (as --console),\n"
"DAXWAKE_PMEM_SIZE (of each of two regions, in place of that), DAXWAKE_TIME_FACTOR\n"
"(scales all timeouts), DAXWAKE_QEMU (the program), DAXWAKE_MORE (stdin has further\n"
"plans, see tools/run --help), XDG_CACHE_HOME. Every DAXWAKE_ variable is handed to\n"
"the guest.\n"
"Exit codes: 0 the plan ended (--exec: the commands ended with 0), 1 the kernel\n"
"died or hung after it was ready (--exec: or they ended with another code),\n"
"2 usage, 3 it was never ready.\n";

static void usage(void)
{
	fputs(help, stdout);
}

void vm_opts_parse(struct vm_opts *o, int argc, char **argv)
{
	const char *boot = "60", *silence = "60", *pulse = "20";
	const struct arg args[] = {
		{ "image", .text = &o->image },
		{ "initrd", .list = &o->initrds },
		{ "plan", .text = &o->plan },
		{ "exec", .text = &o->command },
		{ "console", .text = &o->console },
		{ "memory", .text = &o->memory },
		{ "smp", .text = &o->smp },
		{ "pmem-source", .text = &o->source },
		{ "pmem-map", .text = &o->map },
		{ "pmem", .list = &o->pmem },
		{ "virtiofs", .flag = &o->virtiofs },
		{ "accel", .text = &o->accel },
		{ "packed", .flag = &o->packed },
		{ "append", .text = &o->append },
		{ "qemu", .list = &o->qemu_args },
		{ "boot-timeout", .text = &boot },
		{ "silence-timeout", .text = &silence },
		{ "pulse-timeout", .text = &pulse },
	};
	int at;

	o->accel = getenv("DAXWAKE_ACCEL");
	o->console = getenv("DAXWAKE_CONSOLE");
	o->source = "memmap";
	o->map = "mem";
	o->more = getenv("DAXWAKE_MORE");
	o->memory = "1G";
	o->smp = "2";
	at = args_parse(argc, argv, args, ARRAY_SIZE(args), usage);
	if (at < argc && !o->plan)
		o->plan = argv[at++];
	if (at < argc)
		die(RC_USAGE, "unexpected argument '%s' (try --help)", argv[at]);
	if (!o->image)
		die(RC_USAGE, "--image is missing (try --help)");
	if (!o->initrds.n)
		die(RC_USAGE, "--initrd is missing (try --help)");
	if (!o->plan == !o->command)
		die(RC_USAGE, "either a plan or --exec is wanted (try --help)");
	if (!o->accel || !*o->accel)
		o->accel = "auto";
	if (strcmp(o->accel, "auto") && strcmp(o->accel, "kvm") && strcmp(o->accel, "tcg"))
		die(RC_USAGE, "accel is '%s', one of kvm, tcg and auto is wanted", o->accel);
	memory_check(o);
	o->boot_ms = seconds_arg("--boot-timeout", boot);
	o->silence_ms = seconds_arg("--silence-timeout", silence);
	o->pulse_ms = seconds_arg("--pulse-timeout", pulse);
}
