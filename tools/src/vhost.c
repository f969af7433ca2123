// SPDX-License-Identifier: GPL-2.0-only
/*
 * The back end of a vhost-user device: takes the guest's memory and queues from
 * QEMU, and gives it a window of memory that the guest can map (SHMEM).
 */
#include <errno.h>
#include <linux/vhost_types.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuse.h"
#include "util.h"

#define QUEUES 2	/* what must not wait, and requests */
#define REGIONS 8
#define MAX_FDS 8
#define MAX_SEGMENTS 600

enum {
	GET_FEATURES = 1, SET_MEM_TABLE = 5, SET_VRING_NUM = 8, SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10, GET_VRING_BASE = 11, SET_VRING_KICK = 12, SET_VRING_CALL = 13,
	SET_VRING_ERR = 14, GET_PROTOCOL_FEATURES = 15, GET_QUEUE_NUM = 17,
	SET_BACKEND_REQ_FD = 21, GET_CONFIG = 24, GET_STATUS = 40, GET_SHMEM_CONFIG = 44,
};

#define BACKEND_SHMEM_MAP 9
#define VERSION 1
#define IS_REPLY 4
#define NEED_REPLY 8
#define NO_FD 0x100

#define FEATURES (1ULL << 32 | 1ULL << 30)	/* VERSION_1, PROTOCOL_FEATURES */
/* MQ, REPLY_ACK, BACKEND_REQ, CONFIG, BACKEND_SEND_FD, SHMEM */
#define PROTOCOL (1ULL << 0 | 1ULL << 3 | 1ULL << 5 | 1ULL << 9 | 1ULL << 10 | 1ULL << 22)

struct head {
	uint32_t request, flags, size;
};

struct region {
	uint64_t guest, size, user, offset;
};

struct shmem_map {
	uint8_t shmid, padding[7];
	uint64_t fd_offset, shm_offset, len, flags;
};

union payload {
	uint64_t u64;
	struct { uint32_t index, num; } state;
	struct { uint32_t index, flags; uint64_t desc, used, avail, log; } addr;
	struct { uint32_t n, padding; struct region r[REGIONS]; } memory;
	struct { uint32_t offset, size, flags; unsigned char data[256]; } config;
	struct { uint32_t n, padding; uint64_t size[256]; } shmem;
};

struct queue {
	unsigned int num;
	uint64_t desc_at, avail_at, used_at;	/* in QEMU's address space */
	uint16_t next;
	int kick, call;
};

struct device {
	int sock, back;
	struct region regions[REGIONS];
	char *at[REGIONS];	/* where those are mapped here */
	size_t nregions;
	struct queue q[QUEUES];
	int window_fd;
	char *window;
	bool window_given;
};

static void *guest(struct device *d, uint64_t addr, uint64_t len)
{
	for (size_t i = 0; i < d->nregions; i++) {
		const struct region *r = &d->regions[i];

		if (addr >= r->guest && addr - r->guest < r->size &&
		    len <= r->size - (addr - r->guest))
			return d->at[i] + r->offset + (addr - r->guest);
	}
	return NULL;
}

static void *user(struct device *d, uint64_t addr)
{
	for (size_t i = 0; i < d->nregions; i++)
		if (addr >= d->regions[i].user && addr - d->regions[i].user < d->regions[i].size)
			return d->at[i] + d->regions[i].offset + (addr - d->regions[i].user);
	return NULL;
}

/* --- requests of the guest ------------------------------------------------- */

