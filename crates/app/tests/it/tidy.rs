//! Walls that Cargo cannot see, checked by reading the sources.

use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 600;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust source below a folder, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

fn offenders(folder: &Path, wanted: impl Fn(&Path) -> bool, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources(folder) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if wanted(&path) && words.iter().any(|word| code.contains(word)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn the_emulator_stands_apart() {
    let found = offenders(&crates().join("emulator"), |_| true, &["sysbus::", "livebox::", "extern crate"]);
    assert!(found.is_empty(), "{found:#?}");
    let manifest = std::fs::read_to_string(crates().join("emulator/Cargo.toml")).unwrap();
    assert!(!manifest.contains("sysbus") && !manifest.contains("livebox.workspace"), "{manifest}");
}

#[test]
fn the_sdk_is_named_once() {
    let (home, rooms) = (crates().join("app/src/mcp.rs"), crates().join("app/src/mcp"));
    let mine = crates().join("app/tests/it/tidy.rs");
    let elsewhere = |path: &Path| path != home && path != mine && !path.starts_with(&rooms);
    let found = offenders(&crates(), elsewhere, &["rmcp"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn libraries_are_silent() {
    let library = |path: &Path| !path.components().any(|part| part.as_os_str() == "tests");
    for name in ["sysbus", "journal", "vault", "livebox", "emulator"] {
        let folder = crates().join(name).join("src");
        let is_test =
            |path: &Path| path.file_name().is_some_and(|name| name == "tests.rs" || name == "testing.rs");
        let words = ["println!", "eprintln!", "process::exit", "env::var"];
        let found = offenders(&folder, |path| library(path) && !is_test(path), &words);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn slices_keep_their_walls() {
    let named = |wanted: &'static str| move |path: &Path| path.file_name().is_some_and(|name| name == wanted);
    let livebox = crates().join("livebox/src");
    let found = offenders(&livebox, named("wire.rs"), &["clap", "schemars"]);
    assert!(found.is_empty(), "wire.rs knows no surface: {found:#?}");
    let found = offenders(&livebox, named("tools.rs"), &["serde_json::Value", "json!"]);
    assert!(found.is_empty(), "tools.rs knows no raw JSON: {found:#?}");
    let long: Vec<_> =
        sources(&crates()).into_iter().filter(|(_, text)| text.lines().count() > LONGEST_FILE).collect();
    assert!(long.is_empty(), "{:?}", long.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn a_slice_uses_no_other_slices_wire() {
    let livebox = crates().join("livebox/src");
    let slices: Vec<String> = std::fs::read_dir(&livebox)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("wire.rs").exists() || path.join("wire").is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for slice in &slices {
        let words: Vec<String> =
            slices.iter().filter(|other| *other != slice).map(|other| format!("{other}::wire")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = offenders(&livebox.join(slice), |_| true, &words);
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// Words of ours, or checked by their type, that messages quote as they are.
const OWN_WORDS: [(&str, &str); 10] = [
    ("changes/undo.rs", "outcome"),
    ("src/earlier.rs", "name"),
    ("expert/tools.rs", "command"),
    ("src/tool.rs", "unknown"),
    ("src/login.rs", "host"),
    ("src/owner.rs", "name"),
    // Attributes of a picture.
    ("src/wifi_key.rs", "pixels"),
    ("src/config.rs", "key"),
    ("src/wifi_key.rs", "path"),
    // Shown whole to the person who asks for their key.
    ("src/wifi_key.rs", "text"),
];

/// The places of a line where something is put between quotes of ours: what is put there.
fn quoted_in(line: &str) -> Vec<&str> {
    const QUOTES: [(&str, &str); 3] = [("\\\"{", "}\\\""), ("`{", "}`"), ("« {", "} »")];
    let mut found = Vec::new();
    for (open, close) in QUOTES {
        for (place, _) in line.match_indices(open) {
            let rest = &line[place + open.len()..];
            found.extend(
                rest.split_once(close)
                    .map(|(name, _)| name)
                    .filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')),
            );
        }
    }
    found
}

/// A text that is put between quotes must not hold such quotes, or it ends them and goes on as if we spoke.
#[test]
fn what_is_quoted_cannot_end_its_quotes() {
    const MADE: [&str; 3] = ["in_quotes", "quotable(", "within_quotes("];
    let is_word = |line: &str, name: &str| {
        line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
    };
    let mut found = Vec::new();
    let sources = ["livebox/src", "app/src"].iter().flat_map(|folder| sources(&crates().join(folder)));
    for (path, text) in sources.filter(|(path, _)| !path.components().any(|part| part.as_os_str() == "tests"))
    {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines: Vec<&str> = code.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let line = line.split(" // ").next().unwrap();
            for name in quoted_in(line).into_iter().filter(|_| !line.trim_start().starts_with("//")) {
                // Since the function began, and what stands behind a format string.
                let begun = lines[..number].iter().rposition(|line| line.contains("fn ")).unwrap_or(0);
                let around = &lines[begun..(number + 3).min(lines.len())];
                let made = |line: &&&str| MADE.iter().any(|made| line.contains(made));
                let is_made = around.iter().filter(made).any(|line| name.is_empty() || is_word(line, name));
                let is_own = OWN_WORDS.iter().any(|(file, own)| path.ends_with(file) && *own == name);
                if !is_made && !is_own {
                    found.push(format!("{}:{}: {name}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "to be prepared with `in_quotes`: {found:#?}");
}

#[test]
fn every_slice_is_listed() {
    let livebox = crates().join("livebox/src");
    let list = std::fs::read_to_string(livebox.join("lib.rs")).unwrap();
    for entry in std::fs::read_dir(&livebox).unwrap() {
        let path = entry.unwrap().path();
        if path.join("tools.rs").exists() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(
                list.contains(&format!("{name}::tools::TOOLS")),
                "{name} is not in the list of capabilities"
            );
        }
    }
}

#[test]
fn the_invariants_name_real_tests() {
    let text = std::fs::read_to_string(crates().join("../ARCHITECTURE.md")).unwrap();
    let table = text.split("## Invariants").nth(1).unwrap().split("## ").next().unwrap();
    let all: String = sources(&crates()).into_iter().map(|(_, text)| text).collect();
    let mut count = 0;
    for name in table
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| quoted.rsplit_once("::"))
        .map(|(_, name)| name)
    {
        assert!(all.contains(&format!("fn {name}(")), "ARCHITECTURE.md names `{name}`, which does not exist");
        count += 1;
    }
    assert!(count >= 10, "{count} tests named");
}
