//! A client of server-sent events, strict about what it reads.

use std::collections::VecDeque;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::Value;

use crate::document;

/// One event that a browser would dispatch.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// An open stream.
pub(crate) struct Events {
    bytes: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    buffer: String,
    /// What was read and not yet taken: the id, and the event if there was one.
    ready: VecDeque<(Option<String>, Option<Event>)>,
    /// As a browser keeps it: of the last event that was taken.
    pub(crate) last_id: Option<String>,
    /// Comments seen: heartbeats.
    pub(crate) comments: usize,
}

impl Events {
    pub(crate) async fn open(url: &str, query: &str, last_id: Option<&str>) -> Self {
        let mut request = reqwest::Client::new().get(format!("{url}/v1/live{query}"));
        if let Some(id) = last_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            bytes: response.bytes_stream().boxed(),
            buffer: String::new(),
            ready: VecDeque::new(),
            last_id: last_id.map(str::to_owned),
            comments: 0,
        }
    }

    /// The next event; `None` when the server ended the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((id, event)) = self.ready.pop_front() {
                self.last_id = id.or(self.last_id.take());
                if event.is_some() {
                    return event;
                }
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    /// Waits until the server has said where the stream begins, also when that is no event for this client.
    pub(crate) async fn placed(&mut self) {
        while self.last_id.is_none() {
            match self.ready.pop_front() {
                Some((id, None)) => self.last_id = id,
                Some((_, Some(event))) => panic!("{event:?} came before the place"),
                None => assert!(self.fill().await, "the stream goes on"),
            }
        }
    }

    /// Reads some more; false when the server ended the stream.
    async fn fill(&mut self) -> bool {
        let chunk = tokio::time::timeout(Duration::from_secs(20), self.bytes.next())
            .await
            .expect("no event came");
        let Some(Ok(chunk)) = chunk else { return false };
        self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        while let Some(end) = self.buffer.find("\n\n") {
            let block: String = self.buffer.drain(..end + 2).collect();
            self.read(block.trim_end());
        }
        true
    }

    fn read(&mut self, block: &str) {
        let (mut name, mut data, mut id) = (None, None, None);
        for line in block.lines() {
            match line.split_once(": ").unwrap_or_else(|| panic!("not a field: {line}")) {
                ("", _) => self.comments += 1,
                ("event", value) => name = Some(value.to_owned()),
                ("id", value) => id = Some(value.to_owned()),
                ("data", value) => data = Some(serde_json::from_str(value).unwrap()),
                ("retry", value) => assert!(value.parse::<u32>().is_ok()),
                (field, _) => panic!("unknown field {field}"),
            }
        }
        let event = name.zip(data).map(|(name, data)| Event { name, data });
        if let Some(event) = &event {
            document::check_event(&event.name, &event.data);
        }
        self.ready.push_back((id, event));
    }

    /// Reads on until an event of this name.
    pub(crate) async fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == name {
                return event;
            }
        }
    }

    /// The ids of the messages that come before the watermark reaches `through`.
    pub(crate) async fn messages_until(&mut self, through: &str) -> Vec<String> {
        let mut found = vec![];
        loop {
            let event = self.next().await.expect("the stream goes on");
            match event.name.as_str() {
                "message" => found.push(event.data["message_id"].as_str().unwrap().to_owned()),
                "watermark" if event.data["watermark"].as_str() >= Some(through) => return found,
                "lagged" => panic!("lagged: {}", event.data),
                _ => {}
            }
        }
    }
}
