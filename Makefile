# Every target is one line; the scripts say what they do.
.PHONY: demo test build check bench fuzz torture sanitize install

demo: ; @scripts/demo
test: ; @scripts/test
build: ; @scripts/build
check: ; @scripts/check
bench: ; @scripts/bench/run
fuzz: ; @scripts/fuzz
torture: ; @scripts/torture/run
sanitize: ; @scripts/sanitize
install: ; @scripts/install
