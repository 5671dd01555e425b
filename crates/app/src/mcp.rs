//! The MCP server, built from the registry. The SDK is named in this module only.
//!
//! Both eras of the protocol are served by the SDK from one process; what it leaves to us is here: a guard on
//! standard input, an orderly end, consent by a person, a list that follows the owner's policy, one choke point for calls.

mod consent;
mod offer;
mod seal;
mod stdio;
#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    pin::pin,
    sync::{Arc, OnceLock, atomic::Ordering},
    time::Duration,
};

use livebox::{Access, Caller, Client, Context, Lang, Order, Policy, Progress, ToolDef, ToolError, say};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
        CustomResult, ErrorCode, Implementation, InputResponses, JsonObject, ListToolsResult, MetaObject,
        PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, ServerCapabilities, ServerConfig,
        SubscriptionFilter,
    },
    service::{Peer, RequestContext, SubscriptionContext},
    transport::{async_rw::AsyncRwTransport, io::stdio_pipes},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::lines;
use consent::{Asking, Back, PATIENCE, Way};
use offer::Offer;
use seal::Seals;
use stdio::{Guarded, Running};

const INSTRUCTIONS: &str = include_str!("instructions.txt");

/// How long a client may keep the tool list. It only changes with the owner's settings, and one that listens is told.
const LIST_TTL_MS: u64 = 60_000;

/// Between two looks at the owner's settings, for clients that call nothing meanwhile.
const LOOK: Duration = Duration::from_secs(2);

/// How long guards that are ending anyway are waited for in silence, and all others at most.
const GRACE_FOR_GUARDS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10 * 60));

/// Makes the context of the calls, from the settings; called until it succeeds.
type Setup = Arc<dyn Fn() -> Result<Context, ToolError> + Send + Sync>;

/// Serves MCP on standard input and output until the client leaves. Nothing is set up before it is needed.
pub(crate) async fn serve_stdio(
    setup: impl Fn() -> Result<Context, ToolError> + Send + Sync + 'static,
    lang: Lang,
) -> Result<(), ToolError> {
    let (input, output) = stdio_pipes();
    serve(Server::new(Arc::new(setup), lang, PATIENCE), input, output).await
}

async fn serve(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), ToolError> {
    let (running, cx) = (server.running.clone(), Arc::clone(&server.cx));
    let stop = CancellationToken::new();
    let transport = AsyncRwTransport::new_server(lines::readable(input), output);
    let guard = Guarded::new(transport, running, stop.clone());
    let service = match server.serve_with_ct(guard, stop).await {
        Ok(service) => service,
        // The client left before its first request, as throw-away probes do.
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(broken(&error.to_string())),
    };
    let guards = tokio::spawn(look_after_guards(Arc::clone(&cx)));
    let ended = service.waiting().await.map(|_| ()).map_err(|error| broken(&error.to_string()));
    guards.abort();
    if let Some(cx) = cx.get() {
        see_guards_through(cx).await;
    }
    ended
}

/// Takes up what other processes leave under guard when they die, even while the client calls nothing.
async fn look_after_guards(cx: Arc<OnceLock<Context>>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if let Some(cx) = cx.get() {
            cx.look_after_guards();
        }
    }
}

/// A change that is being watched is taken back by whoever watches it: that must not leave with the client.
async fn see_guards_through(cx: &Context) {
    let (moment, longest) = GRACE_FOR_GUARDS;
    let mut ended = pin!(cx.guards_ended());
    if tokio::time::timeout(moment, &mut ended).await.is_ok() {
        return;
    }
    tracing::warn!(
        "the client left while a change is under guard: livebox-mcp stays until the guard has ended"
    );
    if tokio::time::timeout(longest, ended).await.is_err() {
        tracing::warn!("the guard has not ended; the next livebox-mcp takes it up");
    }
}

fn broken(problem: &str) -> ToolError {
    ToolError::Failed(say!("The MCP session ended: {problem}.", "La session MCP a pris fin : {problem}."))
}

