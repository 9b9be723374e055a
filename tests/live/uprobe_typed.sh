# ASSERTION: args of uprobes come from debug information, of any type
# ROWS: 3.8.args 3.8.args-errors 3.8.args-listing
# NEEDS: root uprobe libdw
P=$BUILD/tests/live/typed
run() {
	timeout -k 2 20 "$JIFFY" -q -c "$P" -e "uprobe:$P:$1" 2>&1 |
		sed "s|$P|typed|g; /^Attached/d; /^[ ~]*$/d
		s/^\(stdin:[0-9]*\):[0-9]*-[0-9]*/\1/"
}
run 't_ints { printf("%d %d %d %d %d %d\n", args.a, args.b, args.c, args.d,
	args.e, args.f); print(args) }'
run 't_record { print(args.o->c); print(args.o->s); print(args.o->l);
	print(args.o->ull); print(args.o->b); print(args.o->name);
	print(args.o->arr); print(args.o->grid); print(args.o->in);
	print(args.o->pin->tag); print(args.o->col); print(args.c);
	print(str(args.s)); print(args.b); print(args.i->a) }'
run 't_record { print(args.o->bf1); print(args.o->bf2); print(args.o->bf3);
	print(args.o->un); print(args.o->x + args.o->y); print(args.o->anon_i);
	print(args.o->named.q); print(args.o->next->next->i);
	$copy = *args.o; print($copy.i); print(args.o->fl) }'
run 't_record { print(args.o->bf1); print(args.o->bf2); print(args.o->bf3);
	print(args.o->un); print(args.o->x + args.o->y); print(args.o->anon_i);
	print(args.o->named.q); print(args.o->next->next->i);
	$copy = *args.o; print($copy.i); @[args.c, args.b] = count(); }'
run 't_record { $o = (struct outer *)arg0; print($o->name);
	print(((inner_t *)arg1)->a); print(sizeof(struct outer));
	print(offsetof(struct outer, l)) }'
# Where the ABI puts what is no plain word.
run 't_value { print(args.i); print(args.after) }'
run 't_pair { print(args.p); print(args.after) }'
run 't_mixed { print(args.after) }'
run 't_double { print(args.after) }'
run 't_result { print(args.first) }'
run 't_callback { print(args.cb); print(str(args.argv[0])) }'
run 't_static { print(args.only) }'
run 't_ints,uprobe:'"$P"':t_static { @[probe] = count() }'
# Of several functions: one program where they are at the same place.
run 't_*l*e { @[probe] = args.after }'
# Mistakes.
run 't_none { print(args) }'
run 't_double { print(args.d) }'
run 't_stack { print(args.a) }'
run 't_ints { print(args.nope) }'
run 't_record { print(args.o->nope) }'
run 't_ints+1 { print(args.a) }'
strip -o "$P.stripped" "$P"
P=$P.stripped
run '4 { print(args.a) }'
rm -f "$P"
