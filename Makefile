# SPDX-License-Identifier: MIT
# One makefile for all folders. `make help` lists what it can do.
#
#   make                build/jiffy
#   make demo           installs what is missing, builds, traces something
#   make check          installs what is missing, builds, runs every test

PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
PKG_CONFIG ?= pkg-config
NPROC := $(shell nproc 2>/dev/null || echo 2)
MAKEFLAGS += -j$(NPROC) --no-print-directory
# V=1 shows the commands.
ifdef V
Q :=
else
Q := @
endif

# One build folder per way of building, so that none disturbs another.
ifdef SAN
BUILD ?= build/san
else
BUILD ?= build
endif

FOLDERS := lexer parser sema ir bpfgen probes runtime
FOLDERS += $(patsubst %/,%,$(wildcard $(addsuffix /*/,$(FOLDERS))))
SRC := $(wildcard $(addsuffix /*.c,$(FOLDERS)))
HDR := $(wildcard $(foreach d,$(FOLDERS),$(d)/*.h $(d)/*.def))
OBJ := $(SRC:%.c=$(BUILD)/%.o)
MAIN := $(BUILD)/runtime/main.o
LIB := $(BUILD)/libjiffy.a
UNIT_SRC := $(wildcard tests/unit/*_test.c)
UNIT := $(UNIT_SRC:%.c=$(BUILD)/%)
VM_SRC := $(wildcard tests/vm/*.c)
VM := $(BUILD)/tests/vm/run
FUZZ_SRC := $(filter-out %/mutate.c %/compile.c,$(wildcard tests/fuzz/*.c))
TARGET_SRC := $(wildcard tests/fuzz/targets/*.c)
FUZZ := $(BUILD)/tests/fuzz/run-vm $(BUILD)/tests/fuzz/run-kernel
TARGETS := $(TARGET_SRC:%.c=$(BUILD)/%)

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2
# No tables for unwinding, which nothing reads but debuggers, and these have
# -g. The static one is for images where every page counts: smaller code. In
# the other one, only what compiles is made for speed.
NO_UNWIND := -fno-asynchronous-unwind-tables -fno-unwind-tables
# Room in front of functions and loops: 20 KB, and nothing runs faster for it.
TIGHT := -falign-functions=1 -falign-loops=1 -falign-jumps=1 -falign-labels=1
TIGHT := $(shell $(CC) -Werror $(TIGHT) -c -xc -o /dev/null /dev/null \
	2>/dev/null && echo $(TIGHT))
ifdef STATIC
OPT ?= -Os -flto=auto $(NO_UNWIND)
else
OPT ?= -O2 -g $(TIGHT)
ifndef SAN
$(BUILD)/probes/%.o $(BUILD)/runtime/%.o $(BUILD)/bpfgen/%.o \
	$(BUILD)/sema/cdef/%.o $(BUILD)/sema/kernel/%.o: \
	SMALL := -Os
endif
endif
CFLAGS ?= $(OPT)
ALL_CFLAGS := -std=gnu11 $(CFLAGS) $(WARN) -D_GNU_SOURCE= -MMD -MP
ALL_LDFLAGS := $(LDFLAGS) -Wl,-z,relro,-z,now

ifdef WERROR
ALL_CFLAGS += -Werror
endif
ifdef SAN
ALL_CFLAGS += -O1 -fno-omit-frame-pointer -fsanitize=address,undefined
ALL_LDFLAGS += -fsanitize=address,undefined
else
ALL_CFLAGS += $(HARDEN) $(NO_UNWIND) -ffunction-sections -fdata-sections
ALL_LDFLAGS += -Wl,--gc-sections -Wl,-z,noseparate-code
endif
# Relocations of a position-independent table take 24 bytes each, or a bit
# where the linker and the C library know of that.
RELR := $(shell $(CC) -Wl,--help 2>/dev/null | \
	grep -q pack-relative-relocs && \
	printf '\043include <features.h>\n\043if __GLIBC_PREREQ(2, 36)\nyes\n\043endif' | \
	$(CC) -E -P -xc - 2>/dev/null | grep -qx yes && \
	echo -Wl,-z,pack-relative-relocs)
ifdef STATIC
ALL_LDFLAGS += -static -s -Wl,-T,runtime/static.ld
PC_STATIC := --static
else
ALL_CFLAGS += -fPIE
ALL_LDFLAGS += -pie $(RELR)
endif

# What is left out where its headers are missing (or with NO_OPTIONAL=1), and
# always in the static one: debug information (libdw) and compressed symbols
# (liblzma), loaded at run time when a file needs them; C++ and Rust names
# (libiberty, 90 KB of it).
HAVE = $(shell printf '\#include <%s>\n' $(1) | $(CC) $(2) -E -xc - \
	>/dev/null 2>&1 && echo 1)
IBERTY := -I/usr/include/libiberty
ifeq ($(STATIC)$(NO_OPTIONAL),)
ifeq ($(call HAVE,elfutils/libdw.h),1)
ALL_CFLAGS += -DHAVE_LIBDW
endif
ifeq ($(call HAVE,lzma.h),1)
ALL_CFLAGS += -DHAVE_LZMA
endif
ifeq ($(call HAVE,demangle.h,$(IBERTY)),1)
ALL_CFLAGS += -DHAVE_DEMANGLE
DEMANGLE := -liberty
$(BUILD)/probes/demangle.o: ALL_CFLAGS += $(IBERTY)
endif
endif

LIBS := $(shell $(PKG_CONFIG) $(PC_STATIC) --libs libbpf libelf zlib \
		2>/dev/null || echo -lbpf -lelf -lz) $(DEMANGLE)

all: $(BUILD)/jiffy

$(BUILD)/jiffy: $(OBJ)
	@echo "  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(OBJ) $(LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(SMALL) -c -o $@ $<

# All but main(): what unit tests and the interpreter link with.
$(LIB): $(filter-out $(MAIN),$(OBJ))
	@rm -f $@
	$(Q)ar rcs $@ $^

# Criterion finds its tests in a section that nothing refers to.
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(LIB)
	@echo "  $@"
	$(Q)$(CC) $(filter-out %--gc-sections,$(ALL_LDFLAGS)) -o $@ $< $(LIB) $(LIBS) -lcriterion

# All of jiffy but its way into the kernel (runtime/sys.c, runtime/ring.c).
$(VM): $(VM_SRC:%.c=$(BUILD)/%.o) $(MAIN) $(LIB)
	@echo "  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

# Random scripts against a reference evaluator: in the interpreter, and in
# the kernel.
$(BUILD)/tests/fuzz/run-vm: $(FUZZ_SRC:%.c=$(BUILD)/%.o) \
		$(VM_SRC:%.c=$(BUILD)/%.o) $(LIB)
	@echo "  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

$(BUILD)/tests/fuzz/run-kernel: $(FUZZ_SRC:%.c=$(BUILD)/%.o) $(LIB)
	@echo "  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

# Random bytes: one program for each file of tests/fuzz/targets/.
ifdef LIBFUZZER
MUTATE_FLAGS := -fsanitize=fuzzer -DLIBFUZZER
ALL_CFLAGS += -fsanitize=fuzzer-no-link
endif
$(BUILD)/tests/fuzz/targets/%: $(BUILD)/tests/fuzz/targets/%.o \
		$(BUILD)/tests/fuzz/mutate.o $(BUILD)/tests/fuzz/compile.o $(LIB)
	@echo "  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) $(filter -fsanitize%,$(MUTATE_FLAGS)) -o $@ \
		$(filter %.o,$^) $(LIB) $(LIBS)
$(BUILD)/tests/fuzz/mutate.o: ALL_CFLAGS += $(MUTATE_FLAGS)

$(BUILD)/tests/live/workload: tests/live/workload.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer \
		-fno-optimize-sibling-calls -o $@ $< -pthread

$(BUILD)/tests/bench/measure: tests/bench/measure.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE= -o $@ $<

$(BUILD)/tests/bench/bare: tests/bench/bare.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) -std=gnu11 -Os $(WARN) -D_GNU_SOURCE= -static -s -o $@ $<

# Programs written by hand, beside which `make bench` measures ours: the only
# use of clang's BPF.
$(BUILD)/tests/bench/events: tests/bench/events.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE= -o $@ $< \
		$(shell $(PKG_CONFIG) --libs libbpf 2>/dev/null || echo -lbpf) \
		-lelf -lz

$(BUILD)/tests/bench/events.bpf.o: tests/bench/events.bpf.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)clang -O2 -g -target bpf -Wall \
		-I/usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<

$(BUILD)/tests/faults/inject: tests/faults/inject.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE= -o $@ $<

$(BUILD)/tests/soak/count: tests/soak/count.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) -std=gnu11 -O2 $(WARN) -D_GNU_SOURCE= -o $@ $<

$(BUILD)/tests/bench/passes: $(BUILD)/tests/bench/passes.o \
		$(BUILD)/tests/fuzz/compile.o $(LIB)
	@echo "  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

unit: $(UNIT)
vm: $(VM)
faults: $(BUILD)/tests/faults/inject $(BUILD)/tests/soak/count workload
# Random bytes: make fuzz TARGET=NAME [SECONDS=n] [SEED=n] [KEEP=DIR]; use it
# with SAN=1. TARGET=programs: random programs, compared. With LIBFUZZER=1
# CC=clang it is libFuzzer that makes the bytes.
ifeq ($(TARGET),programs)
fuzz: fuzz-programs
else ifdef TARGET
fuzz: $(BUILD)/tests/fuzz/targets/$(TARGET)
ifdef LIBFUZZER
	@$< -max_total_time=$(or $(SECONDS),60)
else
	@$< --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) \
		--keep $(or $(KEEP),/tmp)
endif
else
fuzz:
	@echo 'make fuzz TARGET=NAME [SECONDS=n] [SEED=n] [SAN=1]; NAME is'
	@echo '  programs $(notdir $(basename $(TARGET_SRC)))'
endif
fuzzers: $(FUZZ) $(TARGETS)
# Random programs: make fuzz-programs [SECONDS=n] [SEED=n]
fuzz-programs: $(FUZZ)
	@for run in $(FUZZ); do \
		$$run --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) \
			|| exit 1; \
	done
# What live tests trace: types, names, symbols and markers of all kinds.
PROGRAMS := tree typed odd marks archive jitted left $(if $(shell command -v $(CXX)),names)
PROGRAMS := $(PROGRAMS:%=$(BUILD)/tests/live/%)
PROGRAM_CFLAGS := -g -O1 -Wall -Wextra -fno-omit-frame-pointer
$(BUILD)/tests/live/typed $(BUILD)/tests/live/odd $(BUILD)/tests/live/archive \
		$(BUILD)/tests/live/jitted \
		$(BUILD)/tests/live/marks $(BUILD)/tests/live/left \
		$(BUILD)/tests/live/tree: \
		$(BUILD)/tests/live/%: \
		tests/live/programs/%.c Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CC) $(PROGRAM_CFLAGS) -std=gnu11 -o $@ $(filter %.c,$^) -pthread
$(BUILD)/tests/live/odd: tests/live/programs/odd_other.c
$(BUILD)/tests/live/names: tests/live/programs/names.cpp Makefile
	@mkdir -p $(@D)
	@echo "  $@"
	$(Q)$(CXX) $(PROGRAM_CFLAGS) -o $@ $<

workload: $(BUILD)/tests/live/workload $(PROGRAMS)
objects: $(OBJ)
test-programs: unit vm workload

static:
	@$(MAKE) STATIC=1 BUILD=$(BUILD)/static all
	@size=$$(stat -c %s $(BUILD)/static/jiffy) && \
	echo "$(BUILD)/static/jiffy: $$size bytes" && \
	test "$$size" -lt 2097152

install: $(BUILD)/jiffy
	install -D -m 755 $(BUILD)/jiffy $(DESTDIR)$(PREFIX)/bin/jiffy
	install -D -m 644 docs/jiffy.8 \
		$(DESTDIR)$(PREFIX)/share/man/man8/jiffy.8
	install -D -m 644 contrib/completion/jiffy.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/jiffy
	install -D -m 644 contrib/completion/_jiffy \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_jiffy
	install -D -m 644 contrib/completion/jiffy.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/jiffy.fish
	install -D -m 644 contrib/vim/syntax/bpftrace.vim \
		$(DESTDIR)$(PREFIX)/share/vim/vimfiles/syntax/bpftrace.vim
	install -D -m 644 contrib/vim/ftdetect/bpftrace.vim \
		$(DESTDIR)$(PREFIX)/share/vim/vimfiles/ftdetect/bpftrace.vim
ifdef BPFTRACE_LINK
	ln -sf jiffy $(DESTDIR)$(PREFIX)/bin/bpftrace
	ln -sf jiffy.8 $(DESTDIR)$(PREFIX)/share/man/man8/bpftrace.8
endif

# A Debian package from a copy of the sources, with what is built already:
# $(BUILD)/deb/jiffy_VERSION_ARCH.deb. Needs dpkg-dev and debhelper.
DEB := $(BUILD)/deb
deb: $(BUILD)/jiffy
	@command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null || \
		{ echo 'apt-get install dpkg-dev debhelper'; exit 1; }
	@rm -rf $(DEB)
	@mkdir -p $(DEB)/jiffy
	@tar -c --exclude=./build --exclude=./.git . | tar -x -C $(DEB)/jiffy
	@cd $(DEB)/jiffy && BUILD=$(abspath $(BUILD)) MAKEFLAGS= \
		dpkg-buildpackage -b -d -us -uc >../log 2>&1 || \
		{ tail -n 30 ../log; exit 1; }
	@rm -rf $(DEB)/jiffy
	@ls $(DEB)/*.deb

# Tests: tests/run says what each kind needs. It calls make for what it
# builds, so that one broken test program does not stop the others.
export BUILD CC SAN PEER PEERS

check:
	@tests/deps check
	@tests/run all
check-fast:
	@tests/run fast
check-kernels:
	@tests/deps kernels
	@RIG_LIMIT=$${RIG_LIMIT:-3600} tests/run kernels
# Which of SCRIPTS="..." (all of examples/) compile for KERNEL_LIST.
check-scripts: $(BUILD)/jiffy
	@tests/kernels/scripts $(SCRIPTS)
check-live:
	@tests/run live
golden: $(BUILD)/jiffy
	@tests/run golden --rewrite
compare:
	@test -n "$(PEER)" || { echo "usage: make compare PEER=PATH"; exit 2; }
	@tests/compare "$(PEER)"
bench:
	@tests/bench/run
# Hours: failing system calls, all of them; load. make soak [DURATION=seconds]
soak:
	@DURATION=$(DURATION) tests/soak/run
bench-events:
	@tests/bench/per_event
lint:
	@tests/lint
fmt:
	clang-format -i $(SRC) $(filter %.h,$(HDR)) $(UNIT_SRC) $(VM_SRC) \
		$(FUZZ_SRC) $(TARGET_SRC) $(wildcard tests/fuzz/*.h) \
		tests/fuzz/mutate.c tests/fuzz/compile.c \
		$(wildcard tests/live/*.c tests/live/programs/*.c \
			tests/bench/*.c tests/faults/*.c tests/soak/*.c)
demo:
	@tests/deps build
	@$(MAKE) $(BUILD)/jiffy $(BUILD)/tests/live/workload
	@tests/demo

clean:
	rm -rf build

help:
	@echo 'all static install deb clean   build (SAN=1: with sanitizers)'
	@echo 'demo                       install packages, build, show'
	@echo 'check check-fast check-live   tests: all, without root, live'
	@echo 'check-scripts              which compile for KERNEL_LIST="6.1 ..."'
	@echo 'golden                     rewrite golden files, then read git diff'
	@echo 'fuzz                       random programs and bytes: targets'
	@echo 'soak                       hours of it: DURATION=seconds of load'
	@echo 'lint fmt                   house rules, clang-format'
	@echo 'bench                      beside bpftrace and PEERS="PATH ..."'
	@echo 'compare PEER=PATH          live tests under two executables'

.PHONY: all unit vm faults fuzz fuzzers fuzz-programs workload objects \
	test-programs static install deb check \
	check-fast check-live check-kernels check-scripts golden compare bench bench-events soak lint fmt demo clean help
.SECONDARY:

-include $(OBJ:.o=.d) $(patsubst %.c,$(BUILD)/%.d,$(UNIT_SRC) $(VM_SRC) \
	$(FUZZ_SRC) $(TARGET_SRC) tests/fuzz/mutate.c tests/fuzz/compile.c)
