# What is checked, one target each; `bash .ci/run` runs all of it in fresh environments.
.PHONY: help test quick coverage numpy lint format texts types stubs imports examples site twice man check

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

test: ## the tests
	pytest

quick: ## the tests on few random images (HYPOTHESIS_PROFILE=thorough: on many)
	HYPOTHESIS_PROFILE=quick pytest

coverage: ## coverage: the suite on small inputs, the loops as plain Python
	NUMBA_DISABLE_JIT=1 HYPOTHESIS_PROFILE=quick pytest -m "not sweep" --cov=classicseg

numpy: ## the tests without numba
	CLASSICSEG_ENGINE=numpy HYPOTHESIS_PROFILE=quick pytest

lint: ## lint, format, spelling, parameters' texts, and the files that other programs read
	ruff check .
	ruff format --check .
	typos
	python docs/sync_parameter_texts.py
	zizmor --offline --quiet .github
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/w*.yml
	check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

format: ## format, and mend what lint can mend
	ruff format .
	ruff check --fix .

texts: ## the parameters' texts in public docstrings, by docs/parameter_texts.toml and the signatures
	python docs/sync_parameter_texts.py --fix

types: stubs ## types
	mypy

stubs: ## the catalogue beside what it names
	stubtest --mypy-config-file pyproject.toml --allowlist .ci/not-stubs.txt --ignore-unused-allowlist classicseg

imports: ## the directions of imports
	lint-imports

site: ## the site, to docs/build/html; warnings are errors
	sphinx-build -W --keep-going -d docs/build/doctrees -b html docs docs/build/html

twice: site ## the site once more from cold, in a copy: it must be the same, file by file
	copy=$$(mktemp -d) && git ls-files -co --exclude-standard | tar cf - -T - | tar xf - -C $$copy \
	&& PYTHONPATH=$$copy/src $(MAKE) -C $$copy site && python docs/_site/same.py docs/build/html $$copy/docs/build/html

man: ## the manual page, to build/man, from where a wheel takes it
	mkdir -p build/man
	classicseg man > build/man/classicseg.1

examples: ## the examples, each to a figure in segmented/
	mkdir -p segmented
	for script in examples/*.py; do python -W error $$script segmented/$$(basename $$script .py).png || exit 1; done

check: lint types imports quick ## what to run before a pull request
