//! What stands between the SDK and the client: nothing gets in that the SDK would stumble over, nothing out that must not
//! leave, and the end of standard input is an orderly one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::{
    RoleServer,
    model::{
        ClientRequest, CustomNotification, CustomRequest, CustomResult, GetMeta as _, JsonRpcMessage,
        ProtocolVersion,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// After the client closed stdin: how long calls that read may still answer.
const GRACE_FOR_READS: Duration = Duration::from_secs(1);
/// The same for calls that change the box: they are seen through, up to the longest time limit of a write.
const GRACE_FOR_WRITES: Duration = Duration::from_secs(40);

/// Requests under way, so that the end of stdin waits for their answers.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// Requests read whose answer has not been written.
    requests: AtomicUsize,
    /// Those of them that change the box.
    writes: AtomicUsize,
    changed: Notify,
    /// Cancelled when the client has left: nobody answers questions any more.
    pub(super) gone: CancellationToken,
}

/// One change under way; dropped when it ends, however it ends.
pub(super) struct Writing(Arc<Running>);

impl Running {
    fn asked(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self) {
        // An answer without a request (to a line that was no request) does not count.
        let _ = self.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| open.checked_sub(1));
        self.changed.notify_waiters();
    }

    pub(super) fn write(self: &Arc<Self>) -> Writing {
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

/// Standard input, made safe: a notification or response before the request that opens the session would end the SDK's
/// service, and the end of input would cut running calls or hang on them.
pub(super) struct Guarded<T> {
    inner: T,
    opened: bool,
    running: Arc<Running>,
    stop: CancellationToken,
}

impl<T> Guarded<T> {
    /// Guards that transport; `stop` ends the service once everything is answered.
    pub(super) fn new(inner: T, running: Arc<Running>, stop: CancellationToken) -> Self {
        Self { inner, opened: false, running, stop }
    }
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
                    self.running.gone.cancel();
                    self.running.drain().await;
                    let stop = self.stop.clone();
                    // The last answers are being written: leave them a moment, then end whatever remains.
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        stop.cancel();
                    });
                    return None;
                }
                Some(JsonRpcMessage::Request(request)) => {
                    self.opened |= opens(&request.request);
                    self.running.asked();
                    return Some(JsonRpcMessage::Request(request));
                }
                Some(message) if self.opened => return Some(message),
                Some(_) => tracing::debug!("ignored a message before the session was open"),
            }
        }
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.inner.close().await
    }
}

/// Whether the SDK takes that request for the beginning of a session, and not for a question before it.
fn opens(request: &ClientRequest) -> bool {
    const MODERN: ProtocolVersion = ProtocolVersion::V_2026_07_28;
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        other => {
            let meta = other.get_meta();
            meta.missing_required_keys(&MODERN).is_empty() && meta.protocol_version() == Some(MODERN)
        }
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