static size_t one_request(struct device *d, struct vring_desc *desc, unsigned int num,
			  unsigned int at)
{
	struct iovec in[MAX_SEGMENTS], out[MAX_SEGMENTS];
	size_t n_in = 0, n_out = 0;
	unsigned int left = num;

	for (;;) {
		struct vring_desc *one = &desc[at];
		void *base = guest(d, one->addr, one->len);

		if (!base || n_in == MAX_SEGMENTS || n_out == MAX_SEGMENTS)
			return 0;
		if (one->flags & VRING_DESC_F_INDIRECT) {
			desc = base;
			num = one->len / sizeof(*desc);
			left = num + 1;
			at = 0;
			continue;
		}
		if (one->flags & VRING_DESC_F_WRITE)
			out[n_out++] = (struct iovec) { base, one->len };
		else
			in[n_in++] = (struct iovec) { base, one->len };
		if (!(one->flags & VRING_DESC_F_NEXT) || !--left || one->next >= num)
			break;
		at = one->next;
	}
	return fs_answer(d->window, in, n_in, out, n_out);
}

static void serve_queue(struct device *d, struct queue *q)
{
	struct vring_desc *desc = user(d, q->desc_at);
	struct vring_avail *avail = user(d, q->avail_at);
	struct vring_used *used = user(d, q->used_at);
	uint64_t one = 1;

	if (read(q->kick, &one, sizeof(one)) < 0 || !desc || !avail || !used || !q->num)
		return;
	while (q->next != __atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE)) {
		unsigned int head = avail->ring[q->next % q->num];
		struct vring_used_elem *elem = &used->ring[q->next % q->num];

		elem->id = head;
		elem->len = head < q->num ? one_request(d, desc, q->num, head) : 0;
		q->next++;
		__atomic_store_n(&used->idx, q->next, __ATOMIC_RELEASE);
	}
	one = 1;
	if (q->call >= 0 && write(q->call, &one, sizeof(one)) < 0)
		say("the guest cannot be told: %s", strerror(errno));
}

/* --- messages of QEMU --------------------------------------------------------- */

static bool send_it(int sock, uint32_t request, uint32_t flags, const void *data, size_t len,
		    int fd)
{
	struct head h = { request, VERSION | flags, len };
	struct iovec v[2] = { { &h, sizeof(h) }, { (void *)data, len } };
	char room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };

	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = room;
		m.msg_controllen = sizeof(room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL) == (ssize_t)(sizeof(h) + len);
}

static bool receive(int sock, struct head *h, union payload *p, int *fds, size_t *nfds)
{
	char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
	struct iovec v = { h, sizeof(*h) };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};

	*nfds = 0;
	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC | MSG_WAITALL) != sizeof(*h))
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type != SCM_RIGHTS)
			continue;
		*nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), *nfds * sizeof(int));
	}
	memset(p, 0, sizeof(*p));
	if (h->size > sizeof(*p))
		return false;
	return !h->size || recv(sock, p, h->size, MSG_WAITALL) == (ssize_t)h->size;
}

static void take_memory(struct device *d, const union payload *p, const int *fds, size_t nfds)
{
	for (size_t i = 0; i < d->nregions; i++)
		munmap(d->at[i], d->regions[i].size + d->regions[i].offset);
	d->nregions = 0;
	for (size_t i = 0; i < p->memory.n && i < nfds && i < REGIONS; i++) {
		const struct region *r = &p->memory.r[i];
		void *at = mmap(NULL, r->size + r->offset, PROT_READ | PROT_WRITE, MAP_SHARED,
				fds[i], 0);

		close(fds[i]);
		if (at == MAP_FAILED)
			continue;
		d->at[d->nregions] = at;
		d->regions[d->nregions++] = *r;
	}
}

static void give_window(struct device *d)
{
	struct shmem_map map = { .len = FS_WINDOW, .flags = 1 };

	if (d->back < 0 || d->window_given)
		return;
	d->window_given = send_it(d->back, BACKEND_SHMEM_MAP, 0, &map, sizeof(map), d->window_fd);
}

/* Tag, and how many queues there are besides the first. */
static void config(union payload *p)
{
	static const char tag[36] = "daxwake";
	static const uint32_t requests = QUEUES - 1;

	memset(p->config.data, 0, sizeof(p->config.data));
	memcpy(p->config.data, tag, sizeof(tag));
	memcpy(p->config.data + sizeof(tag), &requests, sizeof(requests));
}

