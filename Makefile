# ccmon: one Makefile, no recursion, no configure step.
#
#   make                  the programs: build/ccmond, build/ccmon-collector ...
#   make check            floors, docs, unit tests, fuzz corpora
#   make check V=asan     the same under AddressSanitizer + UBSan, in build/asan
#   make check-it         pytest against a real redis-server and pyzmq; with SANDBOX=1
#                         under the system call filters of the systemd units
#   make fuzz             libFuzzer, T=60 seconds a target (clang)
#   make cov              line and branch coverage of the engine and the alerts
#   make torture          everything dies, again and again, and nothing is lost; ROWS="daemon redis" ROUNDS= SEED= JOBS=
#   make bench            the table of figures in CHANGES.md, on this machine
#   make bench-alerts     how often the rules page for nothing, how soon for something; RULES=ccmon.cfg
#   make install DESTDIR= PREFIX=/usr/local, make uninstall
#   make deb              a Debian package, from a clean copy of what is committed
#   make analyze          gcc -fanalyzer, clang-tidy with the static analyzer, cppcheck; -k -j2
#   make lint format lines clean
#
# V= plain (default), asan, cov, fuzz.  CFLAGS, LDFLAGS, CC, CXX, DESTDIR, PREFIX as usual.
# VERBOSE=1 shows the commands.

V      ?= plain
B      := $(if $(filter plain,$(V)),build,build/$(V))
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(LIBDIR)/systemd/system
CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || cat VERSION 2>/dev/null || echo unknown)

PKGS := libevent_core libevent_extra libzmq hiredis libconfig lmdb simdjson nettle
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
ifneq ($(shell pkg-config --exists $(PKGS) && echo yes),yes)
$(error cannot find all of: $(PKGS); run "sh test.sh" or "sh demo.sh", which install them)
endif
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lcctz -lm

FLAGS_plain :=
FLAGS_asan  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cov   := --coverage -O0
# An array of nothing is NULL and 0 long here; clang minds the sum of the two.
FLAGS_fuzz  := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize=pointer-overflow -fno-sanitize-recover=all
WARN := -Wall -Wextra -Wshadow -Wwrite-strings -Wpointer-arith -Wvla -Wformat=2
CWARN := $(WARN) -Wstrict-prototypes -Wmissing-prototypes
override CPPFLAGS += -Iinclude -I. -D_GNU_SOURCE -DCCMON_VERSION='"$(VERSION)"' -DCCMON_SYSCONFDIR='"$(SYSCONFDIR)"' -MMD -MP $(PKG_CFLAGS)
override CFLAGS   += -std=c11 $(CWARN) $(if $(CI),-Werror) $(FLAGS_$(V))
override CXXFLAGS += -std=c++17 $(WARN) $(if $(CI),-Werror) -fno-exceptions $(FLAGS_$(V))
override LDFLAGS  += $(FLAGS_$(V)) -Wl,--as-needed

