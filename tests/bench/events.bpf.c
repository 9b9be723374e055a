/* SPDX-License-Identifier: MIT */
/*
 * What tests/bench/events.c measures jiffy's programs against: the same jobs,
 * written by hand, one program each; clang -O2 -target bpf compiles them. The
 * name of a program is the name of the case.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

typedef __u64 u64;
typedef __s64 s64;
typedef __u32 u32;

enum { KEYS = 4096, BUCKETS = 70, COMM = 16, NAME = 1024, DEPTH = 127 };

struct name {
	char s[COMM];
};

struct bucket_list {
	u64 v[BUCKETS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, KEYS);
	__type(key, u32);
	__type(value, u64);
} pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, KEYS);
	__type(key, struct name);
	__type(value, u64);
} comms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bucket_list);
} returns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KEYS);
	__type(key, u64);
	__type(value, u64);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, KEYS);
	__type(key, struct name);
	__type(value, struct bucket_list);
} latencies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, KEYS);
	__uint(key_size, 4);
	__uint(value_size, DEPTH * 8);
} stacks SEC(".maps");

struct stack_key {
	u64 id;
	char comm[COMM];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, KEYS);
	__type(key, struct stack_key);
	__type(value, u64);
} by_stack SEC(".maps");

struct sys_enter { /* of tracefs */
	u64 common;
	s64 id;
	u64 args[6];
};

struct sys_exit {
	u64 common;
	s64 id;
	s64 ret;
};

static __always_inline void
add_one(void *map, const void *key)
{
	u64 zero = 0, *v = bpf_map_lookup_elem(map, key);

	if (!v) {
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		v = bpf_map_lookup_elem(map, key);
	}
	if (v)
		*v += 1;
}

/* Log2, as hist() has its buckets: below 0, 0, 1, 2-3, ... */
static __always_inline u32
bucket_of(s64 value)
{
	u64 v = value;
	u32 r, shift;

	if (value < 0)
		return 0;
	if (!value)
		return 1;
	r = (v > 0xffffffff) << 5;
	v >>= r;
	shift = (v > 0xffff) << 4;
	v >>= shift;
	r |= shift;
	shift = (v > 0xff) << 3;
	v >>= shift;
	r |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	r |= shift;
	shift = (v > 3) << 1;
	v >>= shift;
	r |= shift;
	r |= v >> 1;
	return r + 2;
}

SEC("raw_tp/sys_enter")
int
pid(void *ctx)
{
	u32 key = bpf_get_current_pid_tgid() >> 32;

	add_one(&pids, &key);
	return 0;
}

SEC("raw_tp/sys_enter")
int
comm(void *ctx)
{
	char key[COMM] = {};

	bpf_get_current_comm(key, sizeof(key));
	add_one(&comms, key);
	return 0;
}

SEC("tp/raw_syscalls/sys_exit")
int
hist(struct sys_exit *ctx)
{
	struct bucket_list *h;
	u32 zero = 0, i = bucket_of(ctx->ret);

	h = bpf_map_lookup_elem(&returns, &zero);
	if (h && i < BUCKETS)
		h->v[i] += 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int
latency_start(void *ctx)
{
	u64 tid = (u32)bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	bpf_map_update_elem(&starts, &tid, &now, BPF_ANY);
	return 0;
}

static const struct bucket_list no_buckets;

SEC("raw_tp/sys_exit")
int
latency(void *ctx)
{
	u64 tid = (u32)bpf_get_current_pid_tgid(), took;
	u64 *start = bpf_map_lookup_elem(&starts, &tid);
	struct bucket_list *h;
	char key[COMM] = {};
	u32 i;

	if (!start || !*start)
		return 0;
	took = bpf_ktime_get_ns() - *start;
	bpf_get_current_comm(key, sizeof(key));
	h = bpf_map_lookup_elem(&latencies, key);
	if (!h) {
		bpf_map_update_elem(&latencies, key, &no_buckets, BPF_NOEXIST);
		h = bpf_map_lookup_elem(&latencies, key);
	}
	i = bucket_of(took);
	if (h && i < BUCKETS)
		h->v[i] += 1;
	bpf_map_delete_elem(&starts, &tid);
	return 0;
}

struct record {
	u64 id;
	char comm[COMM];
	char name[NAME];
};

SEC("tp/syscalls/sys_enter_openat")
int
opened(struct sys_enter *ctx)
{
	struct record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (!r)
		return 0;
	r->id = 0;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	bpf_probe_read_user_str(r->name, sizeof(r->name),
				(const void *)ctx->args[1]);
	/* No wake-up before a part of it is full, as jiffy does. */
	bpf_ringbuf_submit(r, bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) <
					      1 << 18
				      ? BPF_RB_NO_WAKEUP
				      : BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("uprobe")
int
called(struct pt_regs *ctx)
{
	u32 zero = 0;
	u64 *v = bpf_map_lookup_elem(&counts, &zero);

	if (v)
		*v += 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int
stack(void *ctx)
{
	struct stack_key key = {};

	key.id = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	add_one(&by_stack, &key);
	return 0;
}

SEC("raw_tp/sys_enter")
int
named(void *ctx)
{
	char name[COMM];
	u32 one = 1;
	u64 *v;

	bpf_get_current_comm(name, sizeof(name));
	if (*(u64 *)name != *(const u64 *)"nosuchna" ||
	    *(u32 *)(name + 8) != ('m' | 'e' << 8))
		return 0;
	v = bpf_map_lookup_elem(&counts, &one);
	if (v)
		*v += 1;
	return 0;
}

char gpl[] SEC("license") = "GPL";
