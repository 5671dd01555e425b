# `just` lists these; `just ci` runs what continuous integration runs.

_default:
    @just --list --unsorted

# Format, lints and docs, as strict as CI
[group('check')]
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Every test
[group('check')]
test:
    cargo test --workspace

# Everything CI does, on this clone
[group('check')]
ci:
    .ci/run

# Regenerate docs/tools.md and the snapshots, after a look at what changed
[group('develop')]
bless:
    BLESS=1 cargo test --workspace --test it -- snapshots

# See it work on an emulated Livebox
[group('develop')]
demo:
    cargo run --release -- demo

# Measure the budgets: start-up, memory, tokens, time per call, throughput, size
[group('develop')]
bench:
    cargo build --release
    cargo bench -p livebox-mcp --bench budgets
