# Each target works on a bare clone: it makes the environment it needs in .venv and redoes nothing that is done.
PYTHON ?= python3
V := .venv
BIN := $(V)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
META := constraints.txt settings.ini setup.py pyproject.toml
export PYTHONUTF8 := 1

.PHONY: help run test lab test-nbdev2 newest outputs readme data bench model constraints properties fire matrix types mutate stress supply dist ko site site-test browser clean
help:           ## what can be made
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: $(V)/core  ## set up, then run the main job: the baseline, the trained networks, a table of results
	$(BIN)/mnist_basics

test: $(V)/dev  ## set up, then run every test: notebooks, outputs, exports, README
	$(BIN)/python tools/check.py

lab: $(V)/dev   ## set up, then open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir=nbs

test-nbdev2: .venv-nbdev2/dev ## the notebooks under nbdev 2, in an environment of its own
	.venv-nbdev2/bin/nbdev_test

site: .venv-docs/dev ## build the site, both languages, into _site; Python 3.11 or newer
	.venv-docs/bin/python docs/build.py

site-test: .venv-docs/dev ## open every page of _site in Chromium: console, requests, axe-core, search
	.venv-docs/bin/python docs/browser.py

browser: $(V)/dev ## the drawing pad in Chromium, alone and in JupyterLab; skipped with a word without it
	$(BIN)/python tools/browser.py

outputs: $(V)/dev ## after an edit: export, run every notebook and store its outputs, clean, render the README
	$(BIN)/nbdev-export
	set -e; for nb in $$(find nbs -name '*.ipynb' -not -path '*/[_.]*' | sort); do \
	    OMP_NUM_THREADS=1 $(BIN)/nbdev_test --save $$nb; done
	$(BIN)/nbdev-clean
	$(BIN)/python tools/i18n.py extract
	$(BIN)/python tools/i18n.py compose
	$(BIN)/python tools/readme.py

ko: $(V)/dev    ## after a translation in i18n/ko: take over what is new in English, compose nbs/_ko
	$(BIN)/python tools/i18n.py extract
	$(BIN)/python tools/i18n.py compose
	$(BIN)/python tools/readme.py

readme: $(V)/dev ## render README.md from nbs/index.ipynb
	$(BIN)/python tools/readme.py

mutate: $(V)/dev ## break each exported function and see its notebook fail (long; EACH=mutants of a function)
	$(BIN)/python tools/mutate.py

properties: $(V)/dev ## random tensors, good and bad, for every typed function
	$(BIN)/python tools/properties.py 2000

fire: $(V)/dev  ## first use under fire: kills, eight processes at once, a full disk
	$(BIN)/python tools/fire.py

matrix: $(V)/dev ## the notebooks under other instruction sets, and in Jupyter's own kernel
	ATEN_CPU_CAPABILITY=default $(BIN)/python tools/check.py notebooks
	ATEN_CPU_CAPABILITY=avx2 $(BIN)/python tools/check.py notebooks
	$(BIN)/python tools/check.py notebooks kernel

types: $(V)/dev ## what mypy says of the library
	$(BIN)/mypy mnist_basics

stress: $(V)/dev ## read images that nobody has seen: photographs, forms, shadows, letters; a table
	$(BIN)/python tools/stress.py

dist: $(V)/dev  ## wheel and sdist in dist/, of what is committed, checked as the package's page needs it
	$(PIP) twine
	$(BIN)/python tools/supply.py dist

supply: $(V)/dev ## imports against requirements; wheel and sdist, both installed and used
	$(BIN)/python tools/supply.py

newest: .venv-newest/dev ## the notebooks with the newest versions of everything, in an environment of its own
	.venv-newest/bin/nbdev_test

data: $(V)/core ## rebuild mnist.npz from the four IDX files in IDX=folder
	$(BIN)/python tools/build_data.py $(IDX)

bench: $(V)/bench ## time us and what a reader would use instead, in turn, into benchmarks/results.md
	$(BIN)/python benchmarks/bench.py

model: $(V)/core ## train both packaged networks: that of the lessons, and that of mnist_predict (40 minutes)
	$(BIN)/python tools/train.py

constraints: $(V)/dev ## pin anew what settings.ini asks for, for every supported Python
	$(PIP) uv
	$(BIN)/python tools/constraints.py

clean:          ## remove the environments
	rm -rf .venv .venv-nbdev2 .venv-newest .venv-docs _site dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v >= (3,10) or sys.exit("mnist_basics needs Python 3.10 or newer, this is %d.%d: name another with make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(V)

.venv-docs/dev: settings.ini constraints.txt
	$(PYTHON) -m venv .venv-docs
	sed -n 's/^docs_requirements = //p' settings.ini | tr ' ' '\n' > .venv-docs/requirements.txt
	.venv-docs/bin/python -m pip --disable-pip-version-check install --quiet -c constraints.txt \
	    -r .venv-docs/requirements.txt
	@touch $@

$(V)/core: $(META) | $(BIN)/python
	$(PIP) -c constraints.txt -e .
	@touch $@

$(V)/dev: $(META) | $(BIN)/python
	$(PIP) -c constraints.txt -e '.[dev]'
	@touch $(V)/core $@

$(V)/bench: $(V)/dev benchmarks/requirements.txt
	$(PIP) -c constraints.txt -r benchmarks/requirements.txt
	@touch $@

.venv-newest/dev: settings.ini
	$(PYTHON) -m venv --clear .venv-newest
	.venv-newest/bin/python -m pip --disable-pip-version-check install --quiet -e '.[dev]' torchvision
	@touch $@

.venv-nbdev2/dev: $(META)
	$(PYTHON) -m venv .venv-nbdev2
	grep -E '^(torch|torchvision|numpy|pillow|matplotlib|matplotlib-inline|tqdm|safetensors|jaxtyping|pandas|scipy|scikit-learn|ipython)==' constraints.txt > .venv-nbdev2/constraints.txt
	.venv-nbdev2/bin/python -m pip --disable-pip-version-check install --quiet -c .venv-nbdev2/constraints.txt \
	    -e . fastai==2.8.7 nbdev==2.4.14 'fastcore<2' 'execnb<0.2' 'ghapi<2' nbclient ipykernel
	@touch $@