# ---- what is made of what: a folder is a unit, a program is a list of units
obj       = $(patsubst %.c,$(B)/obj/%.o,$(filter %.c,$(1))) $(patsubst %.cc,$(B)/obj/%.o,$(filter %.cc,$(1)))
LIB      := $(call obj,$(wildcard lib/*.c lib/redis/*.c lib/*.cc))
LIB_PURE := $(filter %/event.o %/wire.o %/crc32c.o %/siphash.o %/redact.o %/out.o %/day.o %/calendar.o %/calendar_text.o %/condition.o %/rules.o %/site.o %/json.o %/zone.o %/missing.o %/replay.o %/http_host.o %/route.o,$(LIB))
ENGINE   := $(call obj,$(wildcard daemon/engine/*.c))
ALERTS   := $(call obj,$(wildcard daemon/alerts/*.c) daemon/page.c daemon/vitals.c daemon/notice.c)
DIALECTS := $(call obj,$(wildcard collectors/dialects/*.c collectors/dialects/*/*.c))
DAEMON   := $(call obj,$(wildcard daemon/*.c))
HOOKS    := $(call obj,$(wildcard daemon/hooks/*.c))
HOOKS_PURE := $(filter %/frame.o %/lanes.o,$(HOOKS))
COLLECTOR := $(call obj,$(wildcard collectors/*.c collectors/journal/*.c collectors/inputs/*.c))
MAIL     := $(call obj,$(wildcard collectors/mail/*.c))
MEMOS    := $(call obj,collectors/memos.c collectors/gaps.c collectors/inputs/stanza.c)
CTL      := $(call obj,$(wildcard ctl/*.c ctl/doctor/*.c ctl/top/*.c))
TOP      := $(filter-out %/reader.o %/term.o %/top.o %/watch.o,$(filter $(B)/obj/ctl/top/%,$(CTL)))
FEED     := $(call obj,$(wildcard ctl/feed/*.c))
SIM      := $(call obj,$(wildcard ctl/feed/sim*.c ctl/feed/draw.c ctl/feed/encode.c))
MERGE    := $(call obj,daemon/merge.c daemon/lease.c daemon/found.c)
GIVEN    := $(call obj,ctl/given.c ctl/doctor/logrotate.c)
METRICS  := $(call obj,$(wildcard wallboard/metrics*.c))
WALLBOARD := $(call obj,$(wildcard wallboard/*.c))
WALLBOARD_PURE := $(METRICS) $(filter %/picture.o %/walk.o %/roster.o %/past.o,$(WALLBOARD))
PAGES    := $(B)/obj/wallboard/pages.o
PURE     := $(ENGINE) $(ALERTS) $(MERGE) $(GIVEN) $(DIALECTS) $(MAIL) $(MEMOS) $(SIM) $(HOOKS_PURE) $(WALLBOARD_PURE) $(TOP) $(LIB_PURE)

PROGS := $(addprefix $(B)/,$(if $(DAEMON),ccmond) $(if $(COLLECTOR),ccmon-collector) $(if $(CTL),ccmonctl) $(if $(FEED),ccmon-feed) $(if $(WALLBOARD),ccmon-wallboard))
# test_*.c see pure objects only: an impure call in them does not link.
# io_*.c may use everything but the programs' main.
TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c tests/unit/io_*.c))
FUZZ  := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

all: $(PROGS)
$(B)/ccmond:          $(DAEMON) $(HOOKS) $(ALERTS) $(ENGINE) $(LIB)
$(B)/ccmon-collector: $(COLLECTOR) $(DIALECTS) $(MAIL) $(LIB)
$(B)/ccmonctl:        $(CTL) $(filter %/stanza.o,$(COLLECTOR)) $(filter %/check.o,$(HOOKS)) $(DIALECTS) $(ALERTS) $(ENGINE) $(LIB)
$(B)/ccmon-feed:      $(FEED) $(DIALECTS) $(LIB)
$(B)/ccmon-wallboard: $(WALLBOARD) $(PAGES) $(LIB)

# ---- how
ifneq ($(VERBOSE),1)
Q = @printf '  %s\t%s\n' $(1) $(@:$(B)/%=%);
endif
$(PROGS):
	$(call Q,LD)$(CXX) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS)
# In the engine each comparison told to the fuzzer took half of an input's time, and leads
# it nowhere: its inputs are dice.
$(B)/obj/daemon/engine/%.o: override CFLAGS += $(if $(filter fuzz,$(V)),-fno-sanitize-coverage=trace-cmp)
$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call Q,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(B)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(call Q,CXX)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<
$(B)/tests/test_%: $(B)/obj/tests/unit/test_%.o $(PURE)
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) -o $@ $^ -lcmocka -ljansson -lsimdjson -lcctz
$(B)/tests/io_%: $(B)/obj/tests/unit/io_%.o $(PURE) $(LIB) $(filter-out %/main.o,$(COLLECTOR) $(DAEMON)) $(HOOKS)
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) -o $@ $(sort $^) -lcmocka -ljansson $(LIBS)
# the n-th of these fails: tests/unit/failing.h
WRAP := malloc calloc realloc strdup strndup
WRAP_LMDB := $(addprefix mdb_,env_create env_open dbi_open txn_begin txn_commit cursor_open put del)
$(B)/tests/test_failing: override LDFLAGS += $(WRAP:%=-Wl,--wrap=%)
$(B)/tests/io_failing: override LDFLAGS += $(WRAP:%=-Wl,--wrap=%) $(WRAP_LMDB:%=-Wl,--wrap=%)
# these bring their own dialect: tests/unit/switch_kit.h
$(B)/tests/io_ami $(B)/tests/io_esl: override LDFLAGS += -Wl,--wrap=dialect_find
# its time is its own
$(B)/tests/io_intake: override LDFLAGS += -Wl,--wrap=clock_wall
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(if $(filter fuzz,$(V)),,$(B)/obj/tests/fuzz/replay_main.o) $(PURE)
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) $(if $(filter fuzz,$(V)),-fsanitize=fuzzer) -o $@ $^ -ljansson -lsimdjson -lcctz
$(B)/fuzz/fuzz_io_%: $(B)/obj/tests/fuzz/fuzz_io_%.o $(if $(filter fuzz,$(V)),,$(B)/obj/tests/fuzz/replay_main.o) $(PURE) $(LIB) $(filter-out %/main.o,$(COLLECTOR)) $(HOOKS)
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) $(if $(filter fuzz,$(V)),-fsanitize=fuzzer) -o $@ $(sort $^) -ljansson $(LIBS)
$(B)/bench/bench_engine: $(PURE)
$(B)/bench/bench_alerts: $(call obj,$(wildcard tests/bench/alerts/*.c) ctl/trial.c) $(PURE) $(LIB)
$(B)/bench/bench_journal: $(filter-out %/main.o,$(COLLECTOR)) $(DIALECTS) $(MAIL) $(LIB)
$(B)/bench/%: $(B)/obj/tests/bench/%.o
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/engine_driver: $(B)/obj/tests/it/engine_driver.o $(PURE)
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) -o $@ $^ -lsimdjson -lcctz
$(B)/tests/mail_driver: $(B)/obj/tests/it/mail_driver.o $(MAIL) $(MEMOS) $(LIB_PURE)
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) -o $@ $^ -lsimdjson -lcctz
$(B)/tests/journal_writer $(B)/tests/memo_writer: $(B)/tests/%: $(B)/obj/tests/it/%.o $(filter-out %/main.o,$(COLLECTOR)) $(DIALECTS) $(MAIL) $(LIB)
	@mkdir -p $(@D)
	$(call Q,LD)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

# Who knows where the configuration is, is made anew when that changes.
$(call obj,$(shell grep -l SETTINGS_PATH daemon/*.c collectors/*.c ctl/*.c wallboard/*.c)): $(B)/sysconfdir
$(B)/sysconfdir: FORCE
	@mkdir -p $(@D)
	@echo '$(SYSCONFDIR)' | cmp -s - $@ || echo '$(SYSCONFDIR)' >$@
FORCE:

# ---- the page of the wall-board: every file of it, in the program
$(B)/obj/wallboard/pages.o: $(B)/obj/wallboard/pages.c $(shell find wallboard/page -type f)
	$(call Q,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(B)/obj/wallboard/pages.c: FORCE
	@mkdir -p $(@D)
	@sh scripts/pages.sh wallboard/page >$@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

# ---- the units, with the paths of this installation
UNITS := $(patsubst systemd/%.in,$(B)/systemd/%,$(foreach p,$(PROGS),$(wildcard systemd/$(notdir $(p))@.service.in)))
$(B)/systemd/%: systemd/%.in FORCE
	@mkdir -p $(@D)
	@sed -e 's,@SBINDIR@,$(PREFIX)/sbin,g' -e 's,@SYSCONFDIR@,$(SYSCONFDIR),g' $< >$@
SHARED := etc/redis.acl etc/redis.conf.example scripts/redis-acl.sh systemd/ipc-only.conf systemd/switch-log.conf
# A program runs as under its unit, as far as system calls go.
$(B)/tests/loader: $(call obj,$(wildcard tests/sandbox/*.c))
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(LDFLAGS) -o $@ $^
$(B)/obj/tests/sandbox/syscalls.o: CPPFLAGS += -I$(B)/obj/tests/sandbox
$(B)/obj/tests/sandbox/syscalls.o: $(B)/obj/tests/sandbox/syscalls.inc
$(B)/obj/tests/sandbox/syscalls.inc:
	@mkdir -p $(@D)
	@echo '#include <sys/syscall.h>' | $(CC) -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/{ "\1", __NR_\1 },/p' >$@

# ---- proof
check: check-unit $(if $(filter plain,$(V)),floors docs)
check-unit: $(PROGS) $(TESTS) $(FUZZ)
	@sh tests/run.sh $(B) $(notdir $(TESTS))
floors: $(PROGS)
	@sh tests/floors.sh $(B)/obj
docs:
	@sh tests/docs.sh
check-it: $(PROGS) $(B)/tests/engine_driver $(B)/tests/mail_driver $(B)/tests/journal_writer $(B)/tests/memo_writer $(B)/tests/loader $(B)/tests/story_clock.so $(UNITS)
	CCMON_BUILD=$(B) $(if $(SANDBOX),CCMON_SANDBOX=1) /usr/bin/python3 -m pytest -q -n $(or $(JOBS),4) $(PYTEST) tests/it
define PRELOADED
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) -std=c11 $(CWARN) -D_GNU_SOURCE -O2 -fPIC -shared -o $@ $<
endef
$(B)/tests/%.so: tests/torture/%.c
	$(PRELOADED)
$(B)/tests/%.so: tests/it/%.c
	$(PRELOADED)
torture: $(PROGS) $(B)/tests/journal_writer $(B)/tests/powercut.so $(B)/tests/crashat.so
	CCMON_BUILD=$(B) /usr/bin/python3 tests/torture/torture.py $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) $(SHORT) $(ROWS)
fuzz:
	$(MAKE) CC=clang CXX=clang++ V=fuzz fuzz-run
fuzz-run: $(FUZZ)
	@set -e; for f in $(FUZZ); do n=$${f##*/fuzz_}; mkdir -p $(B)/corpus/$$n; \
		TMPDIR=$(or $(wildcard /dev/shm),/tmp) $$f -entropic=0 -max_total_time=$(or $(T),60) $(B)/corpus/$$n tests/fuzz/corpus/$$n; done
GCOVR = @gcovr --root . --object-directory build/cov/obj --exclude-throw-branches --exclude-unreachable-branches \
	--exclude-lines-by-pattern '.*\bassert\(.*' --print-summary build/cov/obj
cov:
	$(MAKE) V=cov check
	@echo 'the engine:'
	$(GCOVR) --txt build/cov/engine.txt --filter daemon/engine/
	@echo 'the alerts, and what is pure of the pages and the hooks:'
	$(GCOVR) --txt build/cov/alerts.txt --filter daemon/alerts/ --filter 'daemon/(page|notice|vitals)\.c' --filter 'daemon/hooks/(lanes|frame)\.c'
bench: $(PROGS) $(BENCH)
	sh tests/bench/bench.sh $(B) $(PARTS)
bench-alerts: $(B)/bench/bench_alerts
	@sh tests/bench/bench.sh $(B) alerts $(RULES)
lint:
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr -Iinclude -I. --error-exitcode=1 lib collectors daemon ctl wallboard
	shellcheck -x -s sh *.sh .ci/run etc/hooks/* etc/kiosk/ccmon-kiosk examples/*.sh scripts/*.sh scripts/demo/*.sh tests/*.sh tests/bench/*.sh
# What each of them sees of each file; a file that says nothing is not shown.  clang-tidy
# brings what scan-build runs.  gcc 12 does not follow memory into what keeps it, through a
# table or a pointer to a pointer: leaks are LeakSanitizer's (V=asan), also with no memory.
ANALYZED := $(wildcard lib/*.c lib/*/*.c daemon/*.c daemon/*/*.c collectors/*.c collectors/*/*.c collectors/*/*/*.c ctl/*.c ctl/*/*.c wallboard/*.c)
ANALYZED_FLAGS = $(filter-out -MMD -MP,$(CPPFLAGS)) -std=c11
analyze: $(ANALYZED:%=analyze-gcc/%) $(ANALYZED:%=analyze-tidy/%) analyze-cppcheck
	@echo 'gcc -fanalyzer, clang-tidy (with the static analyzer), cppcheck: nothing in $(words $(ANALYZED)) files'
analyze-gcc/%: FORCE
	@gcc $(ANALYZED_FLAGS) -O1 -fanalyzer -Wno-analyzer-malloc-leak $(KNOWN) -Werror -S -o /dev/null $*
analyze-tidy/%: FORCE
	@clang-tidy --quiet $(UNSEEN:%=--checks=-%) $* -- $(ANALYZED_FLAGS) 2>/dev/null
analyze-cppcheck:
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr -Iinclude -I. --error-exitcode=1 $(ANALYZED)
# Each was out of its list before it was freed: the macro writes through a pointer back.
analyze-gcc/lib/zev.c: KNOWN = -Wno-analyzer-use-after-free
analyze-tidy/daemon/streams.c analyze-tidy/daemon/hooks/post.c: UNSEEN = clang-analyzer-unix.Malloc
# snprintf writes into its array and nowhere else; realloc keeps what was there.
analyze-tidy/daemon/main.c: UNSEEN = clang-analyzer-core.NullDereference
analyze-tidy/lib/calendar_text.c: UNSEEN = clang-analyzer-core.UndefinedBinaryOperatorResult
# calloc ended the list of texts.
analyze-gcc/lib/option.c: KNOWN = -Wno-analyzer-use-of-uninitialized-value
format:
	clang-format --dry-run -Werror $$(git ls-files '*.c' ':!examples') # those are fifteen lines
lines:
	@git ls-files '*.c' | xargs ctags --fields=+ne --c-kinds=f -f - | awk -F'\t' '{l=e=0; for(i=4;i<=NF;i++){if($$i~/^line:/)l=substr($$i,6);if($$i~/^end:/)e=substr($$i,5)} print e-l+1, $$1, $$2}' | sort -n | \
		awk '{n[NR]=$$1; f[NR]=$$0} END {printf "%d functions, median %d lines, p90 %d, longest %s\n", NR, n[int((NR+1)/2)], n[int(NR*.9)], f[NR]}'
install: all $(UNITS)
	install -D -t $(DESTDIR)$(PREFIX)/sbin $(filter-out %/ccmonctl %/ccmon-feed,$(PROGS))
	install -D -t $(DESTDIR)$(PREFIX)/bin $(filter %/ccmonctl %/ccmon-feed,$(PROGS))
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 doc/*.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 doc/*.5
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 doc/*.7
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 doc/*.8
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) $(UNITS)
	install -D -m 644 -t $(DESTDIR)$(LIBDIR)/sysusers.d systemd/sysusers.d/ccmon.conf
	install -D -m 644 -t $(DESTDIR)$(LIBDIR)/tmpfiles.d systemd/tmpfiles.d/ccmon.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/ccmon $(SHARED)
	chmod 755 $(DESTDIR)$(PREFIX)/share/ccmon/redis-acl.sh
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/ccmon/grafana etc/grafana/*
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/ccmon/kiosk etc/kiosk/*
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/ccmon/examples examples/*
	install -d -m 700 $(DESTDIR)$(SYSCONFDIR)/ccmon/credentials
	test -e $(DESTDIR)$(SYSCONFDIR)/ccmon/ccmon.cfg || install -D -m 644 etc/ccmon.cfg $(DESTDIR)$(SYSCONFDIR)/ccmon/ccmon.cfg
	@for f in etc/hooks/*; do to=$(DESTDIR)$(SYSCONFDIR)/ccmon/hooks/$${f##*/}; \
		if [ ! -e "$$to" ]; then install -v -D -m 755 "$$f" "$$to" || exit 1; \
		elif ! cmp -s "$$f" "$$to"; then echo "kept $$to, which is not $$f"; fi; done
# What somebody may have changed stays: the configuration, the hooks, the secrets.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/sbin/,$(notdir $(PROGS))) $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(notdir $(PROGS)))
	rm -f $(foreach n,1 5 7 8,$(addprefix $(DESTDIR)$(PREFIX)/share/man/man$(n)/,$(notdir $(wildcard doc/*.$(n)))))
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS)))
	rm -f $(DESTDIR)$(LIBDIR)/sysusers.d/ccmon.conf $(DESTDIR)$(LIBDIR)/tmpfiles.d/ccmon.conf
	rm -rf $(DESTDIR)$(PREFIX)/share/ccmon $(DESTDIR)$(PREFIX)/share/doc/ccmon/examples
deb:
	sh scripts/deb.sh
clean:
	rm -rf build
help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -20
.PHONY: all check check-unit floors docs check-it torture fuzz fuzz-run cov bench bench-alerts lint analyze analyze-cppcheck format lines install uninstall deb clean help FORCE
.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
