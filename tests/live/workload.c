/* SPDX-License-Identifier: MIT */
/*
 * A process whose true counts are known: `workload ACTION N ...` does each
 * action N times, in order, by raw system calls where the C library could
 * add some of its own. Without arguments it lists the actions.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct action {
	const char *name;
	void (*run)(long n);
	const char *doc;
};

int work_fn(int i);
int work_add(int a, int b);
const char *work_str(const char *s);
int work_outer(int i);
int work_middle(int i);

static const char *self;

/* What uprobes are attached to: never inlined, each with a known result. */
__attribute__((noinline)) int
work_fn(int i)
{
	__asm__ volatile("" ::: "memory");
	return i * 2;
}

__attribute__((noinline)) int
work_add(int a, int b)
{
	__asm__ volatile("" ::: "memory");
	return a + b;
}

__attribute__((noinline)) const char *
work_str(const char *s)
{
	__asm__ volatile("" ::: "memory");
	return s + 1;
}

__attribute__((noinline)) int
work_middle(int i)
{
	int r = work_fn(i);

	__asm__ volatile("" ::: "memory");
	return r + 1;
}

__attribute__((noinline)) int
work_outer(int i)
{
	int r = work_middle(i);

	__asm__ volatile("" ::: "memory");
	return r + 1;
}

/* Static markers as <sys/sdt.h> makes them: a nop, and a note that tells where
 * it stands, its semaphore and where its arguments are. */
#define MARK(semaphore, provider, name, args)                                  \
	"990: nop\n"                                                           \
	".pushsection .note.stapsdt, \"\", \"note\"\n"                         \
	".balign 4\n"                                                          \
	".4byte 992f - 991f, 994f - 993f, 3\n"                                 \
	"991: .asciz \"stapsdt\"\n"                                            \
	"992: .balign 4\n"                                                     \
	"993: .8byte 990b, _.stapsdt.base, " semaphore "\n"                    \
	".asciz \"" provider "\", \"" name "\", \"" args "\"\n"                \
	"994: .balign 4\n"                                                     \
	".popsection\n"

__asm__(".pushsection .stapsdt.base, \"aG\", %progbits, .stapsdt.base, comdat\n"
	".weak _.stapsdt.base\n"
	".hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	".size _.stapsdt.base, 1\n"
	".popsection\n");

extern unsigned short mark_semaphore;
__attribute__((section(".probes"))) unsigned short mark_semaphore;

#if defined(__x86_64__)
#define INT_0 "-4@%k0"
#define BYTES_0 "-1@%b0 1@%b0 -2@%w0"
#define INDEXED_0_1 "8@(%0,%1,8) 4@8(%0) 4@(%0,%1)"
#else
#define INT_0 "-4@%w0"
#define BYTES_0 "-1@%w0 1@%w0 -2@%w0"
#define INDEXED_0_1 "8@[%0, %1, lsl 3] 4@[%0, 8] 4@[%0, %1]"
#endif

/* One probe in two places with other arguments, one with a semaphore, one
 * name in two namespaces. */
__attribute__((noinline)) static void
mark(long i)
{
	static const long table[] = { 100, 200, 300, 400 };
	const char *text = "first";

	__asm__ volatile(
		MARK("0", "jiffy", "two__sites", INT_0 " 8@%1")::"r"((int)-i),
		"r"(text));
	text = "second";
	__asm__ volatile(
		MARK("0", "jiffy", "two__sites", "-4@%0 8@%1")::"i"(-7),
		"m"(text));
	__asm__ volatile(MARK("0", "jiffy", "bytes", BYTES_0)::"r"(i + 254));
	__asm__ volatile(MARK("0", "jiffy", "table", INDEXED_0_1)::"r"(table),
			 "r"(i % 4)
			 : "memory");
	__asm__ volatile(MARK("0", "other", "bytes", ""));
	if (mark_semaphore)
		__asm__ volatile(MARK("mark_semaphore", "jiffy", "rare",
				      "8@%0")::"r"(i));
}

static void
do_mark(long n)
{
	for (long i = 0; i < n; i++)
		mark(i);
}

