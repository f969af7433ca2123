/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One VM life: what goes into QEMU, and what comes out of it.
 */
#ifndef VM_H
#define VM_H

#include "util.h"

struct vm_opts {
	const char *image;
	const char *boot;	/* what of it is given to QEMU */
	bool packed;		/* the image as it is */
	struct strv initrds;
	const char *plan;
	const char *command;	/* run this instead of a plan */
	const char *console;	/* file for the console log */
	const char *memory;	/* RAM besides pmem, as qemu -m takes it */
	const char *smp;
	const char *accel;	/* kvm, tcg or auto */
	const char *append;
	const char *source;	/* of pmem: memmap, nvdimm, virtio-pmem, cxl */
	const char *map;	/* where its struct pages are: mem or dev */
	struct strv pmem;	/* SIZE each, for memmap SIZE!START as that takes it */
	bool virtiofs;		/* with a window for DAX, tag "daxwake" */
	bool more;		/* the guest asks for further plans, from stdin */
	struct strv qemu_args;
	int64_t boot_ms, silence_ms, pulse_ms;
};

/* vmopts.c: whatever is missing or makes no sense ends the tool. */
void vm_opts_parse(struct vm_opts *o, int argc, char **argv);

/* cpio.c: newc archives, as the kernel unpacks them. */
const char *cpio_check(const char *path);	/* what is wrong with it, or NULL */
void cpio_file(struct str *cpio, const char *path, unsigned int mode,
	       const void *data, size_t len);
void cpio_end(struct str *cpio);

/* console.c: the kernel's log, kept for saying why it died. */
struct console {
	struct lines lines;
	struct strv tail;	/* lines since the last mark, bounded */
	size_t first;		/* index in tail of the first bad news + 1, or 0 */
	char *panic;		/* the panic line, or NULL */
	char *bad;		/* the first oops, BUG or lockup line, or NULL */
	int fd;			/* log file or -1 */
	bool any;		/* something was printed at all */
	struct lines quiet;	/* what is in the log only */
	struct str held;	/* of that, while a line of the console is not at its end */
};

void console_init(struct console *c, int fd);
void console_feed(struct console *c, const char *data, size_t len);
/* The same for what the kernel says by another way than its console: no bad news. */
void console_feed_quiet(struct console *c, const char *data, size_t len);
void console_mark(struct console *c);	/* forget what came before */
/* The lines worth showing to a person: from the bad news on, or the last. */
void console_telling(const struct console *c, size_t max,
		     void (*line)(void *arg, const char *text), void *arg);
void console_news(struct console *c);	/* what follows is news */
void console_free(struct console *c);

/* image.c: the file to boot for a kernel image, which is itself at worst. */
char *image_bare(const char *path);
bool image_cut(const char *path);	/* does it end too early? */

/* memory.c: RAM and pmem. What makes no sense ends the tool in the first. */
void memory_check(struct vm_opts *o);
void memory_add(struct strv *argv, struct str *append, const struct vm_opts *o);
char *memory_reserved(const struct vm_opts *o);	/* memmap= of what no kernel touches */
const char *memory_cpu(const struct vm_opts *o);	/* what the CPU must be for it */

/* devices.c: an IOMMU, and devices that do DMA. */
#define DISKS 2
void devices_disks(int disk[DISKS]);
void devices_add(struct strv *argv, struct str *append, const int disk[DISKS]);

/* qemu.c: a running QEMU and its streams. */
struct qemu {
	struct proc proc;
	int console;		/* both ways: sysrq is sent here */
	int ktap;
	int marks;		/* which test starts, ahead of the ktap */
	int kmsg;		/* what of the kernel's log is not on the console */
	int more;		/* further plans; -1 if there are none */
	int qmp;
	int err;		/* QEMU's own messages */
	int fs;			/* of the guest's end: virtiofs, or -1 */
	int disk[DISKS];	/* the same: what nvmes keep their data in */
};

const char *qemu_program(void);
int qemu_start(struct qemu *q, const struct vm_opts *o, int initrd, bool kvm);
void qemu_sysrq(struct qemu *q, char key);
void qemu_stop(struct qemu *q);

/* accel.c: is hardware virtualisation there, and does it boot anything? */
bool accel_kvm(const struct vm_opts *o, int initrd, int signals);
void accel_distrust(void);	/* it passed the probe and failed the boot */

#endif
