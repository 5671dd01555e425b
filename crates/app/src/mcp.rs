//! The MCP server, built from the registry. The only file that names the SDK.
//!
//! Both eras of the protocol are served by the SDK from one process; what it leaves to us is here: a guard on
//! standard input, an orderly end, slim schemas, one choke point for calls.

use std::{
    borrow::Cow,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use livebox::{
    Access, Caller, Client, Context, Lang, Nobody, Order, Policy, Progress, ToolDef, ToolError, say,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        CustomNotification, CustomRequest, CustomResult, ErrorCode, Implementation, JsonRpcMessage,
        ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
        ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
    },
    service::{RequestContext, RxJsonRpcMessage, TxJsonRpcMessage},
    transport::{Transport, async_rw::AsyncRwTransport, io::stdio_pipes},
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{config::Settings, lines};

const INSTRUCTIONS: &str = include_str!("instructions.txt");

/// How long a client may keep the tool list: it only changes with the owner's settings.
const LIST_TTL_MS: u64 = 300_000;

/// After the client closed stdin: how long calls that read may still answer.
const GRACE_FOR_READS: Duration = Duration::from_secs(1);
/// The same for calls that change the box: they are seen through, up to the longest time limit of a write.
const GRACE_FOR_WRITES: Duration = Duration::from_secs(40);

/// Serves MCP on standard input and output until the client leaves.
pub(crate) async fn serve_stdio(settings: Result<Settings, ToolError>, lang: Lang) -> Result<(), ToolError> {
    let server = Server::new(settings, lang);
    let running = server.running.clone();
    let stop = CancellationToken::new();
    let (input, output) = stdio_pipes();
    let guard = Guarded {
        inner: AsyncRwTransport::new_server(lines::readable(input), output),
        opened: false,
        running,
        stop: stop.clone(),
    };
    let service = match server.serve_with_ct(guard, stop).await {
        Ok(service) => service,
        // The client left before its first request, as throw-away probes do.
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(broken(&error.to_string())),
    };
    service.waiting().await.map(|_| ()).map_err(|error| broken(&error.to_string()))
}

fn broken(problem: &str) -> ToolError {
    ToolError::Failed(say!("The MCP session ended: {problem}.", "La session MCP a pris fin : {problem}."))
}

/// Requests under way, so that the end of stdin waits for their answers.
#[derive(Debug, Default)]
struct Running {
    /// Requests read whose answer has not been written.
    requests: AtomicUsize,
    /// Those of them that change the box.
    writes: AtomicUsize,
    changed: Notify,
}

/// One change under way; dropped when it ends, however it ends.
struct Writing(Arc<Running>);

impl Running {
    fn asked(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn answered(&self) {
        // An answer without a request (to a line that was no request) does not count.
        let _ = self.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| open.checked_sub(1));
        self.changed.notify_waiters();
    }

    fn write(self: &Arc<Self>) -> Writing {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_waiters();
        Writing(Arc::clone(self))
    }

    /// Waits until every request is answered, as long as each kind deserves.
    async fn drain(&self) {
        let start = tokio::time::Instant::now();
        loop {
            let changed = self.changed.notified();
            let grace = match (self.requests.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed)) {
                (0, 0) => return,
                (_, 0) => GRACE_FOR_READS,
                _ => GRACE_FOR_WRITES,
            };
            if tokio::time::timeout_at(start + grace, changed).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.writes.fetch_sub(1, Ordering::Relaxed);
        self.0.changed.notify_waiters();
    }
}

/// Standard input, made safe: a notification or response before the first request would end the SDK's
/// service, and the end of input would cut running calls or hang on them.
struct Guarded<T> {
    inner: T,
    opened: bool,
    running: Arc<Running>,
    stop: CancellationToken,
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Guarded<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        let is_answer = matches!(message, JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_));
        let sending = self.inner.send(outgoing(message));
        let running = Arc::clone(&self.running);
        async move {
            let sent = sending.await;
            if is_answer {
                running.answered();
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            match self.inner.receive().await {
                None => {
                    self.running.drain().await;
                    let stop = self.stop.clone();
                    // The last answers are being written: leave them a moment, then end whatever remains.
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        stop.cancel();
                    });
                    return None;
                }
                Some(message @ JsonRpcMessage::Request(_)) => {
                    self.opened = true;
                    self.running.asked();
                    return Some(message);
                }
                Some(message) if self.opened => return Some(message),
                Some(_) => tracing::debug!("ignored a message before the first request"),
            }
        }
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.inner.close().await
    }
}