static void
do_openat(long n)
{
	for (long i = 0; i < n; i++) {
		long fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);

		if (fd >= 0)
			syscall(SYS_close, fd);
	}
}

static void
do_missing(long n)
{
	for (long i = 0; i < n; i++)
		syscall(SYS_openat, AT_FDCWD, "/nonexistent/file", O_RDONLY);
}

static void
do_getppid(long n)
{
	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
}

/* A system call and a function by turns, for n ms. */
static void
do_turns(long n)
{
	struct timespec t;
	long end;

	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec * 1000 + t.tv_nsec / 1000000 + n;
	do {
		for (int i = 0; i < 100; i++) {
			syscall(SYS_getppid);
			work_outer(i);
		}
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < end);
}

/* getpid() of the 32-bit ABI, whose number is that of another call here. */
static void
do_compat(long n)
{
	for (long i = 0; i < n; i++) {
#ifdef __x86_64__
		long number = 20;

		__asm__ volatile("int $0x80"
				 : "+a"(number)
				 :
				 : "memory", "r8", "r9", "r10", "r11");
#endif
	}
}

struct pinned {
	long n;
	int cpu;
	void (*run)(long n);
};

static void *
pinned_thread(void *arg)
{
	struct pinned *p = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(p->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	p->run(p->n);
	return NULL;
}

/* Two threads on two CPUs (or one, where there is only one). */
static void
on_two(long n, void (*run)(long n))
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1;
	struct pinned p[2] = { { n, 0, run }, { n, cpus - 1, run } };
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, pinned_thread, &p[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
}

static void
do_threads(long n)
{
	on_two(n, do_getppid);
}

/* At a pace: what is due is done each millisecond; who is late catches up. */
static void
paced(long n)
{
	const char *text = getenv("RATE");
	long rate = text ? strtol(text, NULL, 0) / 2 : 1000;
	struct timespec t;
	long start = 0, done = 0, us, due;

	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		us = t.tv_sec * 1000000 + t.tv_nsec / 1000;
		start = start ? start : us;
		due = (us - start) / 1000 * rate / 1000;
		for (; done < due && done < n; done++)
			syscall(SYS_getppid);
		if (done == n)
			return;
		t.tv_nsec += 1000000;
		t.tv_sec += t.tv_nsec / 1000000000;
		t.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	}
}

static void
do_paced(long n)
{
	on_two(n, paced);
}

static void
do_fork(long n)
{
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i & 0x7f);
		waitpid(pid, NULL, 0);
	}
}

static void
do_exec(long n)
{
	/* On the stack: a child's file pages are not mapped yet. */
	char path[256], word[] = "getppid", one[] = "1";

	snprintf(path, sizeof(path), "%s", self);
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(path, path, word, one, NULL);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
	}
}

static void
do_fault(long n)
{
	long page = sysconf(_SC_PAGESIZE);
	volatile char *p = mmap(NULL, n * page, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	madvise((void *)p, n * page, MADV_NOHUGEPAGE);
	for (long i = 0; i < n; i++)
		p[i * page] = 1;
	munmap((void *)p, n * page);
}

static void
do_sleep(long n)
{
	struct timespec ms = { 0, 1000000 };

	for (long i = 0; i < n; i++)
		syscall(SYS_nanosleep, &ms, NULL);
}

static void
do_rename(long n)
{
	char name[16];

	for (long i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "worker-%ld", i % 1000);
		prctl(PR_SET_NAME, name);
	}
	prctl(PR_SET_NAME, "workload");
}

static void
do_call(long n)
{
	for (long i = 0; i < n; i++)
		work_fn(i);
}

static void
do_add(long n)
{
	for (long i = 0; i < n; i++)
		work_add(i, -1);
}

static void
do_text(long n)
{
	char *text = malloc((size_t)n + 1);

	if (!text)
		return;
	for (long i = 0; i < n; i++)
		text[i] = (char)('a' + i % 26);
	text[n] = '\0';
	for (int i = 0; i < 100; i++)
		work_str(text);
	free(text);
}

static void
do_str(long n)
{
	char text[32];

	for (long i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "hello-%ld", i);
		work_str(text);
	}
}

