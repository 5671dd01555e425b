//! A box made of the answers that were recorded from one model. It shares nothing with the emulator, so that a
//! mistake that the emulator and the product have in common does not stay hidden.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// Models by kinship: what one has no recording of is taken from the nearest other one.
const KIN: [&str; 9] = ["lb3", "lb4", "lb5", "lb6pro", "lb6", "lb7", "lbs", "w7", "unknown"];

/// `NMC:getWANStatus`.
pub type Key = String;

/// Where an answer is bent before it is served.
pub type Bend = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// One recorded answer.
#[derive(Clone)]
struct Recording {
    parameters: Value,
    /// Without `result`; an error has `errors`.
    body: Value,
    size: usize,
}

/// What a box does where its model has no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// It has no such object.
    Absent,
    /// It answers as the nearest model that has one.
    Kin,
}

/// What a box does with a recording that holds more than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Leaves the rest out, as boxes do.
    Asked,
    /// Answers everything: a firmware that does not know the argument.
    Everything,
}

/// All recordings, by model.
pub struct Library(BTreeMap<String, BTreeMap<Key, Vec<Recording>>>);

impl Library {
    /// The recordings, which live outside of the repository; `None` where they are not at hand.
    pub fn open() -> Option<Self> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = std::env::var_os("LIVEBOX_RECORDINGS")
            .map(PathBuf::from)
            .into_iter()
            .chain(["../shared/recordings", "../../shared/recordings"].map(|folder| beside.join(folder)))
            .find(|folder| folder.is_dir())?;
        let mut models: BTreeMap<String, BTreeMap<Key, Vec<Recording>>> = BTreeMap::new();
        for path in files(&folder).iter().flat_map(|model| files(model)) {
            let model = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            if let Some((key, recording)) = read(&path) {
                models.entry(model).or_default().entry(key).or_default().push(recording);
            }
        }
        Some(Self(models))
    }

    pub fn models(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// The best recording for a call: its own parameters, else the one that holds most of what is asked for.
    fn best(&self, model: &str, key: &str, parameters: &Value) -> Option<(&Recording, usize)> {
        let recordings = self.0.get(model)?.get(key)?;
        // An object of expressions is answered by an object, which is no answer to another question.
        let same_shape = |recording: &&Recording| {
            parameters["expression"].is_object() == recording.parameters["expression"].is_object()
        };
        let rank = |recording: &&Recording| {
            let failed = recording.body.get("errors").is_some();
            (!failed, covered(recording, parameters), recording.parameters == *parameters, recording.size)
        };
        let best = recordings.iter().filter(same_shape).max_by_key(rank)?;
        Some((best, covered(best, parameters)))
    }

    /// With the first few entries of long lists only, since what they are like does not change with their number.
    pub fn abridged(mut self) -> Self {
        fn abridge(value: &mut Value) {
            match value {
                Value::Object(object) => object.values_mut().for_each(abridge),
                Value::Array(list) => {
                    list.truncate(4);
                    list.iter_mut().for_each(abridge);
                }
                _ => {}
            }
        }
        let recordings = self.0.values_mut().flat_map(BTreeMap::values_mut).flatten();
        recordings.for_each(|recording| abridge(&mut recording.body));
        self
    }

    /// Every recording of that call on that model, but for answers to several questions at once.
    pub fn every(&self, model: &str, key: &str) -> Vec<Value> {
        let recordings = self.0.get(model).and_then(|calls| calls.get(key)).into_iter().flatten();
        let single = recordings.filter(|recording| !recording.parameters["expression"].is_object());
        single.map(|recording| recording.body.clone()).collect()
    }

    fn answer(
        &self,
        model: &str,
        gaps: Gaps,
        extent: Extent,
        key: &str,
        parameters: &Value,
    ) -> Option<Value> {
        // Only reads: what a write does was not recorded, and the boxes of this test do nothing.
        let reads = ["get", "list", "topology"];
        if !reads.iter().any(|read| key.rsplit(':').next().is_some_and(|method| method.starts_with(read))) {
            return None;
        }
        let mut found = self.best(model, key, parameters);
        if gaps == Gaps::Kin {
            let place = |name: &str| KIN.iter().position(|known| *known == name).unwrap_or(KIN.len());
            let mut kin: Vec<&String> = self.0.keys().filter(|name| *name != model).collect();
            kin.sort_by_key(|name| place(name).abs_diff(place(model)));
            for name in kin {
                let other = self.best(name, key, parameters);
                let failed = |found: &Option<(&Recording, usize)>| {
                    found.is_some_and(|(recording, _)| recording.body.get("errors").is_some())
                };
                let better = match (&found, &other) {
                    (None, Some(_)) => !failed(&other),
                    (Some((_, ours)), Some((_, theirs))) => {
                        !failed(&found) && !failed(&other) && theirs > ours
                    }
                    (_, None) => false,
                };
                if better {
                    found = other;
                }
            }
        }
        let body = &found?.0.body;
        let asked = parameters["mibs"].as_str().filter(|_| extent == Extent::Asked);
        if let (Some(asked), Some(mibs)) = (asked, body["status"].as_object()) {
            let asked: Vec<&str> = asked.split_whitespace().collect();
            let mibs = mibs.iter().filter(|(name, _)| asked.contains(&name.as_str()));
            let mibs: Map<String, Value> = mibs.map(|(name, mib)| (name.clone(), mib.clone())).collect();
            return Some(json!({ "status": mibs }));
        }
        Some(body.clone())
    }
}