/// The server: the tools on one box, for one client.
#[derive(Clone)]
struct Server {
    setup: Setup,
    /// The context, once there is one. Until then (a bad address or configuration, say) each call tells why, so that the
    /// client still starts and the person reads the reason.
    cx: Arc<OnceLock<Context>>,
    lang: Lang,
    offer: Arc<Offer>,
    seals: Arc<Seals>,
    /// How long a person has to answer.
    patience: Duration,
    running: Arc<Running>,
    /// Set once the owner's settings are looked at regularly.
    watched: Arc<OnceLock<()>>,
}

impl Server {
    fn new(setup: Setup, lang: Lang, patience: Duration) -> Self {
        Self {
            setup,
            cx: Arc::default(),
            lang,
            offer: Arc::default(),
            seals: Arc::new(Seals::new(patience)),
            patience,
            running: Arc::default(),
            watched: Arc::default(),
        }
    }

    fn cx(&self) -> Result<&Context, ToolError> {
        if let Some(cx) = self.cx.get() {
            return Ok(cx);
        }
        let cx = (self.setup)()?;
        Ok(self.cx.get_or_init(|| cx))
    }

    /// What the owner permits as of now. When that cannot be read, nobody knows: what reads is offered, and tells why.
    fn policy(&self) -> Policy {
        let known = self.cx().and_then(Context::policy);
        known.unwrap_or_else(|_| Policy { read_only: true, ..Policy::default() })
    }

    /// From now on tells a client of the older protocols when its list is no longer what the owner permits, even if it
    /// calls nothing.
    fn watch_for(&self, peer: Peer<RoleServer>) {
        if self.watched.set(()).is_err() {
            return;
        }
        let server = self.clone();
        tokio::spawn(async move {
            let gone = server.running.gone.clone();
            while tokio::time::timeout(LOOK, gone.cancelled()).await.is_err() {
                if server.offer.has_changed(server.policy()) && peer.notify_tool_list_changed().await.is_err()
                {
                    return;
                }
            }
        });
    }

    /// Tells the client if its list is no longer what the owner permits.
    async fn notice(&self, request: &RequestContext<RoleServer>) {
        // Those of the 2026 protocol hear it where they listen.
        if self.offer.has_changed(self.policy())
            && !is_modern(request)
            && request.peer.notify_tool_list_changed().await.is_err()
        {
            tracing::debug!("the client takes no notice of its list");
        }
    }

