//! What depends on how long a person has to answer; all else is tested from outside, in `tests/it`.

use std::time::Duration;

use emulator::{Emulator, Handle, Options};
use livebox::{Context, Lang, ToolError};
use serde_json::{Value, json};
use sysbus::{Endpoint, Password, Secret, Session, Trust};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    task::JoinHandle,
};

use super::{Server, serve};

const PASSWORD: &str = "Pa55-de-test";

/// A server in this process in front of an emulated box, and a client of literal lines.
struct Talk {
    livebox: Handle,
    _state: tempfile::TempDir,
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    server: JoinHandle<Result<(), ToolError>>,
}

impl Talk {
    async fn with_patience(patience: Duration) -> Self {
        let options = Options { password: PASSWORD.to_owned(), ..Options::default() };
        let livebox = Emulator::start("127.0.0.1:0", options).await.unwrap();
        let state = tempfile::tempdir().unwrap();
        let (url, folder) = (livebox.url(), state.path().to_owned());
        let setup = move || {
            let session = Session::new(sysbus::Config {
                endpoint: Endpoint::parse(&url, Trust::System)?,
                user: "admin".to_owned(),
                password: Password::Given(Secret::new(PASSWORD)),
                state: None,
                honour_refusal: false,
            });
            Ok(Context::new(session).with_state(Some(folder.clone())))
        };
        let (mine, theirs) = tokio::io::duplex(1 << 20);
        let (their_input, their_output) = tokio::io::split(theirs);
        let server = Server::new(std::sync::Arc::new(setup), Lang::En, patience);
        let server = tokio::spawn(serve(server, their_input, their_output));
        let (output, input) = tokio::io::split(mine);
        Self { livebox, _state: state, input, output: BufReader::new(output).lines(), server }
    }

    async fn say(&mut self, message: Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, id: u64, method: &str, params: Value) {
        self.say(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
    }

    /// The next message that fits.
    async fn hear(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.output.next_line().await.unwrap().expect("the server goes on");
            let message: Value = serde_json::from_str(&line).unwrap();
            if fits(&message) {
                return message;
            }
        }
    }

    async fn initialize(&mut self) {
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "test", "version": "0" } });
        self.ask(1, "initialize", hello).await;
        self.hear(|message| message["id"] == 1).await;
        self.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    }
}

fn set_dmz() -> Value {
    json!({ "name": "dmz_set", "arguments": { "host": "nas-familial" } })
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_question_that_nobody_answers_is_a_no() {
    let mut talk = Talk::with_patience(Duration::from_millis(100)).await;
    talk.initialize().await;
    talk.ask(2, "tools/call", set_dmz()).await;
    let question = talk.hear(|message| message["method"] == "elicitation/create").await;
    let taken_back = talk.hear(|message| message["method"] == "notifications/cancelled").await;
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
    let answer = talk.hear(|message| message["id"] == 2 && message["result"].is_object()).await;
    assert!(answer["result"]["isError"] == true && text(&answer).contains("nobody answered"), "{answer}");
    // A yes that comes late, and comes twice, is nobody's any more.
    let yes = json!({ "action": "accept", "content": { "confirm": true } });
    for _ in 0..2 {
        talk.say(json!({ "jsonrpc": "2.0", "id": question["id"], "result": yes })).await;
    }
    talk.ask(3, "tools/call", json!({ "name": "dmz_show", "arguments": {} })).await;
    let answer = talk.hear(|message| message["id"] == 3).await;
    assert!(answer["result"]["structuredContent"].is_object(), "{answer}");
    assert_eq!(talk.livebox.requests().count("Firewall:setDMZ"), 0);
}

#[tokio::test]
async fn a_state_that_comes_back_late_is_refused() {
    let mut talk = Talk::with_patience(Duration::from_millis(50)).await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
    });
    let mut call = set_dmz();
    call["_meta"] = meta;
    talk.ask(1, "tools/call", call.clone()).await;
    let asked = talk.hear(|message| message["id"] == 1).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    call["requestState"] = asked["result"]["requestState"].clone();
    call["inputResponses"] = json!({ "consent": { "action": "accept", "content": { "confirm": true } } });
    talk.ask(2, "tools/call", call).await;
    let answer = talk.hear(|message| message["id"] == 2).await;
    assert!(answer["result"]["isError"] == true && text(&answer).contains("too late"), "{answer}");
    assert_eq!(talk.livebox.requests().count("Firewall:setDMZ"), 0);
    drop((talk.input, talk.output));
    talk.server.await.unwrap().unwrap();
}