static void
do_deep(long n)
{
	for (long i = 0; i < n; i++)
		work_outer(i);
}

/* Reads of 1, 2, ... N bytes. */
static void
do_read(long n)
{
	char *buf = malloc(n + 1);
	long fd = syscall(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY);

	for (long i = 1; i <= n; i++)
		syscall(SYS_read, fd, buf, i);
	syscall(SYS_close, fd);
	free(buf);
}

static void
ignore(int sig)
{
	(void)sig;
}

static void
do_signal(long n)
{
	signal(SIGUSR1, ignore);
	for (long i = 0; i < n; i++)
		syscall(SYS_kill, getpid(), SIGUSR1);
}

/* CPU time: a busy machine must not make the burning shorter. */
static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
do_spin(long n)
{
	long end = now_ms() + n;

	while (now_ms() < end)
		for (int i = 0; i < 100000; i++)
			work_fn(i);
}

static void
do_idle(long n)
{
	struct timespec t = { n / 1000, n % 1000 * 1000000 };

	syscall(SYS_nanosleep, &t, NULL);
}

/* Held until a byte (or the end) comes on the standard input. */
static void
do_wait(long n)
{
	char c;

	(void)n;
	if (read(0, &c, 1) < 0)
		exit(1);
}

/* Connections to a listener of our own on the loopback interface. */
static void
connect_to(const struct sockaddr *to, socklen_t size, long n)
{
	int server = socket(to->sa_family, SOCK_STREAM, 0);
	struct sockaddr_storage at;

	if (bind(server, to, size) || listen(server, 16) ||
	    getsockname(server, (struct sockaddr *)&at, &size))
		return;
	for (long i = 0; i < n; i++) {
		int fd = socket(to->sa_family, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&at, size) == 0)
			close(accept(server, NULL, NULL));
		close(fd);
	}
	close(server);
}

static void
do_connect(long n)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connect_to((struct sockaddr *)&to, sizeof(to), n);
}

static void
do_connect6(long n)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	connect_to((struct sockaddr *)&to, sizeof(to), n);
}

/* A connection of each family to a port where nobody listens: it is bound,
 * so that nobody else gets it meanwhile. */
static void
refused(const struct sockaddr *to, socklen_t size)
{
	int taken = socket(to->sa_family, SOCK_STREAM, 0);
	int fd = socket(to->sa_family, SOCK_STREAM, 0);
	struct sockaddr_storage at;

	if (bind(taken, to, size) == 0 &&
	    getsockname(taken, (struct sockaddr *)&at, &size) == 0 &&
	    connect(fd, (struct sockaddr *)&at, size) == 0)
		abort();
	close(fd);
	close(taken);
}

static void
do_refused(long n)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (long i = 0; i < n; i++) {
		refused((struct sockaddr *)&to, sizeof(to));
		refused((struct sockaddr *)&to6, sizeof(to6));
	}
}

/* The second connection finds the listener's queue full: it asks again after
 * a second, and is given up then. */
static void
do_backlog(long n)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int server, fd[2];

	for (long i = 0; i < n; i++) {
		server = socket(AF_INET, SOCK_STREAM, 0);
		at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		at.sin_port = 0;
		if (bind(server, (struct sockaddr *)&at, size) ||
		    listen(server, 0) ||
		    getsockname(server, (struct sockaddr *)&at, &size))
			return;
		for (int k = 0; k < 2; k++) {
			fd[k] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
			connect(fd[k], (struct sockaddr *)&at, size);
			usleep(k ? 1500000 : 1000);
		}
		close(fd[0]);
		close(fd[1]);
		close(server);
	}
}

/* Port 9 throws away what it gets; here nothing is sent at all. */
static void
do_udp(long n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(9),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (long i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);
		int fd6 = socket(AF_INET6, SOCK_DGRAM, 0);

		connect(fd, (struct sockaddr *)&to, sizeof(to));
		connect(fd6, (struct sockaddr *)&to6, sizeof(to6));
		close(fd);
		close(fd6);
	}
}

