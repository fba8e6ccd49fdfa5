//! A server of HTTP that answers as a test says, and tells what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// A header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(given, _)| given == name)?;
        Some(value)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    /// JSON with the status 200.
    pub(crate) fn json(body: &Value) -> Self {
        Self::error(200, body)
    }

    pub(crate) fn error(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        }
    }
}

/// What happens at a server.
#[derive(Debug)]
pub(crate) enum Seen {
    Request(Request),
    /// The other side has closed a connection whose request was not answered.
    Closed,
}

type Answers = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

/// A server, and what it sees.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: UnboundedReceiver<Seen>,
}

impl Server {
    /// Starts one; a request that gets no answer waits until the other side closes its connection.
    pub(crate) fn start(answers: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let (told, seen) = unbounded_channel();
        let answers: Arc<Answers> = Arc::new(answers);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, told) = (Arc::clone(&answers), told.clone());
                std::thread::spawn(move || serve(&stream, &*answers, &told));
            }
        });
        Self { url, seen }
    }

    /// The next request.
    pub(crate) async fn request(&mut self) -> Request {
        match self.seen.recv().await {
            Some(Seen::Request(request)) => request,
            other => panic!("a request was expected: {other:?}"),
        }
    }

    /// Waits until the other side has closed a connection whose request was not answered.
    pub(crate) async fn closed(&mut self) {
        match self.seen.recv().await {
            Some(Seen::Closed) => {}
            other => panic!("the end of a connection was expected: {other:?}"),
        }
    }

    /// The requests so far.
    pub(crate) fn requests(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        while let Ok(seen) = self.seen.try_recv() {
            if let Seen::Request(request) = seen {
                requests.push(request);
            }
        }
        requests
    }
}

fn serve(mut stream: &TcpStream, answers: &Answers, told: &UnboundedSender<Seen>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let reply = answers(&request);
        // Nobody may listen any more.
        told.send(Seen::Request(request)).ok();
        let Some(Reply { status, headers, body }) = reply else {
            if reader.read(&mut [0]).is_ok_and(|bytes| bytes == 0) {
                told.send(Seen::Closed).ok();
            }
            return;
        };
        let mut answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            answer.extend([&name, ": ", &value, "\r\n"]);
        }
        answer.extend(["\r\n", &body]);
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    let mut next = || {
        line.clear();
        reader.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned()).filter(|_| line.ends_with('\n'))
    };
    let first = next()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let line = next()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
