# make demo: set up, ingest, compare, print the table.   make test: set up, run all tests.
# Any of Python 3.11 to 3.14; where this one is not there, another of them is taken.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DOMAIN ?= travel
# Questions the demo asks, and of how many a judge reads the answers: so that it ends in time on two cores.
LIMIT ?= 24
JUDGED ?= 8

export HNSWLIB_NO_NATIVE = 1
export TOKENIZERS_PARALLELISM = false
export HF_HUB_DISABLE_TELEMETRY = 1

.PHONY: demo study test app check bench torture train lock setup clean

demo: setup
	@echo "as shipped, this takes about twenty minutes on two cores the first time, and less than one the second"
	@$(BIN)/python -m core.weights multilingual-e5-small qwen2.5-coder-1.5b-instruct
	@ASSISTANT_EVALUATION__RAGAS_SAMPLE=$(JUDGED) \
	$(BIN)/python -m evaluation.compare --domain $(DOMAIN) --limit $(LIMIT)

# make study DOCS=~/handbook: from a folder of documents to a verdict, its questions drafted from the documents.
DOCS ?= examples/
N ?= 24

study: setup
	@$(BIN)/python -m core.weights multilingual-e5-small qwen2.5-coder-1.5b-instruct
	@$(BIN)/python -m evaluation.study --domain $(DOCS) --n $(N) --judged $(JUDGED)

# The browser test answers with the small model; where that cannot be fetched it says so and is skipped.
test: setup
	-@$(BIN)/python -m core.weights multilingual-e5-small qwen2.5-coder-0.5b-instruct
	$(BIN)/python -m pytest --ignore tests/ingest/test_durability.py
	$(BIN)/python -m pytest tests/ingest/test_durability.py  # its children want a process without threads

app: setup
	$(BIN)/streamlit run apps/side_by_side.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup peers
	$(BIN)/python -m tests.bench

# What bench compares with, beside the environment: the lock knows nothing of it.
peers: $(VENV)/bench/ready

$(VENV)/bench/ready: requirements/bench.txt | setup
	$(BIN)/python -m pip install -q --no-deps --upgrade --target $(VENV)/bench -r requirements/bench.txt
	@touch $@

torture: setup
	$(BIN)/python -m tests.torture

train: setup
	$(BIN)/python -m finetune train --domain travel
	$(BIN)/python -m finetune train --domain legal

setup: $(VENV)/ready

$(VENV)/ready: requirements/lock.txt requirements/install.sh pyproject.toml
	@PYTHON=$(PYTHON) VENV=$(VENV) sh requirements/install.sh
	@touch $@

# After a change to requirements/direct.in: resolve anew and pin what came of it.
lock:
	$(BIN)/pip install --upgrade -r requirements/direct.in
	(echo "# Every package of the environment, pinned. Made by: make lock"; \
	 $(BIN)/pip freeze --all --exclude-editable | grep -vE '^(torch|pip)==' | sort -f) > requirements/lock.txt

clean:
	rm -rf $(VENV) var