/* The first message is read in two parts. */
static void
do_unix(long n)
{
	char text[32], got[32];
	int fd[2], len;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return;
	for (long i = 0; i < n; i++) {
		len = snprintf(text, sizeof(text), "hello-%ld\n", i);
		if (write(fd[0], text, len) != len ||
		    (i == 0 && read(fd[1], got, 2) != 2) ||
		    read(fd[1], got, sizeof(got)) <= 0)
			abort();
	}
	close(fd[0]);
	close(fd[1]);
}

/* A new file in the folder for such files, of a name that tells its use. */
static int
new_file(char *path, size_t size, const char *use, long i, int flags)
{
	const char *dir = getenv("TMPDIR");

	snprintf(path, size, "%s/jiffy-%s-%d-%ld", dir ? dir : "/tmp", use,
		 (int)getpid(), i);
	return syscall(SYS_openat, AT_FDCWD, path,
		       O_CREAT | O_EXCL | O_RDWR | flags, 0600);
}

static void
do_file(long n)
{
	char path[256];

	for (long i = 0; i < n; i++) {
		int fd = new_file(path, sizeof(path), "file", i, 0);

		if (fd < 0 || write(fd, path, 100) != 100 || fsync(fd))
			abort();
		close(fd);
		unlink(path);
	}
}

/* Each block goes to the disk at once, and comes from there. */
static void
do_direct(long n)
{
	static char block[8192] __attribute__((aligned(4096)));
	char path[256];
	int fd = new_file(path, sizeof(path), "direct", 0, O_DIRECT);

	for (long i = 0; fd >= 0 && i < n; i++)
		if (pwrite(fd, block, 8192, i * 8192) != 8192 ||
		    pread(fd, block, 8192, i * 8192) != 8192)
			abort();
	close(fd);
	unlink(path);
}

/* N pages that go out and come in again, where there is a swap device. */
static void
do_swap(long n)
{
	long page = sysconf(_SC_PAGESIZE);
	volatile char *p = mmap(NULL, n * page, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	madvise((void *)p, n * page, MADV_NOHUGEPAGE);
	for (long i = 0; i < n; i++)
		p[i * page] = i + 1;
	madvise((void *)p, n * page, MADV_PAGEOUT);
	for (long i = 0; i < n; i++)
		if (p[i * page] != (char)(i + 1))
			abort();
	munmap((void *)p, n * page);
}

static void
do_stat(long n)
{
	struct stat st;

	for (long i = 0; i < n; i++) {
		stat("/dev/null", &st);
		lstat("/nonexistent/stat", &st);
	}
}

static void
do_setuid(long n)
{
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			syscall(SYS_setresuid, -1, 65534, -1);
			syscall(SYS_setuid, 65533); /* not allowed any more */
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* One that succeeds and one that cannot: no process has such a number. */
static void
do_kill(long n)
{
	for (long i = 0; i < n; i++) {
		syscall(SYS_kill, getpid(), 0);
		syscall(SYS_kill, 0x3fffffff, SIGUSR2);
		syscall(SYS_tgkill, getpid(), getpid(), SIGCHLD);
	}
}

static void
do_crash(long n)
{
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			signal(SIGTERM, SIG_DFL);
			kill(getpid(), SIGTERM);
			pause();
		}
		waitpid(pid, NULL, 0);
	}
}

static void
do_resolve(long n)
{
	struct addrinfo *found;

	for (long i = 0; i < n; i++)
		if (getaddrinfo("127.0.0.1", "9", NULL, &found) == 0)
			freeaddrinfo(found);
}

/* A word at a known address, read and written once each. */
static void
do_watch(long n)
{
	volatile long *word =
		mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	for (long i = 0; word != MAP_FAILED && i < n; i++) {
		long now = *word;

		/* Not one instruction for both: that is one access. */
		__asm__ volatile("" : "+r"(now));
		*word = now + 1;
	}
}

/* A call from one of two places for every bit of i: its own stack each. */
__attribute__((noinline)) static int
branch(long i, int bits)
{
	int r;

	if (!bits)
		return work_fn((int)i);
	if (i & 1)
		r = branch(i >> 1, bits - 1) + 1;
	else
		r = branch(i >> 1, bits - 1) - 1;
	__asm__ volatile("" : "+r"(r));
	return r;
}

