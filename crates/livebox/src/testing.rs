//! What the capabilities' tests share: recorded answers of real boxes, and tools run against an emulated one.

use std::path::{Path, PathBuf};

use emulator::{Emulator, Options};
use serde_json::Value;
use sysbus::{Answer, Call};

use crate::{Caller, Client, Context, Nobody, Order, Policy, ToolError};

/// An emulated box and a context on it in which everything is permitted.
pub(crate) struct Bench {
    pub(crate) livebox: emulator::Handle,
    pub(crate) cx: Context,
    /// Where the journal is.
    pub(crate) state: tempfile::TempDir,
}

/// Starts the default household.
pub(crate) async fn bench() -> Bench {
    bench_with(Options::default()).await
}

/// Starts a box set up like that.
pub(crate) async fn bench_with(options: Options) -> Bench {
    let password = sysbus::Secret::new(options.password.as_str());
    let livebox = Emulator::start("127.0.0.1:0", options).await.unwrap();
    let config = sysbus::Config {
        endpoint: sysbus::Endpoint::parse(&livebox.url(), sysbus::Trust::System).unwrap(),
        user: "admin".to_owned(),
        password: sysbus::Password::Given(password),
        state: None,
        honour_refusal: true,
    };
    let state = tempfile::tempdir().unwrap();
    let cx = Context::new(sysbus::Session::new(config))
        .with_policy(Policy { accept_secrets: true, ..Policy::unasked() })
        .with_state(Some(state.path().to_owned()))
        .with_vault(Some(vault::Vault::without_keychain(state.path().join("vault"))));
    Bench { livebox, cx, state }
}

/// A model's order, by a client that can ask nobody.
pub(crate) fn order() -> Order<'static> {
    let client = Client { name: "test".to_owned(), version: "0".to_owned(), transport: "test".to_owned() };
    Order { caller: Caller::Model, client, consent: &Nobody, plan_only: false }
}

impl Bench {
    /// What a change would do.
    pub(crate) async fn plan(&self, tool: &str, args: Value) -> Result<Value, ToolError> {
        let def = crate::find(tool).unwrap_or_else(|| panic!("no tool {tool}"));
        let order = Order { plan_only: true, ..order() };
        Ok(crate::invoke(&self.cx, def, &order, args).await?.json)
    }

    /// Runs a tool by its MCP name, as a model does. Shows both texts once, so that none of them panics.
    pub(crate) async fn run(&self, tool: &str, args: Value) -> Result<crate::Answer, ToolError> {
        let def = crate::find(tool).unwrap_or_else(|| panic!("no tool {tool}"));
        let answer = crate::invoke(&self.cx, def, &order(), args).await?;
        assert!(!answer.page.compact().is_empty(), "{tool} shows nothing");
        assert!(!answer.page.aligned().is_empty(), "{tool} shows nothing");
        Ok(answer)
    }

    /// The JSON of a tool that works.
    pub(crate) async fn json(&self, tool: &str, args: Value) -> Value {
        self.run(tool, args).await.unwrap_or_else(|error| panic!("{tool}: {error}")).json
    }

    /// The error of a tool that does not.
    pub(crate) async fn error(&self, tool: &str, args: Value) -> ToolError {
        match self.run(tool, args).await {
            Err(error) => error,
            Ok(answer) => panic!("{tool} answered {}", answer.json),
        }
    }

    /// Adds a fault, as in `drop-after@NMC:reboot*1`.
    pub(crate) fn fault(&self, fault: &str) {
        self.livebox.faults().add(fault.parse().unwrap());
    }

    /// How often the box was asked that: `NMC:reboot`.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.livebox.requests().count(call)
    }
}

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
