//! An emulated box, the binary in front of it, and a few ways to talk to both.

use std::{path::PathBuf, process::Stdio};

use emulator::{Emulator, Handle, Options};
use livebox::{Answer, Audience, Caller, Client, Context, Nobody, Order, Policy, ToolDef, ToolError};
use serde_json::{Value, json};
use sysbus::{Endpoint, Password, Secret, Session, Trust};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
};

pub const PASSWORD: &str = "Pa55-de-test";

/// An emulated box with its own folders for settings and state.
pub struct Bench {
    pub livebox: Handle,
    pub password: String,
    pub folder: tempfile::TempDir,
    pub speed_url: String,
}

/// What a command said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        Self::of(Options { password: PASSWORD.to_owned(), ..options }).await
    }

    /// With the password of these options.
    pub async fn of(options: Options) -> Self {
        let password = options.password.clone();
        let livebox = Emulator::start("127.0.0.1:0", options).await.unwrap();
        let speed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let speed_url = format!("http://{}", speed.local_addr().unwrap());
        tokio::spawn(emulator::speed::serve(speed, std::future::pending::<()>()));
        Self { livebox, password, folder: tempfile::tempdir().unwrap(), speed_url }
    }

    /// A box on which that tool's example works: those of the journal need a change in it.
    pub async fn ready_for(def: &ToolDef) -> Self {
        let bench = Self::start().await;
        if def.group.name == "journal" {
            let rename = livebox::find("host_rename").unwrap();
            bench.invoke(rename, json!({ "host": "nas-familial", "name": "NAS" })).await.unwrap();
            let dmz = livebox::find("dmz_set").unwrap();
            bench.invoke(dmz, json!({ "host": "NAS" })).await.unwrap();
        }
        bench
    }

    /// The binary, with nothing of this computer's settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        // Nobody sits in front of a test: what is about consent starts from `asking`.
        command.args(["--policy", "change=allow", "--policy", "disrupt=allow"]);
        self.dress(&mut command);
        command
    }

    /// The binary with the default policy, which asks before it changes anything.
    pub fn asking(&self) -> Command {
        let mut command = Command::new(binary());
        self.dress(&mut command);
        command
    }

    fn dress(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("LIVEBOX_HOST", self.livebox.url())
            .env("LIVEBOX_PASSWORD", &self.password)
            .env("LIVEBOX_SPEED_URL", &self.speed_url)
            .env("LIVEBOX_MCP_CONFIG", self.folder.path())
            .env("LIVEBOX_MCP_STATE", self.folder.path())
            .env("LIVEBOX_MCP_KEYCHAIN", "0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
    }

    /// Runs the binary with these words, shell quoting understood.
    pub async fn run(&self, words: &str) -> Said {
        said(self.command().args(shlex::split(words).unwrap())).await
    }

    /// A context on this box with everything permitted.
    pub fn context(&self) -> Context {
        let session = Session::new(sysbus::Config {
            endpoint: Endpoint::parse(&self.livebox.url(), Trust::System).unwrap(),
            user: "admin".to_owned(),
            password: Password::Given(Secret::new(self.password.as_str())),
            state: None,
            honour_refusal: false,
        });
        Context::new(session)
            .with_policy(Policy { accept_secrets: true, ..Policy::unasked() })
            .with_state(Some(self.folder.path().to_owned()))
            .with_vault(Some(vault::Vault::without_keychain(self.folder.path().join("vault"))))
            .with_speed_url(Some(self.speed_url.parse().unwrap()))
    }

    /// Runs a tool in this process.
    pub async fn invoke(&self, def: &ToolDef, args: Value) -> Result<Answer, ToolError> {
        livebox::invoke(&self.context(), def, &order_for(def), args).await
    }

    /// The binary as an MCP server.
    pub fn serve(&self, extra: &[(&str, &str)]) -> Peer {
        Peer::start(self.command().envs(extra.iter().copied()).arg("mcp"))
    }
}

/// A model's order, by a client that can ask nobody.
pub fn order() -> Order<'static> {
    let client = Client { name: "test".to_owned(), version: "0".to_owned(), transport: "test".to_owned() };
    Order { caller: Caller::Model, client, consent: &Nobody, plan_only: false }
}

/// As [`order`]; by a person, for the tools that only people have.
pub fn order_for(def: &ToolDef) -> Order<'static> {
    let caller = if def.audience == Audience::Everyone { Caller::Model } else { Caller::CommandLine };
    Order { caller, ..order() }
}

pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_livebox-mcp"))
}

pub async fn said(command: &mut Command) -> Said {
    let output = command.output().await.unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An MCP client made of literal lines, so that it cannot share a mistake with the SDK.
pub struct Peer {
    pub child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    log: JoinHandle<String>,
    next_id: u64,
}

impl Peer {
    pub fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = child.stderr.take().unwrap();
        // Read all along: a server whose log nobody reads would stand still when the pipe is full.
        let log = tokio::spawn(async move {
            let mut text = String::new();
            stderr.read_to_string(&mut text).await.unwrap();
            text
        });
        Self { child, input, output, log, next_id: 0 }
    }

    pub async fn line(&mut self, line: &str) {
        self.input.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// The next message; `None` at the end of the server's output.
    pub async fn next(&mut self) -> Option<Value> {
        let line = self.output.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).expect("only JSON on stdout"))
    }

    pub async fn send(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.line(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string())
            .await;
        id
    }

    /// The answer to that request, other messages skipped.
    pub async fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next().await.expect("the server answers");
            if message["id"] == id {
                return message;
            }
        }
    }

    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        self.answer(id).await
    }

    pub async fn initialize(&mut self) -> Value {
        self.initialize_with(json!({})).await
    }

    /// As a client with those capabilities.
    pub async fn initialize_with(&mut self, capabilities: Value) -> Value {
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": { "name": "test", "version": "0" } });
        let answer = self.request("initialize", hello).await;
        self.line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        answer
    }

    /// Calls a tool and returns its result.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({ "name": tool, "arguments": arguments })).await;
        answer["result"].clone()
    }

    /// Asks for a tool, without waiting; returns the request's id.
    pub async fn start_call(&mut self, tool: &str, arguments: Value) -> u64 {
        self.send("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// The server's next question to the person.
    pub async fn question(&mut self) -> Value {
        self.next_called("elicitation/create").await
    }

    /// The server's next message of that method.
    pub async fn next_called(&mut self, method: &str) -> Value {
        loop {
            let message = self.next().await.expect("the server goes on");
            if message["method"] == method {
                return message;
            }
        }
    }

    /// Answers a request of the server.
    pub async fn reply(&mut self, question: &Value, result: Value) {
        self.line(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }).to_string()).await;
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits for the process to leave; returns its exit code and what it logged.
    pub async fn leave(mut self) -> Said {
        self.close_input();
        let mut out = String::new();
        while let Some(line) = self.output.next_line().await.unwrap() {
            out.push_str(&line);
            out.push('\n');
        }
        let status = self.child.wait().await.unwrap();
        Said { code: status.code().unwrap_or(-1), out, err: self.log.await.unwrap() }
    }
}

/// The parameters of a request of the 2026 protocol, from a client with those capabilities.
pub fn modern(mut params: Value, capabilities: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
    });
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    params
}

/// Text of a tool result.
pub fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}
