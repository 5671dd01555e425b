//! `livebox-mcp demo`: what an assistant sees, in under a minute, with nothing to set up.
//!
//! An emulated box on a free loopback port, and this same program as the ordinary MCP server in front of it,
//! spoken to over standard input and output. There is no special path inside either.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use emulator::{Emulator, Options};
use journal::Journal;
use livebox::{Lang, ToolError, say};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{books::usable, terminal::print};

/// Password of the demo's box.
const PASSWORD: &str = "demo-only";

/// One exchange: what a person asks, in both languages, and the call that an assistant makes of it.
struct Exchange {
    english: &'static str,
    french: &'static str,
    tool: &'static str,
    arguments: fn() -> Value,
}

const EXCHANGES: &[Exchange] = &[
    Exchange {
        english: "Is the Internet connection fine?",
        french: "La connexion Internet va-t-elle bien ?",
        tool: "connection_show",
        arguments: || json!({}),
    },
    Exchange {
        english: "What is on my network?",
        french: "Qu'y a-t-il sur mon réseau ?",
        tool: "host_list",
        arguments: || json!({ "limit": 8 }),
    },
    Exchange {
        english: "How is the Wi-Fi set up?",
        french: "Comment est réglé le Wi-Fi ?",
        tool: "wifi_show",
        arguments: || json!({}),
    },
    Exchange {
        english: "Did I miss a call?",
        french: "Ai-je manqué un appel ?",
        tool: "call_list",
        arguments: || json!({ "kind": "missed", "limit": 3 }),
    },
    Exchange {
        english: "Open port 8443 to the Raspberry.",
        french: "Ouvrez le port 8443 vers le Raspberry.",
        tool: "port_forward_add",
        arguments: || json!({ "name": "rpi-https", "host": "Raspberry Domotique", "external_port": 8443, "protocol": "tcp" }),
    },
    Exchange {
        english: "Then port 8444.",
        french: "Alors le port 8444.",
        tool: "port_forward_add",
        arguments: || json!({ "name": "rpi-https", "host": "Raspberry Domotique", "external_port": 8444, "internal_port": 443, "protocol": "tcp" }),
    },
    Exchange {
        english: "No, take that back.",
        french: "Non, annulez cela.",
        tool: "journal_undo",
        arguments: || json!({}),
    },
    Exchange {
        english: "Set the Wi-Fi key to hunter2hunter2.",
        french: "Mettez la clé Wi-Fi hunter2hunter2.",
        tool: "wifi_key_set",
        arguments: || json!({ "network": "5", "key": "hunter2hunter2" }),
    },
];

/// Runs the demo.
pub(crate) async fn run(lang: Lang) -> Result<(), ToolError> {
    let options = Options { password: PASSWORD.to_owned(), ..Options::default() };
    let livebox = Emulator::start("127.0.0.1:0", options).await.map_err(|error| failed(&error))?;
    print(lang.pick(
        "livebox-mcp demo: an emulated Livebox 6 with an invented family, and the ordinary MCP server in front of it.\n",
        "Démonstration de livebox-mcp : une Livebox 6 émulée avec une famille inventée, et le serveur MCP ordinaire devant elle.\n",
    ));
    let folder = Folder::new();
    let mut client = Client::start(&livebox.url(), &folder.0, lang).await?;
    let tools = client.request("tools/list", json!({})).await?;
    let count = tools.get("tools").and_then(Value::as_array).map_or(0, Vec::len);
    print(&lang.pick(
        format!("The assistant is offered {count} tools. A conversation, as it sees it:\n"),
        format!("L'assistant dispose de {count} outils. Une conversation, telle qu'il la voit :\n"),
    ));
    for exchange in EXCHANGES {
        show(&mut client, exchange, &folder.0, lang).await?;
    }
    client.stop().await;
    livebox.shutdown().await;
    print(&farewell(lang));
    Ok(())
}

async fn show(client: &mut Client, exchange: &Exchange, folder: &Path, lang: Lang) -> Result<(), ToolError> {
    print(&format!("┌ {}", lang.pick(exchange.english, exchange.french)));
    let result = call(client, exchange, lang).await?;
    if let Some(id) = result.pointer("/structuredContent/approval/id").and_then(Value::as_str) {
        agree(folder, id, lang)?;
        call(client, exchange, lang).await?;
    }
    print("└\n");
    Ok(())
}

/// One call of the assistant, and what it reads.
async fn call(client: &mut Client, exchange: &Exchange, lang: Lang) -> Result<Value, ToolError> {
    let arguments = (exchange.arguments)();
    print(&format!("│ → {} {arguments}", exchange.tool));
    let result =
        client.request("tools/call", json!({ "name": exchange.tool, "arguments": arguments })).await?;
    let text = result.pointer("/content/0/text").and_then(Value::as_str).unwrap_or_default();
    let refused = result.get("isError").and_then(Value::as_bool) == Some(true);
    let mark = if refused { lang.pick("refused: ", "refusé : ") } else { "" };
    for (index, line) in text.lines().enumerate() {
        print(&format!("│ {}{line}", if index == 0 { mark } else { "" }));
    }
    Ok(result)
}

