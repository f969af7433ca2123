/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two halves of the virtiofs device: the files, and their way into a VM.
 */
#ifndef FUSE_H
#define FUSE_H

#include <stddef.h>
#include <sys/uio.h>

#define FS_WINDOW (64UL << 20)	/* what of the files the guest can map at a time */

/* fusefs.c: answer one request; @out: room for the reply. Returns its length. */
size_t fs_answer(char *window, const struct iovec *in, size_t n_in,
		 const struct iovec *out, size_t n_out);

/* vhost.c: serve the device whose front end is at @sock, until it goes. */
void fs_serve(int sock);

#endif
