//! What the capabilities' tests share: recorded answers of real boxes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sysbus::{Answer, Call};

/// One recorded answer, not an error, whose body was kept.
pub(crate) struct Recording {
    /// `lb5/NMC.getWANStatus.json`.
    pub(crate) file: String,
    /// `lb3` … `w7`, `unknown`.
    pub(crate) model: String,
    /// The body, without the `result` that older dialects put around it.
    pub(crate) body: Value,
}

impl Recording {
    /// The part of the body that a call reads.
    pub(crate) fn payload(&self, answer: Answer) -> Value {
        let part = |name| self.body.get(name).cloned().unwrap_or_default();
        let has_data = part("data").as_object().is_some_and(|data| !data.is_empty());
        if answer == Answer::Data || answer == Answer::Either && has_data {
            part("data")
        } else {
            part("status")
        }
    }

    /// The body as that call decodes it.
    pub(crate) fn reply<C: Call>(&self) -> C::Reply {
        serde_path_to_error::deserialize(self.payload(C::ANSWER))
            .unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }
}

/// The recorded answers to a call, of every model; none where the recordings are not at hand. They live
/// outside of the repository: in `LIVEBOX_RECORDINGS`, else in `shared/recordings` beside it.
pub(crate) fn recordings(service: &str, method: &str) -> Vec<Recording> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut found = Vec::new();
    for model in entries(&folder).into_iter().filter(|path| path.is_dir()) {
        for path in entries(&model).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
            found.extend(read(&path, &model, service, method));
        }
    }
    found
}

fn folder() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let beside = ["../shared/recordings", "../../shared/recordings"].map(|folder| workspace.join(folder));
    std::env::var_os("LIVEBOX_RECORDINGS")
        .map(PathBuf::from)
        .into_iter()
        .chain(beside)
        .find(|path| path.is_dir())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn read(path: &Path, model: &Path, service: &str, method: &str) -> Option<Recording> {
    let model = model.file_name()?.to_str()?.to_owned();
    let name = path.file_name()?.to_str()?;
    // Names are `<service>.<method>[-N].json`; a look at the name spares most of the reading.
    if !name.starts_with(&format!("{service}.{method}")) {
        return None;
    }
    let recording: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |pointer: &str| recording.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let kept = ["body", "inside-result", "body-repaired"].contains(&text("/answer_scope"));
    if !kept || text("/request/service") != service || text("/request/method") != method {
        return None;
    }
    let body = recording.get("answer")?;
    let body = body.get("result").unwrap_or(body);
    let failed = body.get("error").is_some()
        || body.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty());
    (body.is_object() && !failed).then(|| Recording {
        file: format!("{model}/{name}"),
        model,
        body: body.clone(),
    })
}
