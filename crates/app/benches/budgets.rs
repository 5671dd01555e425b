//! The budgets that are times and sizes, measured on the optimised binary: `just bench`.
//!
//! The yardstick of every time is a raw HTTP call to the same emulator in the same run, over one kept-alive
//! connection: single absolute times depend on the machine, ratios much less.

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a measurement that cannot go on stops"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use emulator::{Emulator, Handle, Options};
use livebox::{Caller, Client, Context, Nobody, Order};
use serde_json::{Value, json};
use sysbus::{Endpoint, Password, Secret, Session, Trust};

const PASSWORD: &str = "Mesure-42";
const BINARY: &str = env!("CARGO_BIN_EXE_livebox-mcp");

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = Options { password: PASSWORD.to_owned(), ..Options::default() };
    let livebox = runtime.block_on(Emulator::start("127.0.0.1:0", options)).unwrap();

    println!("{:<58} {:>12} {:>12}", "what", "measured", "ceiling");
    let size = std::fs::metadata(BINARY).unwrap().len() as f64 / 1e6;
    row("release binary", &format!("{size:.1} MB"), "15 MB");

    let starts = sample(40, || {
        let begin = Instant::now();
        let mut server = Server::start(&livebox);
        server.request("tools/list", &json!({}));
        begin.elapsed()
    });
    row("cold start to tools/list answered, stdio (median of 40)", &ms(starts), "8 ms");

    let mut server = Server::start(&livebox);
    let list = server.request("tools/list", &json!({}));
    if let Some(memory) = server.resident() {
        row("resident memory, idle stdio server", &format!("{memory:.1} MB"), "12 MB");
    }
    let tokens = tiktoken_rs::o200k_base_singleton();
    let tools = list["result"]["tools"].as_array().unwrap();
    let seen: usize = tools
        .iter()
        .map(|tool| json!({ "name": tool["name"], "description": tool["description"], "input_schema": tool["inputSchema"] }))
        .map(|tool| tokens.encode_with_special_tokens(&tool.to_string()).len())
        .sum();
    row(&format!("tokens of the {} tools, as a model sees them", tools.len()), &seen.to_string(), "6000");
    let whole = tokens.encode_with_special_tokens(&list["result"]["tools"].to_string()).len();
    row("tokens of the whole list", &whole.to_string(), "15000");

    let mut raw = Raw::login(&livebox);
    let yardstick = sample(400, || raw.call("NMC", "getWANStatus"));
    row("yardstick: raw HTTP call NMC:getWANStatus (median of 400)", &ms(yardstick), "");
    let yard_devices = sample(100, || raw.devices());
    row("yardstick: raw HTTP call Devices:get, decoded (median of 100)", &ms(yard_devices), "");

    // In process, the cache of reads emptied before each call: the box's answer and our own time.
    let cx = context(&livebox);
    let client = Client { name: "bench".to_owned(), version: "0".to_owned(), transport: "none".to_owned() };
    let order = Order { caller: Caller::Model, client, consent: &Nobody, plan_only: false };
    for (tool, args, calls, yard) in
        [("dmz_show", json!({}), 1.0, yardstick), ("host_list", json!({}), 1.0, yard_devices)]
    {
        let def = livebox::find(tool).unwrap();
        let whole = sample(200, || {
            cx.session().forget_reads();
            let begin = Instant::now();
            runtime.block_on(livebox::invoke(&cx, def, &order, args.clone())).unwrap();
            begin.elapsed()
        });
        let ratio = whole.as_secs_f64() / (yard.as_secs_f64() * calls);
        row(&format!("{tool}, in process (median of 200)"), &format!("{} = {ratio:.2} x", ms(whole)), "");
    }

    // Over stdio, answered from the one-second cache: nothing but our own time, the pipes and JSON-RPC.
    for tool in ["dmz_show", "host_list", "wifi_show"] {
        server.call(tool);
        let own = sample(200, || {
            let begin = Instant::now();
            server.call(tool);
            begin.elapsed()
        });
        row(&format!("{tool}, our own time over stdio (median of 200)"), &ms(own), "0.5 ms");
    }
}

fn row(what: &str, measured: &str, ceiling: &str) {
    println!("{what:<58} {measured:>12} {ceiling:>12}");
}

fn ms(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}