static bool serve_message(struct device *d)
{
	int fds[MAX_FDS], fd;
	size_t nfds, reply = 0;
	union payload p;
	struct queue *q;
	struct head h;

	if (!receive(d->sock, &h, &p, fds, &nfds))
		return false;
	fd = nfds ? fds[0] : -1;
	q = &d->q[(p.state.index & 0xff) % QUEUES];
	switch (h.request) {
	case GET_FEATURES:
		p.u64 = FEATURES;
		reply = sizeof(p.u64);
		break;
	case GET_PROTOCOL_FEATURES:
		p.u64 = PROTOCOL;
		reply = sizeof(p.u64);
		break;
	case GET_QUEUE_NUM:
		p.u64 = QUEUES;
		reply = sizeof(p.u64);
		break;
	case GET_STATUS:
		p.u64 = 0;
		reply = sizeof(p.u64);
		break;
	case GET_CONFIG:
		config(&p);
		reply = h.size;
		break;
	case GET_SHMEM_CONFIG:
		memset(&p, 0, sizeof(p));
		p.shmem.n = 1;
		p.shmem.size[0] = FS_WINDOW;
		reply = sizeof(p.shmem);
		break;
	case SET_MEM_TABLE:
		take_memory(d, &p, fds, nfds);
		break;
	case SET_VRING_NUM:
		q->num = p.state.num;
		break;
	case SET_VRING_BASE:
		q->next = p.state.num;
		break;
	case SET_VRING_ADDR:
		q->desc_at = p.addr.desc;
		q->avail_at = p.addr.avail;
		q->used_at = p.addr.used;
		break;
	case GET_VRING_BASE:
		p.state.num = q->next;
		if (q->kick >= 0)
			close(q->kick);
		q->kick = -1;
		reply = sizeof(p.state);
		break;
	case SET_VRING_KICK:
		q->kick = p.u64 & NO_FD ? -1 : fd;
		give_window(d);
		break;
	case SET_VRING_CALL:
		if (q->call >= 0)
			close(q->call);
		q->call = p.u64 & NO_FD ? -1 : fd;
		break;
	case SET_VRING_ERR:
		if (fd >= 0)
			close(fd);
		break;
	case SET_BACKEND_REQ_FD:
		d->back = fd;
		break;
	}
	if (reply)
		return send_it(d->sock, h.request, IS_REPLY, &p, reply, -1);
	p.u64 = 0;
	return !(h.flags & NEED_REPLY) ||
	       send_it(d->sock, h.request, IS_REPLY, &p, sizeof(p.u64), -1);
}

/* Nothing is asked for on this way that has an answer worth reading. */
static void drain(struct device *d)
{
	char buf[256];

	if (recv(d->back, buf, sizeof(buf), MSG_DONTWAIT) > 0 || errno == EAGAIN)
		return;
	close(d->back);
	d->back = -1;
}

void fs_serve(int sock)
{
	struct device d = { .sock = sock, .back = -1 };

	for (size_t i = 0; i < QUEUES; i++) {
		d.q[i].kick = -1;
		d.q[i].call = -1;
	}
	d.window_fd = memfd_create("window", MFD_CLOEXEC);
	if (d.window_fd < 0 || ftruncate(d.window_fd, FS_WINDOW))
		die(RC_INFRA, "no window for virtiofs: %s", strerror(errno));
	d.window = mmap(NULL, FS_WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, d.window_fd, 0);
	if (d.window == MAP_FAILED)
		die(RC_INFRA, "no window for virtiofs: %s", strerror(errno));
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = d.sock, .events = POLLIN },
			{ .fd = d.back, .events = POLLIN },
			{ .fd = d.q[0].kick, .events = POLLIN },
			{ .fd = d.q[1].kick, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[0].revents && !serve_message(&d))
			return;
		if (fds[1].revents)
			drain(&d);
		for (size_t i = 0; i < QUEUES; i++)
			if (fds[2 + i].revents && d.q[i].kick == fds[2 + i].fd)
				serve_queue(&d, &d.q[i]);
	}
}
