# One command a purpose; `make help` lists them. What the machine lacks is installed by name.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build

# Debian packages: libraries to build with, and the data set of the demonstration.
PACKAGES := libhdf5-dev libprotobuf-c-dev protobuf-c-compiler zlib1g-dev pkg-config
DATA_PACKAGE := dataset-fashion-mnist
DATA := /usr/share/datasets/fashion-mnist
NODE_TEST_PACKAGE := libonnx-testdata
ONNX_NODE_TESTS ?= /usr/share/libonnx-testdata/data/node

# Compiled for this machine's processor; symbols stay visible for plugins.
FLAGS := -c release -Xcc -march=native
BUILD := swift build $(FLAGS) -Xlinker --export-dynamic --product spikec
TEST_FLAGS := $(FLAGS) -Xswiftc -enable-testing --scratch-path .build-test

SOURCES := Package.swift IR Frontends Backends Sources Tests

.PHONY: help build demo test conformance lint format bench fixtures packages data node-tests clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

build: packages ## build the program: .build/release/spikec
	$(BUILD)

demo: build data ## compile the example network with each spike code and run the test set
	@SPIKEC=.build/release/spikec DATA=$(DATA) Examples/fashion-mnist/demo.sh

test: packages data lint ## build for testing, run all tests, and the demonstration in short
	swift build $(TEST_FLAGS) --build-tests
	swift test $(TEST_FLAGS) --skip-build --disable-xctest
	@SPIKEC=.build-test/release/spikec DATA=$(DATA) LIMIT=200 Examples/fashion-mnist/demo.sh

# The tests of a newer release: ONNX_NODE_TESTS=DIR make conformance; see Tests/Fixtures/onnx.
conformance: packages node-tests ## run the ONNX project's tests of single operators
	ONNX_NODE_TESTS=$(ONNX_NODE_TESTS) swift test $(TEST_FLAGS) --disable-xctest \
	  --filter ONNXNodeTests

lint: ## check formatting, documentation comments and the layering of the parts
	swift format lint --strict --recursive $(SOURCES)
	Tools/check-layers.sh

format: ## format all sources in place
	swift format format --in-place --recursive $(SOURCES)

bench: build data ## measure the example network: counts first, times second
	@DATA=$(DATA) Benchmarks/run.sh

packages:
	@command -v swift > /dev/null || { \
	  echo "make: Swift 6.2 or newer is needed (https://www.swift.org/install)" >&2; exit 1; }
	@missing=""; for p in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2> /dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "make: installing the Debian packages$$missing"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing > /dev/null; \
	fi

# The data set is worth having but not needed: the repository holds a subset to fall back on.
data:
	@if [ ! -e $(DATA)/t10k-images-idx3-ubyte.gz ]; then \
	  echo "make: installing the Debian package $(DATA_PACKAGE)"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  { $$sudo apt-get update -qq && \
	    $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(DATA_PACKAGE) > /dev/null; \
	  } || echo "make: $(DATA_PACKAGE) cannot be had; the 1,000-image subset is used instead"; \
	fi

node-tests:
	@if [ ! -d $(ONNX_NODE_TESTS) ]; then \
	  echo "make: installing the Debian package $(NODE_TEST_PACKAGE)"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(NODE_TEST_PACKAGE) > /dev/null; \
	fi

clean: ## remove what was built
	rm -rf .build .build-test out
