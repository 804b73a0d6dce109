# A thin door to CMake. `make run` and `make test` do everything on a fresh Debian 12 with git and make.
BUILD  ?= build
PREFIX ?= /usr/local
ROWS   ?=
JOBS   := $(shell nproc 2>/dev/null || echo 2)

.PHONY: help deps configure build run test bench asan tsan debug install clean format fuzz

help:
	@echo "make run      install what is missing, build, simulate a shop, run Marram on it"
	@echo "make test     install what is missing, build, run every test"
	@echo "make build    leave the program at build/marram"
	@echo "make bench    measure against DuckDB and bare database loops (ROWS=1000000, EVENTS=1000000 for other sizes)"
	@echo "make asan     the tests under address and undefined-behaviour sanitizers (make tsan: threads)"
	@echo "make fuzz     a bounded libFuzzer run over the readers"
	@echo "make install  install below PREFIX=$(PREFIX)"

deps:
	@tools/deps

configure: deps
	@mkdir -p $(BUILD) && { cmake --preset release -B $(BUILD) >$(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }; }

build: configure
	@cmake --build $(BUILD) -j $(JOBS)

# The program alone: who only wants to see it need not wait for the tests to be built.
run: configure
	@cmake --build $(BUILD) -j $(JOBS) --target marram
	@tools/demo $(BUILD)

test: build
	@tools/test $(BUILD)

bench: build
	@ROWS="$(ROWS)" bench/run $(BUILD)
	@bench/ledger $(BUILD)
	@ROWS="$(ROWS)" bench/churn $(BUILD)
	@bench/tick $(BUILD)
	@cmake --build $(BUILD) --target bench_routing >/dev/null && $(BUILD)/bench/routing

debug asan tsan: deps
	@cmake --preset $@ >/dev/null
	@cmake --build build-$@ -j $(JOBS)
	@tools/test build-$@

fuzz: deps
	@tests/fuzz/run build-fuzz

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	@rm -rf build build-*