/// The message as it may leave: the one place through which everything passes that goes to a client. Next to never
/// has anything to be taken out, so the message is first looked at as the text that it becomes.
fn outgoing(message: TxJsonRpcMessage<RoleServer>) -> TxJsonRpcMessage<RoleServer> {
    if serde_json::to_string(&message).is_ok_and(|text| sysbus::may_leave(&text)) {
        return message;
    }
    match message {
        JsonRpcMessage::Response(mut response) => {
            response.result = CustomResult(cleaned(&response.result)).into();
            JsonRpcMessage::Response(response)
        }
        JsonRpcMessage::Error(mut failure) => {
            failure.error.message = sysbus::outgoing(&failure.error.message).into_owned().into();
            failure.error.data = failure.error.data.as_ref().map(cleaned);
            JsonRpcMessage::Error(failure)
        }
        JsonRpcMessage::Notification(mut note) => {
            let (method, params) = parts(cleaned(&note.notification));
            note.notification = CustomNotification::new(method, params).into();
            JsonRpcMessage::Notification(note)
        }
        JsonRpcMessage::Request(mut request) => {
            let (method, params) = parts(cleaned(&request.request));
            request.request = CustomRequest::new(method, params).into();
            JsonRpcMessage::Request(request)
        }
    }
}

fn cleaned(part: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(part).unwrap_or_default();
    sysbus::outgoing_json(&mut value);
    value
}

fn parts(mut message: Value) -> (String, Option<Value>) {
    let method = message.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
    (method, message.get_mut("params").map(Value::take))
}

/// The server: the tools on one box, for one client.
#[derive(Clone)]
struct Server {
    /// The context, or why there is none (a bad address or configuration, say): told at each call, so that the client still
    /// starts and the person reads the reason.
    cx: Arc<Result<Context, ToolError>>,
    lang: Lang,
    tools: Arc<Vec<Tool>>,
    running: Arc<Running>,
}

impl Server {
    fn new(settings: Result<Settings, ToolError>, lang: Lang) -> Self {
        // Without settings nobody knows what the owner permits.
        let policy = match &settings {
            Ok(known) => known.policy.clone(),
            Err(_) => Policy { read_only: true, ..Policy::default() },
        };
        let offered =
            livebox::tools().filter(|def| livebox::invoke::permit(&policy, def, Caller::Model).is_ok());
        Self {
            cx: Arc::new(settings.and_then(|settings| settings.context(true))),
            lang,
            tools: Arc::new(offered.map(describe).collect()),
            running: Arc::default(),
        }
    }

    async fn invoke(
        &self,
        def: &'static ToolDef,
        args: Value,
        request: &RequestContext<RoleServer>,
    ) -> CallToolResult {
        let writing = (def.access > Access::Read).then(|| self.running.write());
        let cx = match &*self.cx {
            Ok(cx) => cx,
            Err(error) => return self.failure(error),
        };
        let (cx, sent) = cx.watched();
        let (progress, updates) = mpsc::unbounded_channel();
        let sink: livebox::ProgressSink = Arc::new(move |update| drop(progress.send(update)));
        let cx = cx.with_progress(request.meta.get_progress_token().is_some().then_some(sink));
        let order =
            Order { caller: Caller::Model, client: client_of(request), consent: &Nobody, plan_only: false };
        let mut work = Box::pin(async move {
            let outcome = livebox::invoke(&cx, def, &order, args).await;
            drop(writing);
            outcome
        });
        let outcome = tokio::select! {
            outcome = &mut work => outcome,
            () = request.ct.cancelled() => {
                // The client gets no answer to what it cancelled. A tool that has changed something goes on to its
                // end: half a change is worse than a whole one.
                self.running.answered();
                if sent.load(Ordering::Relaxed) {
                    tokio::spawn(work);
                }
                Err(ToolError::Failed(say!("Cancelled.", "Annulé.")))
            }
            never = self.forward(updates, request) => match never {},
        };
        match outcome {
            Ok(answer) => {
                let mut result = CallToolResult::success(vec![ContentBlock::text(answer.page.compact())]);
                result.structured_content = Some(answer.json);
                result
            }
            Err(error) => self.failure(&error),
        }
    }

