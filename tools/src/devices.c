// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI devices that do DMA, for whoever wants pages held by it:
 *
 *	edu	copies between memory and a buffer of its own, 100 ms a time; it is
 *		driven from user space, behind the IOMMU
 *	nvme	two, the first with memory of its own, which the other may use
 *
 * The nvmes are functions of one device: peers that reach each other whatever
 * CPU and host bridge there are, as long as their port sends nothing up to the
 * host bridge (the kernel is told so: not every QEMU can). The IOMMU lets all
 * that the kernel drives through as if it were not there, and interrupts never
 * see it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm.h"

#define DISK_SIZE (4 << 20)
#define PORT "1e.0"

static const char *const first[] = {
	"-device", "intel-iommu,intremap=off",
	"-device", "edu",
	"-device", "pcie-root-port,id=peers,chassis=9,addr=" PORT,
	/* the firmware need not look what is on the disks */
	"-boot", "strict=on",
};

static const char *const nvme[] = { "cmb_size_mb=2,multifunction=on,", "" };

/* The disks are memory that has no name, and end with QEMU. */
void devices_disks(int disk[DISKS])
{
	for (int i = 0; i < DISKS; i++) {
		disk[i] = memfd_create("disk", MFD_CLOEXEC);
		if (disk[i] < 0 || ftruncate(disk[i], DISK_SIZE))
			die(RC_INFRA, "cannot make a disk: %s", strerror(errno));
	}
}

void devices_add(struct strv *argv, struct str *append, const int disk[DISKS])
{
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		strv_add(argv, xstrdup(first[i]));
	for (int i = 0; i < DISKS; i++) {
		strv_add(argv, xstrdup("-drive"));
		strv_add(argv, xprintf("if=none,id=disk%d,format=raw,file=/proc/self/fd/%d", i,
				       disk[i]));
		strv_add(argv, xstrdup("-device"));
		strv_add(argv, xprintf("nvme,serial=daxwake%d,drive=disk%d,%sbus=peers,addr=0.%d",
				       i, i, nvme[i], i));
	}
	str_printf(append, " intel_iommu=on iommu=pt pci=disable_acs_redir=00:" PORT);
}
