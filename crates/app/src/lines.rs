//! Standard input line by line: a line that no JSON reader takes would be dropped in silence by the SDK, and its
//! sender would wait for an answer in vain.

use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader, DuplexStream};

/// The method under which an unreadable line arrives, so that it is answered; nobody else asks for it.
pub(crate) const UNREADABLE: &str = "livebox-mcp/unreadable";

/// The longest line that is read; an argument is a few hundred bytes.
const LONGEST: usize = 4 << 20;
/// Where the id of an unreadable line is looked for: clients write it near the start or the end.
const EDGE: usize = 1024;
const PIPE: usize = 64 << 10;

/// The same input with unreadable lines made into requests that fail.
pub(crate) fn readable(input: impl AsyncRead + Send + Unpin + 'static) -> DuplexStream {
    let (mut write, read) = tokio::io::duplex(PIPE);
    tokio::spawn(async move {
        let mut input = BufReader::new(input);
        let mut line = Line::default();
        while line.read(&mut input).await {
            if write.write_all(&line.checked()).await.is_err() {
                return;
            }
        }
    });
    read
}

/// One line, as far as it is kept.
#[derive(Default)]
struct Line {
    start: Vec<u8>,
    /// The last bytes of a line that is too long.
    end: Vec<u8>,
    too_long: bool,
}

impl Line {
    /// Reads the next line; `false` at the end of the input.
    async fn read(&mut self, input: &mut (impl AsyncBufRead + Unpin)) -> bool {
        *self = Self::default();
        loop {
            let Ok(found) = input.fill_buf().await else { return false };
            if found.is_empty() {
                return !self.start.is_empty();
            }
            let stop = found.iter().position(|byte| *byte == b'\n');
            let taken = stop.map_or(found.len(), |place| place + 1);
            self.take(found.get(..taken).unwrap_or_default());
            input.consume(taken);
            if stop.is_some() {
                return true;
            }
        }
    }

    fn take(&mut self, piece: &[u8]) {
        if self.start.len() + piece.len() <= LONGEST && !self.too_long {
            self.start.extend_from_slice(piece);
            return;
        }
        self.too_long = true;
        self.start.truncate(EDGE);
        self.end.extend_from_slice(piece);
        let surplus = self.end.len().saturating_sub(EDGE);
        self.end.drain(..surplus);
    }

    /// The line, or what stands for it.
    fn checked(&mut self) -> Vec<u8> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        let text = self.start.strip_prefix(MARK).unwrap_or(&self.start).trim_ascii();
        if text.is_empty() || !self.too_long && serde_json::from_slice::<Value>(text).is_ok() {
            return std::mem::take(&mut self.start);
        }
        let id = self.id();
        tracing::debug!(answered = id.is_some(), too_long = self.too_long, "an unreadable line");
        // Without an id the SDK answers that it is no request.
        let mut stand_in = match id {
            Some(id) => json!({ "jsonrpc": "2.0", "id": id, "method": UNREADABLE }),
            None => json!({ "jsonrpc": "2.0" }),
        }
        .to_string()
        .into_bytes();
        stand_in.push(b'\n');
        stand_in
    }

    /// The id of the request, if there is exactly one thing that looks like it.
    fn id(&self) -> Option<Value> {
        let mut edges = self.start.get(..EDGE.min(self.start.len())).unwrap_or_default().to_vec();
        let rest = if self.too_long { &self.end } else { self.start.get(EDGE..).unwrap_or_default() };
        edges.extend_from_slice(rest.get(rest.len().saturating_sub(EDGE)..).unwrap_or_default());
        let text = String::from_utf8_lossy(&edges);
        let mut found = text.match_indices("\"id\"").filter_map(|(place, name)| {
            let value = text.get(place + name.len()..)?.trim_start().strip_prefix(':')?;
            serde_json::Deserializer::from_str(value).into_iter::<Value>().next()?.ok()
        });
        match (found.next(), found.next()) {
            (Some(id), None) if id.is_string() || id.is_i64() => Some(id),
            _ => None,
        }
    }
}
