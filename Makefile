# How a socket gets its two names: the site, and the measurements behind it.
#   make html     builds the site
#   make test     measures it all again
# Each installs what it needs into .venv first. Any of them takes PYTHON=python3.12.

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
SPHINX  = $(VENV)/bin/python -m sphinx -c .
PAGES   = build/html

.DEFAULT_GOAL := help
.PHONY: help html epub live test bench doctest evidence fact new check lock clean
.DELETE_ON_ERROR:

help: ## print this list
	@awk -F ':.*## ' '/^# / {print substr($$0, 3)} /^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

html: $(VENV)/ready ## build the site; warnings are errors
	@$(SPHINX) -q -W --keep-going -j auto docs $(PAGES)
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

# Three parts side by side: what the kernel does, the site, the site in a browser.
# It is built before them, for none may serve what another is writing.
test: html ## run every proof and every other test
	@export SITE_IS_BUILT=yes; \
	$(VENV)/bin/python -m pytest tests/site > build/site-tests.log 2>&1 & site=$$!; \
	$(VENV)/bin/python -m pytest tests/browser > build/browser-tests.log 2>&1 & browser=$$!; \
	$(VENV)/bin/python -m pytest tests/claims tests/lab tests/snippets; failed=$$?; \
	wait $$site || failed=1; wait $$browser || failed=1; \
	cat build/site-tests.log build/browser-tests.log; exit $$failed

bench: $(VENV)/ready ## time the build beside plain Sphinx, five minutes (ONLY="clean live")
	@$(VENV)/bin/python -m tests.bench $(ONLY)

doctest: $(VENV)/ready ## run the doctests in snippets and on pages
	@for file in $$(find snippets -name '[!_]*.py' | sort); do $(PYTHON) -I -m doctest $$file || exit 1; done
	@$(SPHINX) -q -b doctest -d build/doctrees docs build/doctest
	@tail -n 6 build/doctest/output.txt

evidence: $(VENV)/ready ## measure what has changed, all of it with ALL=1; read the diff
	@$(VENV)/bin/python -m lab evidence $(if $(ALL),--all)
	@git --no-pager diff --stat -- evidence

fact: $(VENV)/ready ## record, prove, build and check one claim (ID=udp.connect_sends_no_packet)
	@$(VENV)/bin/python -m lab fact $(or "$(ID)",ID=)

new: $(VENV)/ready ## begin a claim (ID=subject.name, PAGE=learn/udp, FILE=test_x, PROGRAM=no)
	@$(VENV)/bin/python -m lab new $(or "$(ID)",ID=) $(if $(PAGE),--page "$(PAGE)") \
	  $(if $(FILE),--file "$(FILE)") $(if $(filter no,$(PROGRAM)),--no-program)

check: ## what CI runs: from scratch, lint, site, doctests, every test
	rm -rf build $(VENV)
	@$(MAKE) --no-print-directory html
	@$(MAKE) --no-print-directory $(VENV)/checks
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell $$(git ls-files '*.py' '*.js' '*.css' '*.md' Makefile)
	$(SPHINX) -q -W --keep-going -t spelling -b spelling docs build/spelling
	@$(MAKE) --no-print-directory doctest
	@$(MAKE) --no-print-directory test
	$(VENV)/bin/python -m pytest -q --altered tests/claims
	$(VENV)/bin/python -m pytest -q tests/checks
	@git diff --exit-code --stat -- evidence || { echo "the tests changed tracked files"; exit 1; }

lock: $(VENV)/ready ## resolve the dependency groups of pyproject.toml into requirements.txt
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-emit-index-url --output-file requirements.txt \
	  --group docs --group test --group browser --group lock pyproject.toml
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-emit-index-url --constraint requirements.txt \
	  --output-file tests/checks/requirements.txt --group check pyproject.toml

clean: ## remove what was built and installed
	rm -rf build $(VENV)

# The environment. uv is taken from the lock, with its hash, where it is not installed
# already; where it does not run, pip does the same in four times the time.
$(VENV)/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1); try make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "installing into $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > $(VENV)/uv.txt
	@PATH="$$PATH:$(abspath $(VENV))/bin"; command -v uv > /dev/null \
	|| $(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt || true; \
	if uv --version > /dev/null 2>&1; then \
	  uv pip install -q --compile-bytecode --python $(VENV)/bin/python --require-hashes -r requirements.txt; \
	else \
	  $(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt; \
	fi
	@touch $@

# What `make check` needs beyond that.
$(VENV)/checks: $(VENV)/ready tests/checks/requirements.txt tests/checks/package-lock.json
	@command -v npm > /dev/null && command -v java > /dev/null \
	|| { echo "make check needs npm and Java: apt install npm default-jre-headless"; exit 1; }
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/checks/requirements.txt
	@cp tests/checks/package*.json $(VENV) && npm ci --prefix $(VENV) --silent --ignore-scripts
	@touch $@
