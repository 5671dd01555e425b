//! Every tool's example runs as words and as JSON, on a box of its own, and its answer matches its schema.

use livebox::ToolDef;
use serde_json::{Map, Value};

use crate::harness::Bench;

/// Secrets for the examples that need one, in the order they are asked. One that can be made instead is not given.
fn secrets(def: &ToolDef) -> Vec<&'static str> {
    let needed = if def.needs_secrets() { def.secrets } else { &[] };
    needed
        .iter()
        .map(|name| if *name == "current" { crate::harness::PASSWORD } else { "Cle-Nouvelle-42" })
        .collect()
}

/// The example as JSON arguments.
pub fn arguments(def: &ToolDef) -> Value {
    let words = shlex::split(def.example).unwrap();
    let matches = (def.command)().no_binary_name(true).try_get_matches_from(words).unwrap();
    let mut args = (def.to_json)(&matches).unwrap();
    let map: &mut Map<String, Value> = args.as_object_mut().unwrap();
    for (name, secret) in def.secrets.iter().zip(secrets(def)) {
        map.insert((*name).to_owned(), secret.into());
    }
    args
}

#[tokio::test(flavor = "multi_thread")]
async fn run_on_both_surfaces() {
    for def in livebox::tools() {
        let bench = Bench::ready_for(def).await;
        let words = format!("{} {} --json", def.words(), def.example);
        let mut command = bench.command();
        command.args(shlex::split(&words).unwrap());
        let input = secrets(def).join("\n");
        let file = bench.folder.path().join("secrets");
        std::fs::write(&file, input).unwrap();
        command.stdin(std::fs::File::open(&file).unwrap());
        let said = crate::harness::said(&mut command).await;
        assert_eq!(said.code, 0, "{words}\n{}\n{}", said.out, said.err);
        let as_words: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{words}: {error}"));

        let bench = Bench::ready_for(def).await;
        let as_json =
            bench.invoke(def, arguments(def)).await.unwrap_or_else(|error| panic!("{words}: {error}"));
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&as_words), keys(&as_json.json), "{words}");
        assert!(!as_json.page.compact().is_empty(), "{words}: no text");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_match_their_schemas() {
    for def in livebox::tools() {
        let bench = Bench::ready_for(def).await;
        let answer =
            bench.invoke(def, arguments(def)).await.unwrap_or_else(|error| panic!("{}: {error}", def.name()));
        let schema = Value::Object((def.output_schema)());
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&answer.json)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}\n{:#}", def.name(), answer.json);
    }
}