/// Median of so many runs, the first tenth thrown away.
fn sample(count: usize, mut run: impl FnMut() -> Duration) -> Duration {
    for _ in 0..count / 10 {
        run();
    }
    let mut times: Vec<Duration> = (0..count).map(|_| run()).collect();
    times.sort();
    times[count / 2]
}

fn context(livebox: &Handle) -> Context {
    Context::new(Session::new(sysbus::Config {
        endpoint: Endpoint::parse(&livebox.url(), Trust::System).unwrap(),
        user: "admin".to_owned(),
        password: Password::Given(Secret::new(PASSWORD)),
        state: None,
        honour_refusal: false,
    }))
}

/// The binary as an MCP server on pipes.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next_id: u64,
}

impl Server {
    fn start(livebox: &Handle) -> Self {
        let mut child = Command::new(BINARY)
            .arg("mcp")
            .env("LIVEBOX_HOST", livebox.url())
            .env("LIVEBOX_PASSWORD", PASSWORD)
            .env("LIVEBOX_MCP_CONFIG", "/nonexistent")
            .env("LIVEBOX_MCP_STATE", std::env::temp_dir().join("livebox-mcp-bench"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, input, output, next_id: 0 };
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "bench", "version": "0" } });
        server.request("initialize", &hello);
        server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        server
    }

    fn send(&mut self, message: &Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == self.next_id {
                return answer;
            }
        }
    }

    fn call(&mut self, tool: &str) {
        let answer = self.request("tools/call", &json!({ "name": tool, "arguments": {} }));
        assert!(answer["result"]["structuredContent"].is_object(), "{answer}");
    }

    /// Resident memory in MB, where the system tells.
    fn resident(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1e3)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client of bare sockets: what a call costs without us.
struct Raw {
    stream: TcpStream,
    headers: String,
}

impl Raw {
    fn login(livebox: &Handle) -> Self {
        let stream = TcpStream::connect(livebox.addr()).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut raw = Self { stream, headers: "Authorization: X-Sah-Login\r\n".to_owned() };
        let body = json!({ "service": "sah.Device.Information", "method": "createContext",
            "parameters": { "applicationName": "so_sdkut", "username": "admin", "password": PASSWORD } });
        let (head, answer) = raw.post(&body.to_string());
        let context = serde_json::from_slice::<Value>(&answer).unwrap()["data"]["contextID"]
            .as_str()
            .unwrap()
            .to_owned();
        let cookie = head
            .lines()
            .filter_map(|line| line.strip_prefix("Set-Cookie: ")?.split(';').next())
            .rfind(|pair| pair.contains("/sessid=") && !pair.ends_with('='))
            .or_else(|| {
                head.lines()
                    .filter_map(|line| line.strip_prefix("Set-Cookie: ")?.split(';').next())
                    .next_back()
            })
            .unwrap()
            .to_owned();
        raw.headers = format!("X-Context: {context}\r\nCookie: {cookie}\r\n");
        raw
    }

    fn post(&mut self, body: &str) -> (String, Vec<u8>) {
        let request = format!(
            "POST /ws HTTP/1.1\r\nHost: livebox\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.headers,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).unwrap();
        let mut seen = Vec::new();
        let mut block = vec![0; 65_536];
        loop {
            let read = self.stream.read(&mut block).unwrap();
            assert!(read > 0, "the emulator closed the connection");
            seen.extend_from_slice(&block[..read]);
            let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&seen[..end]).into_owned();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "))
                .and_then(|length| length.trim().parse().ok())
                .expect("a length");
            if seen.len() >= end + 4 + length {
                return (head, seen.split_off(end + 4));
            }
        }
    }

    fn call(&mut self, service: &str, method: &str) -> Duration {
        let body = json!({ "service": service, "method": method, "parameters": {} }).to_string();
        let begin = Instant::now();
        self.post(&body);
        begin.elapsed()
    }

    /// The heaviest everyday call, its JSON parsed: any client pays that.
    fn devices(&mut self) -> Duration {
        let parameters = json!({ "expression": "physical and !self and !voice", "flags": "no_actions" });
        let body = json!({ "service": "Devices", "method": "get", "parameters": parameters }).to_string();
        let begin = Instant::now();
        let (_, answer) = self.post(&body);
        let decoded: Value = serde_json::from_slice(&answer).unwrap();
        assert!(decoded["status"].as_array().is_some_and(|list| list.len() > 10), "{decoded}");
        begin.elapsed()
    }
}