/// How many of the MIBs that are asked for a recording holds.
fn covered(recording: &Recording, parameters: &Value) -> usize {
    let asked = parameters["mibs"].as_str().unwrap_or_default();
    asked.split_whitespace().filter(|mib| !recording.body["status"][*mib].is_null()).count()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> Option<(Key, Recording)> {
    let name = path.file_name()?.to_str()?;
    if path.extension().is_none_or(|extension| extension != "json") || name.starts_with('_') {
        return None;
    }
    let text = std::fs::read_to_string(path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let (service, method) = (file["request"]["service"].as_str()?, file["request"]["method"].as_str()?);
    let kept = ["body", "inside-result", "body-repaired", "errors-only", "unknown"];
    if !kept.contains(&file["answer_scope"].as_str()?) || service.starts_with("sah.") {
        return None;
    }
    let body = file["answer"].get("result").unwrap_or(&file["answer"]).clone();
    let mut body =
        if body.get("error").is_some() { json!({ "status": null, "errors": [body] }) } else { body };
    mark_secrets(&mut body);
    let recording = Recording { parameters: file["request"]["parameters"].clone(), body, size: text.len() };
    Some((format!("{service}:{method}"), recording))
}

/// What no answer may repeat begins so.
pub const SECRET: &str = "SECRET-";

/// The recordings hold no secret any more, so ones that can be recognised are put in their places.
fn mark_secrets(value: &mut Value) {
    const SECRET_NAMES: [&str; 19] = [
        "KeyPassPhrase",
        "PreSharedKey",
        "WEPKey",
        "SAEPassphrase",
        "SelfPIN",
        "PIN",
        "PINCode",
        "RadiusSecret",
        "Password",
        "password",
        "RegistrationID",
        "LocalRegistrationID",
        "PonId",
        "PonID",
        "ProvisioningCode",
        "R0KHKey",
        "Username",
        "AuthenticationInformation",
        "ContactName",
    ];
    match value {
        Value::Object(object) => {
            let optical = object.contains_key("SignalRxPower") || object.contains_key("OpticalSignalLevel");
            let option = object.contains_key("Tag");
            for (name, value) in object {
                let secret = SECRET_NAMES.contains(&name.as_str())
                    || (optical && name == "SerialNumber")
                    || (option && name == "Value");
                if secret && value.is_string() {
                    *value = Value::String(format!("{SECRET}{name}"));
                }
                mark_secrets(value);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mark_secrets),
        _ => {}
    }
}

/// A running box.
#[derive(Clone)]
pub struct Replay {
    pub url: String,
    /// Where changes of this box are recorded.
    pub state: Arc<tempfile::TempDir>,
    /// What was asked and answered, the login left out.
    pub asked: Arc<Mutex<BTreeMap<Key, Value>>>,
    bend: Arc<Mutex<Option<(Key, Bend)>>>,
}

impl Replay {
    pub async fn start(library: Arc<Library>, model: &str, gaps: Gaps, extent: Extent) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let replay = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::new(tempfile::tempdir().unwrap()),
            asked: Arc::default(),
            bend: Arc::default(),
        };
        let (model, kept) = (model.to_owned(), replay.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (library, model, replay) = (Arc::clone(&library), model.clone(), kept.clone());
                tokio::spawn(async move {
                    let answer =
                        |key: &str, parameters: &Value| library.answer(&model, gaps, extent, key, parameters);
                    replay.serve(stream, answer).await;
                });
            }
        });
        replay
    }

    /// Bends the answer to that call from now on.
    pub fn bend(&self, bend: Option<(Key, Bend)>) {
        *self.bend.lock().unwrap() = bend;
    }

    async fn serve(&self, stream: TcpStream, answer: impl Fn(&str, &Value) -> Option<Value>) {
        stream.set_nodelay(true).unwrap();
        let mut stream = BufReader::new(stream);
        while let Some((first, body)) = request(&mut stream).await {
            if !first.starts_with("POST /ws ") {
                let page = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
                if stream.write_all(page.as_bytes()).await.is_err() {
                    return;
                }
                continue;
            }
            let (cookie, body) = self.reply(&body, &answer);
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{cookie}Content-Length: {}\r\n\r\n",
                body.len()
            );
            if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn reply(&self, body: &[u8], answer: &impl Fn(&str, &Value) -> Option<Value>) -> (&'static str, Value) {
        let call: Value = serde_json::from_slice(body).unwrap();
        let (service, method) = (call["service"].as_str().unwrap(), call["method"].as_str().unwrap());
        let key = format!("{service}:{method}");
        match key.as_str() {
            "sah.Device.Information:createContext" => {
                let context = json!({ "contextID": "replayed", "username": "admin", "groups": "http,admin" });
                let cookie = "Set-Cookie: 5e55104e/sessid=replayed; path=/; SameSite=Strict; HttpOnly\r\n";
                return (cookie, json!({ "status": 0, "data": context }));
            }
            "HTTPService:getCurrentUser" => {
                return ("", json!({ "status": null, "data": { "currentUser": "admin" } }));
            }
            _ => {}
        }
        let Some(mut body) = answer(&key, &call["parameters"]) else {
            let missing =
                json!({ "error": 196_618, "description": "Object or parameter not found", "info": service });
            return ("", json!({ "status": null, "errors": [missing] }));
        };
        self.asked.lock().unwrap().insert(key.clone(), body.clone());
        if let Some((bent, bend)) = &*self.bend.lock().unwrap()
            && *bent == key
        {
            bend(&mut body);
        }
        if body.as_object().is_none_or(Map::is_empty) {
            body = json!({ "status": null });
        }
        ("", body)
    }
}

/// The first line of a request, and its body.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut first = String::new();
    stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((first, body))
}