static void
do_stacks(long n)
{
	for (long i = 0; i < n; i++)
		branch(i, 16);
}

/* A service manager's end of NOTIFY_SOCKET: prints N messages. */
static void
do_notified(long n)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[100];

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path ? path : "");
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		perror("bind");
	alarm(10);
	for (long i = 0; i < n; i++) {
		ssize_t got = recv(fd, text, sizeof(text), 0);

		printf("%.*s\n", (int)(got > 0 ? got : 0), text);
	}
	close(fd);
}

static const struct action actions[] = {
	{ "openat", do_openat, "open and close /dev/null" },
	{ "missing", do_missing, "open /nonexistent/file, in vain" },
	{ "getppid", do_getppid, "getppid()" },
	{ "turns", do_turns, "N ms of getppid() and work_outer() by turns" },
	{ "compat", do_compat, "getpid() of the 32-bit ABI" },
	{ "threads", do_threads, "getppid() in each of two pinned threads" },
	{ "paced", do_paced, "the same, RATE a second (environment)" },
	{ "fork", do_fork, "child that exits with 0, 1, 2 ..." },
	{ "exec", do_exec, "child that executes this program" },
	{ "fault", do_fault, "touch a fresh page" },
	{ "sleep", do_sleep, "nanosleep() of a millisecond" },
	{ "rename", do_rename, "take the name worker-0, worker-1 ..." },
	{ "call", do_call, "work_fn(0), work_fn(1) ..." },
	{ "add", do_add, "work_add(i, -1)" },
	{ "str", do_str, "work_str(\"hello-0\") ..." },
	{ "text", do_text, "work_str() of N letters, 100 times" },
	{ "mark", do_mark, "pass the static markers of jiffy and other" },
	{ "deep", do_deep, "work_outer -> work_middle -> work_fn" },
	{ "read", do_read, "read 1, 2 ... N bytes" },
	{ "signal", do_signal, "SIGUSR1 to itself" },
	{ "spin", do_spin, "burn N ms of CPU time in work_fn" },
	{ "idle", do_idle, "sleep N ms at a stretch" },
	{ "wait", do_wait, "until a byte comes on stdin" },
	{ "connect", do_connect, "TCP connection to itself by IPv4" },
	{ "connect6", do_connect6, "the same by IPv6" },
	{ "refused", do_refused, "TCP connection that is refused, IPv4 and 6" },
	{ "backlog", do_backlog, "TCP connection that is asked for twice" },
	{ "udp", do_udp, "connected UDP socket, IPv4 and IPv6" },
	{ "unix", do_unix, "hello-N over a Unix socket, hello-0 in two parts" },
	{ "file", do_file, "make, write, synchronize and delete a file" },
	{ "direct", do_direct, "write and read 8 KB past the page cache" },
	{ "swap", do_swap, "write a page, let it go out, read it" },
	{ "stat", do_stat, "stat() of a file, lstat() of none" },
	{ "setuid", do_setuid, "child that changes its user, then fails to" },
	{ "kill", do_kill, "signal 0 to itself, 12 to nobody, 17 to itself" },
	{ "crash", do_crash, "child that a signal ends" },
	{ "resolve", do_resolve, "look up 127.0.0.1 in the C library" },
	{ "stacks", do_stacks, "work_fn() with a stack of its own each time" },
	{ "notified", do_notified, "hear what comes by NOTIFY_SOCKET" },
	{ "watch", do_watch, "read and write the word at 0x10000000" },
};

static const struct action *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	self = argv[0];
	for (size_t i = 0; argc == 1 && i < sizeof(actions) / sizeof(*actions);
	     i++)
		printf("%-8s N  %s\n", actions[i].name, actions[i].doc);
	for (int i = 1; i + 1 < argc; i += 2) {
		const struct action *a = find(argv[i]);

		if (!a) {
			fprintf(stderr, "workload: no action '%s'\n", argv[i]);
			return 2;
		}
		a->run(strtol(argv[i + 1], NULL, 0));
	}
	return 0;
}
