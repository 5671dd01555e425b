//! Answers recorded from real boxes, where they are at hand: each opens to a value or to an error that says what the
//! box said.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use sysbus::{Error, Session};

use crate::scripted::{Act, Scripted};

/// In `LIVEBOX_RECORDINGS`, else in `shared/recordings` beside the repository or, for a worktree, one level up.
fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let beside = ["../shared/recordings", "../../shared/recordings"].map(|path| root.join(path));
    let found = beside.iter().find(|path| path.is_dir()).unwrap_or(&beside[0]).clone();
    std::env::var_os("LIVEBOX_RECORDINGS").map_or(found, PathBuf::from)
}

/// Files of the models' folders; `datamodel` holds no answers.
fn files() -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    let models = entries(&folder()).into_iter().filter(|path| path.is_dir() && !path.ends_with("datamodel"));
    models
        .flat_map(|model| entries(&model))
        .filter(|file| file.extension().is_some_and(|e| e == "json"))
        .collect()
}

/// The body as the box sent it, as far as the recording says.
fn body(recording: &Value) -> Option<String> {
    let answer = &recording["answer"];
    match recording["answer_scope"].as_str()? {
        "inside-result" => Some(json!({ "result": answer }).to_string()),
        "errors-only" if answer.is_array() => Some(json!({ "status": null, "errors": answer }).to_string()),
        "errors-only" | "body" | "body-repaired" | "unknown" => Some(answer.to_string()),
        "raw-text" => Some(recording["answer_text"].as_str()?.to_owned()),
        _ => None,
    }
}

#[tokio::test]
async fn every_recorded_answer_opens() {
    let sent = Arc::new(Mutex::new(String::new()));
    let body_of = Arc::clone(&sent);
    let server = Scripted::new(move |seen, _| {
        if seen.name().contains("Recorded") { Act::json(body_of.lock().unwrap().clone()) } else { Act::Usual }
    })
    .await;
    let session = server.session();
    let (mut opened, mut errors) = (0, 0);
    for (number, file) in files().into_iter().enumerate() {
        let recording: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let Some(body) = body(&recording) else { continue };
        sent.lock().unwrap().clone_from(&body);
        // Each under a name of its own: what is absent or denied would be remembered.
        let outcome = if file.file_name().unwrap().to_string_lossy().starts_with("_introspection") {
            session.describe(&format!("Recorded{number}"), 0).await
        } else {
            read(&session, number).await
        };
        match outcome {
            Ok(value) => {
                let answer = recording["answer"].get("result").unwrap_or(&recording["answer"]);
                let errors = &answer["errors"];
                assert!(errors.is_null(), "{}: {value}", file.display());
                for member in ["status", "data"] {
                    if recording["answer_scope"] != "raw-text" {
                        assert_eq!(value[member], answer[member], "{}", file.display());
                    }
                }
                opened += 1;
            }
            Err(Error::Absent { .. } | Error::Denied { .. } | Error::Refused { .. }) => errors += 1,
            Err(error) => panic!("{}: {error}", file.display()),
        }
    }
    if opened == 0 {
        println!("no recordings in {}", folder().display());
    } else {
        assert!(opened > errors, "{opened} opened, {errors} errors");
    }
}

async fn read(session: &Session, number: usize) -> Result<Value, Error> {
    session.read_raw(&format!("Recorded{number}"), "get", &json!({}), Duration::from_secs(5)).await
}