    /// Sends progress to the client, until the tool ends and this is dropped.
    async fn forward(
        &self,
        mut updates: mpsc::UnboundedReceiver<Progress>,
        request: &RequestContext<RoleServer>,
    ) -> Infallible {
        while let Some(Progress { done, total, message }) = updates.recv().await {
            let Some(token) = request.meta.get_progress_token() else { continue };
            // The last step goes out with the answer itself: some clients choke on both in one read.
            if total.is_some_and(|total| done >= total) {
                continue;
            }
            let mut update =
                ProgressNotificationParam::new(token, done).with_message(message.text(self.lang));
            if let Some(total) = total {
                update = update.with_total(total);
            }
            if request.peer.notify_progress(update).await.is_err() {
                tracing::debug!("the client takes no progress");
            }
        }
        std::future::pending().await
    }

    /// A failed tool is a result that the model reads, not a broken protocol.
    fn failure(&self, error: &ToolError) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text(error.message().text(self.lang))])
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(implementation())
            .with_instructions(INSTRUCTIONS.trim_end())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        request: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut result = ListToolsResult::with_all_items(self.tools.to_vec())
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        if is_modern(&request) {
            sign(result.meta.get_or_insert_default());
        }
        Ok(result)
    }

    /// What the SDK cannot read as a method it knows: a known method whose parameters have another form is no
    /// unknown method.
    async fn on_custom_request(
        &self,
        asked: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(match asked.method.as_str() {
            "tools/call" => ErrorData::invalid_params(
                "tools/call takes {\"name\": text, \"arguments\": object}: give the arguments as a JSON object",
                None,
            ),
            lines::UNREADABLE => ErrorData::parse_error(
                "that line is not readable: one JSON message in UTF-8 is expected, of at most 4 MiB",
                None,
            ),
            "tools/list" | "initialize" | "ping" => {
                ErrorData::invalid_params("the parameters have another form than this method takes", None)
            }
            _ => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, asked.method, None),
        })
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let args = Value::Object(call.arguments.unwrap_or_default());
        let (def, args) = match livebox::find(&call.name) {
            Some(def) => (def, args),
            None => match livebox::earlier::translate(&call.name, &args) {
                Some(Ok(translated)) => translated,
                Some(Err(error)) => return Ok(self.failure(&error).into()),
                None => {
                    let name = livebox::Untrusted::clean(&call.name);
                    return Err(ErrorData::invalid_params(format!("Unknown tool: {}", name.shown()), None));
                }
            },
        };
        let mut result = self.invoke(def, args, &request).await;
        if is_modern(&request) {
            sign(result.meta.get_or_insert_default());
        }
        Ok(result.into())
    }
}

/// Who asks, as they say themselves.
fn client_of(request: &RequestContext<RoleServer>) -> Client {
    let said = request.client_info();
    let clean = |text: &str| livebox::Untrusted::clean(text).shown().to_owned();
    Client {
        name: said.as_ref().map(|client| clean(&client.name)).unwrap_or_default(),
        version: said.as_ref().map(|client| clean(&client.version)).unwrap_or_default(),
        transport: "stdio".to_owned(),
    }
}

fn implementation() -> Implementation {
    Implementation::new("livebox-mcp", env!("CARGO_PKG_VERSION")).with_title("Livebox")
}

fn is_modern(request: &RequestContext<RoleServer>) -> bool {
    request.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// Modern results say which server made them.
fn sign(meta: &mut rmcp::model::MetaObject) {
    let me = json!({ "name": "livebox-mcp", "version": env!("CARGO_PKG_VERSION") });
    meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), me);
}

/// A tool as clients see it.
fn describe(def: &ToolDef) -> Tool {
    let words = def.words().replace('-', " ");
    let mut letters = words.chars();
    let title: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    // A change can be set back by hand; what cuts people off, or deletes, is destructive.
    let destructive = def.access == Access::Disrupt || matches!(def.verb, "remove" | "clear");
    let mut annotations = ToolAnnotations::with_title(title.clone())
        .read_only(def.access == Access::Read)
        .open_world(def.open_world);
    if def.access != Access::Read {
        // Each sets a state: the same call twice changes nothing more. A reboot does.
        annotations = annotations.destructive(destructive).idempotent(def.verb != "reboot");
    }
    Tool::new(Cow::Owned(def.name()), def.description(), Arc::new((def.input_schema)()))
        .with_title(title)
        .with_raw_output_schema(Arc::new((def.output_schema)()))
        .with_annotations(annotations)
}