/// The part of the person: on their own box they would be asked, at a terminal of theirs.
fn agree(folder: &Path, id: &str, lang: Lang) -> Result<(), ToolError> {
    print(&lang.pick(
        format!("│ ● A person agrees, which the demo plays: they would run `livebox-mcp approve {id}` and type a code."),
        format!("│ ● Une personne accepte, ce que joue la démonstration : elle lancerait « livebox-mcp approve {id} » et taperait un code."),
    ));
    let journal = usable(Journal::open(folder))?;
    usable(journal.answer_approval(id, true, jiff::Timestamp::now()))?;
    Ok(())
}

/// A folder for the demo's journal: the owner's own settings and journal stay out of it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("livebox-mcp-demo-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays in a temporary folder is the system's to remove.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn farewell(lang: Lang) -> String {
    let program =
        std::env::current_exe().map_or_else(|_| "livebox-mcp".to_owned(), |path| path.display().to_string());
    lang.pick(
        format!(
            "Try it by hand:\n\
             \u{20} {program} emulate                     (in one terminal)\n\
             \u{20} LIVEBOX_HOST=127.0.0.1:18080 LIVEBOX_PASSWORD=Livebox6 {program} host list\n\n\
             Connect your assistant to your own box (Claude Code; the README has Claude Desktop, Cursor and VS Code):\n\
             \u{20} claude mcp add livebox --env LIVEBOX_PASSWORD=… -- {program} mcp\n\n\
             The password is the one of the box's web page, http://192.168.1.1: by default the first 8 characters of\n\
             the Wi-Fi key printed on its label. To let the assistant look but not touch, add --read-only after mcp."
        ),
        format!(
            "Pour essayer à la main :\n\
             \u{20} {program} emulate                     (dans un terminal)\n\
             \u{20} LIVEBOX_HOST=127.0.0.1:18080 LIVEBOX_PASSWORD=Livebox6 {program} host list\n\n\
             Connectez votre assistant à votre propre box (Claude Code ; le README traite Claude Desktop, Cursor et VS Code) :\n\
             \u{20} claude mcp add livebox --env LIVEBOX_PASSWORD=… -- {program} mcp\n\n\
             Le mot de passe est celui de la page web de la box, http://192.168.1.1 : par défaut les 8 premiers caractères\n\
             de la clé Wi-Fi imprimée sur son étiquette. Pour que l'assistant regarde sans toucher, ajoutez --read-only après mcp."
        ),
    )
}

fn failed(problem: &dyn std::fmt::Display) -> ToolError {
    ToolError::Failed(say!(
        "The demo cannot run: {problem}.",
        "La démonstration ne peut pas tourner : {problem}."
    ))
}

/// Just enough of an MCP client for the demo: one request at a time over the pipes of a child process.
struct Client {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    next_id: u64,
}

impl Client {
    async fn start(url: &str, folder: &Path, lang: Lang) -> Result<Self, ToolError> {
        let program = std::env::current_exe().map_err(|error| failed(&error))?;
        let mut child = Command::new(program)
            .arg("mcp")
            .env("LIVEBOX_HOST", url)
            .env("LIVEBOX_PASSWORD", PASSWORD)
            .env("LIVEBOX_USER", "admin")
            .env("LIVEBOX_LANG", lang.pick("en", "fr"))
            // The demo shows the product as shipped: the owner's own settings stay out of it.
            .env("LIVEBOX_MCP_ACCEPT_SECRETS", "0")
            .env("LIVEBOX_MCP_CONFIG", folder)
            .env("LIVEBOX_MCP_STATE", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(&error))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"no pipes"));
        };
        let mut client = Self { child, input, output: BufReader::new(output).lines(), next_id: 0 };
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": { "name": "livebox-mcp demo", "version": env!("CARGO_PKG_VERSION") },
        });
        client.request("initialize", hello).await?;
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await?;
        Ok(client)
    }

    async fn send(&mut self, message: &Value) -> Result<(), ToolError> {
        self.input.write_all(format!("{message}\n").as_bytes()).await.map_err(|error| failed(&error))
    }

    async fn request(&mut self, method: &str, params: Value) -> Result<Value, ToolError> {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await?;
        while let Some(line) = self.output.next_line().await.map_err(|error| failed(&error))? {
            let answer: Value = serde_json::from_str(&line).map_err(|error| failed(&error))?;
            if answer.get("id").and_then(Value::as_u64) == Some(id) {
                return answer.get("result").cloned().ok_or_else(|| failed(&answer));
            }
        }
        Err(failed(&"the server left"))
    }

    /// Ends as clients do: closes the server's input and lets it leave.
    async fn stop(mut self) {
        drop(self.input);
        if let Err(error) = self.child.wait().await {
            tracing::debug!(%error, "the demo's server could not be waited for");
        }
    }
}