    async fn invoke(
        &self,
        meant: Meant,
        way: Way,
        client: Client,
        request: &RequestContext<RoleServer>,
    ) -> CallToolResponse {
        let Meant { def, args, plan_only } = meant;
        let writing = (def.access > Access::Read).then(|| self.running.write());
        let cx = match self.cx() {
            Ok(cx) => cx,
            Err(error) => return self.failure(&error).into(),
        };
        let (cx, sent) = cx.watched();
        let (progress, updates) = mpsc::unbounded_channel();
        let sink: livebox::ProgressSink = Arc::new(move |update| drop(progress.send(update)));
        let cx = cx.with_progress(request.meta.get_progress_token().is_some().then_some(sink));
        let asking = Arc::new(Asking::new(self.lang, way));
        let consent = Arc::clone(&asking);
        let mut work = Box::pin(async move {
            let order = Order { caller: Caller::Model, client, consent: &*consent, plan_only };
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
        if let Some(question) = asking.asked() {
            return question.into();
        }
        match outcome {
            Ok(answer) => {
                let mut result = CallToolResult::success(vec![ContentBlock::text(answer.page.compact())]);
                result.structured_content = Some(answer.json);
                result
            }
            Err(error) => self.failure(&error),
        }
        .into()
    }

    /// How the person in front of that client is asked about that call, and what they answered already.
    fn way(
        &self,
        tool: &str,
        args: &Value,
        client: &Client,
        answers: (Option<String>, Option<InputResponses>),
        request: &RequestContext<RoleServer>,
    ) -> Result<Way, ToolError> {
        if !consent::can_ask(request) {
            return Ok(Way::Terminal);
        }
        if !is_modern(request) {
            let (peer, gone) = (request.peer.clone(), self.running.gone.clone());
            return Ok(Way::Request { peer, gone, patience: self.patience });
        }
        let binding = seal::binding(tool, args, client);
        let back = match answers {
            // Answers to no question of ours.
            (None, _) => None,
            (Some(state), answers) => {
                let plan = self.seals.redeem(&state, &binding)?;
                Some(Back { plan, answers: answers.unwrap_or_default() })
            }
        };
        Ok(Way::Answer { seals: Arc::clone(&self.seals), binding, back })
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
        CallToolResult::error(vec![ContentBlock::text(livebox::unmarked(error.message().text(self.lang)))])
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let can = ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build();
        ServerConfig::new(can).with_server_info(implementation()).with_instructions(INSTRUCTIONS.trim_end())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        request: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut result = ListToolsResult::with_all_items(self.offer.list(self.policy()))
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        if is_modern(&request) {
            sign(&mut result.meta);
        } else {
            self.watch_for(request.peer);
        }
        Ok(result)
    }

    fn accepted_subscription_filter(&self, wanted: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(wanted.supported_by(&self.get_info().capabilities))
    }

    /// Changes of the tool list, for clients of the 2026 protocol.
    async fn listen(&self, listener: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.offer.changes();
        loop {
            tokio::select! {
                () = self.running.gone.cancelled() => return Ok(()),
                () = listener.cancelled() => {
                    // What was cancelled gets no answer.
                    self.running.answered();
                    return Ok(());
                }
                () = tokio::time::sleep(LOOK) => {
                    // Told by `changes`, like all others.
                    self.offer.has_changed(self.policy());
                }
                more = changes.changed() => {
                    if more.is_err() {
                        return Ok(());
                    }
                    if listener.sink().notify_tool_list_changed().await.is_err() {
                        tracing::debug!("the client listens to something else");
                    }
                }
            }
        }
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
        let CallToolRequestParams { name, arguments, input_responses, request_state, .. } = call;
        let given = arguments.unwrap_or_default();
        let Some(meant) = understand(&name, &given) else {
            let name = livebox::Untrusted::clean(&name);
            return Err(ErrorData::invalid_params(format!("Unknown tool: \"{}\"", name.in_quotes()), None));
        };
        self.notice(&request).await;
        let client = client_of(&request);
        let answers = (request_state, input_responses);
        let ready = meant.and_then(|meant| {
            let way = self.way(&name, &Value::Object(given), &client, answers, &request)?;
            Ok((meant, way))
        });
        let mut response = match ready {
            Ok((meant, way)) => self.invoke(meant, way, client, &request).await,
            Err(error) => self.failure(&error).into(),
        };
        if is_modern(&request) {
            match &mut response {
                CallToolResponse::Complete(result) => sign(&mut result.meta),
                CallToolResponse::InputRequired(result) => sign(&mut result.meta),
                _ => {}
            }
        }
        Ok(response)
    }
}

/// What a call asks for.
struct Meant {
    def: &'static ToolDef,
    args: Value,
    /// Only the plan is wanted.
    plan_only: bool,
}

/// The tool that a call means, under its name or an earlier one; `None` when there is no such tool.
fn understand(name: &str, given: &JsonObject) -> Option<Result<Meant, ToolError>> {
    let named = |args: Value| match livebox::find(name) {
        Some(def) => Some(Ok((def, args))),
        None => livebox::earlier::translate(name, &args),
    };
    let mut args = given.clone();
    let plan = args.remove(offer::PLAN);
    let found = match named(Value::Object(args))? {
        // Others have no such argument, and say so.
        Ok((def, _)) if plan.is_some() && !def.is_change() => named(Value::Object(given.clone()))?,
        found => found,
    };
    Some(found.and_then(|(def, args)| {
        let plan_only = match plan {
            Some(Value::Bool(wanted)) => wanted,
            Some(Value::Null) | None => false,
            Some(_) if !def.is_change() => false,
            Some(_) => {
                return Err(ToolError::Arguments(say!(
                    "Wrong argument `plan`: true or false is expected.",
                    "Argument « plan » incorrect : true ou false est attendu."
                )));
            }
        };
        Ok(Meant { def, args, plan_only })
    }))
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
fn sign(meta: &mut Option<MetaObject>) {
    let me = json!({ "name": "livebox-mcp", "version": env!("CARGO_PKG_VERSION") });
    meta.get_or_insert_default().insert("io.modelcontextprotocol/serverInfo".to_owned(), me);
}
