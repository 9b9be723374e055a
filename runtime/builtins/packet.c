// SPDX-License-Identifier: MIT
/*
 * skboutput: packets into a file that tcpdump reads. In BPF the linear part of
 * a struct sk_buff is copied into the record; user space writes one file per
 * path (pcap, nanoseconds, packets that begin with their IP header).
 *
 * Record: what lies between the header and the data is struct packet.
 */
#include "internal.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

enum { JUMBO = 9216, LINKTYPE_RAW = 101, NS_PER_S = 1000000000 };

struct packet {
	uint64_t ns; /* boot clock */
	uint64_t length, captured;
};

/* Members of struct sk_buff, by offset. */
struct skb_offsets {
	uint32_t len, data_len, data;
};

static bool
offset_of(struct sema *s, struct node *n, const char *name, uint32_t *offset)
{
	const struct field *f = sema_field(s, sema_struct(s, "sk_buff"), name);

	if (!f)
		return sema_error(s, n,
				  "Struct/union of type 'struct sk_buff' does "
				  "not contain a field named '%s'",
				  name);
	*offset = f->offset;
	return true;
}

static bool
skboutput_check(struct sema *s, struct node *n)
{
	const struct probe_type *p = sema_unit(s)->type;
	struct skb_offsets *at;

	if (p->prog_type != BPF_PROG_TYPE_TRACING &&
	    (p->prog_type != BPF_PROG_TYPE_RAW_TRACEPOINT ||
	     p->flags & PROBE_SPECIAL))
		return sema_error(s, n, "%s can not be used with \"%s\" probes",
				  n->call.name, p->name);
	at = arena_alloc(sema_arena(s), sizeof(*at));
	n->call.data = at;
	return offset_of(s, n, "len", &at->len) &&
	       offset_of(s, n, "data_len", &at->data_len) &&
	       offset_of(s, n, "data", &at->data);
}

/* The most that one packet gives: what the script asks for, if it is known. */
static uint32_t
room_of(const struct node *n)
{
	int64_t want;

	if (!sema_literal_int(ir_arg_node(n, 2), &want) || want > JUMBO)
		return JUMBO;
	return want > 0 ? (uint32_t)want : 1;
}

static struct ref
read_member(struct lower *l, struct ref skb, uint32_t offset, unsigned bytes)
{
	struct mem value = ir_obj(l, 8, 8);

	ir_probe_read(l, AS_KERNEL, value, ir_const(l, bytes),
		      ir_bini(l, IR_ADD, skb, offset), false);
	return ir_load(l, value.base, value.off, bytes);
}

/* v, or `most` where v is larger, without a branch: the verifier sees it. */
static struct ref
at_most(struct lower *l, struct ref v, struct ref most)
{
	struct ref over = ir_cmp(l, CC_UGT, v, most);

	v = ir_bin(l, IR_MUL, v, ir_bini(l, IR_XOR, over, 1));
	return ir_bin(l, IR_ADD, v, ir_bin(l, IR_MUL, over, most));
}

static void
packet_record(struct lower *l, const struct node *n, struct mem record)
{
	const struct skb_offsets *at = n->call.data;
	int32_t off = record.off;
	struct mem data = { record.base, off + (int32_t)sizeof(struct packet) };
	struct ref skb = ir_arg(l, n, 1), skip = ir_arg(l, n, 3);
	struct ref whole = read_member(l, skb, at->len, 4);
	struct ref paged = read_member(l, skb, at->data_len, 4);
	struct ref from = read_member(l, skb, at->data, 8);
	struct ref linear = ir_bin(l, IR_SUB, whole, paged), bytes;

	skip = at_most(l, skip, linear);
	bytes = at_most(l, ir_bin(l, IR_SUB, linear, skip), ir_arg(l, n, 2));
	bytes = at_most(l, bytes, ir_const(l, room_of(n)));
	ir_store(l, record.base, off + (int32_t)offsetof(struct packet, ns),
		 ir_call(l, HELPER_ktime_get_boot_ns, 0), 8);
	ir_store(l, record.base, off + (int32_t)offsetof(struct packet, length),
		 ir_bin(l, IR_SUB, whole, skip), 8);
	ir_store(l, record.base,
		 off + (int32_t)offsetof(struct packet, captured), bytes, 8);
	ir_probe_read(l, AS_KERNEL, data, bytes, ir_bin(l, IR_ADD, from, skip),
		      false);
}

static struct ref
skboutput_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	ir_emit_raw(l, n, (uint32_t)sizeof(struct packet) + room_of(n),
		    packet_record);
	return ir_const(l, 0);
}

/* ---- the files ---- */

static bool
write_header(FILE *f)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link;
	} head = { 0xa1b23c4d, 2, 4, 0, 0, 65535, LINKTYPE_RAW };

	return fwrite(&head, sizeof(head), 1, f) == 1;
}

/* The file of that name, made at its first packet. NULL: reported. */
static FILE *
file_for(struct session *s, const char *path)
{
	struct packet_file *p;
	uint32_t i;
	int fd;

	for (i = 0; i < s->packet_files.n; i++)
		if (!strcmp(s->packet_files.v[i].path, path))
			return s->packet_files.v[i].file;
	p = vec_push(s->prog->arena, &s->packet_files);
	p->path = path;
	fd = create_file(s->arena, path);
	p->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (p->file && write_header(p->file))
		return p->file;
	session_error(s, "failed to create pcap file '%s' (%s)", path,
		      strerror(errno));
	return NULL;
}

static void
skboutput_event(struct session *s, const struct event *e)
{
	const struct node *call = e->spec->call;
	FILE *f = file_for(s, sema_literal_str(ir_arg_node(call, 0), NULL));
	struct packet p;
	uint32_t head[4];

	memcpy(&p, e->data + 8, sizeof(p));
	if (!f || p.captured > room_of(call))
		return;
	p.ns += s->boot_offset;
	head[0] = (uint32_t)(p.ns / NS_PER_S);
	head[1] = (uint32_t)(p.ns % NS_PER_S);
	head[2] = (uint32_t)p.captured;
	head[3] = (uint32_t)p.length;
	fwrite(head, sizeof(head), 1, f);
	fwrite(e->data + 8 + sizeof(p), 1, p.captured, f);
	if (fflush(f))
		session_error(s, "failed to write a packet (%s)",
			      strerror(errno));
}

/* clang-format off */
const struct builtin packet_words[] = {
	{ "skboutput", "(string literal, any, int, int) -> uint32",
	  "write a packet to a pcap file", .check = skboutput_check,
	  .lower = skboutput_lower, .on_event = skboutput_event,
	  .flags = WORD_FILES },
	{ 0 },
};
/* clang-format on */
