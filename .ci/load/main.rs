//! Loads a Step Functions API with 64 connections and prints what it does a second: starts, describes, completed executions.
//!
//! Usage: `load NAME ADDRESS SECONDS`. Compiled by `run` without cargo: std alone, so that the client is no bottleneck.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 64;
const THREADS: usize = 2;
const DEFINITION: &str = r#"{\"StartAt\":\"Bake\",\"States\":{\"Bake\":{\"Type\":\"Pass\",\"End\":true}}}"#;
/// moto and MiniStack find the service by the scope of the key.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDLOAD/20260101/us-east-1/states/aws4_request, \
                             SignedHeaders=host;x-amz-target, Signature=00";

/// A connection that stays open.
struct Client {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket has options");
        Self {
            address: address.to_owned(),
            stream: BufReader::new(stream),
        }
    }

    /// Calls an action and returns the body of its answer.
    fn call(&mut self, call: &Call) -> String {
        self.send(call);
        self.answer(call)
    }

    fn send(&mut self, (action, body): &Call) {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: \
             AWSStepFunctions.{action}\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: {AUTHORIZATION}\r\nContent-Length: \
             {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("the server reads");
    }

    /// The body of the answer to what was sent.
    fn answer(&mut self, (action, _): &Call) -> String {
        let (mut length, mut stays_open, mut line) = (0, true, String::new());
        let mut status = String::new();
        loop {
            line.clear();
            let read = self.stream.read_line(&mut line).expect("the server answers");
            assert!(read > 0, "the server closed the connection within an answer");
            if status.is_empty() {
                status.clone_from(&line);
            }
            let header = line.trim().to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length is a number");
            }
            stays_open &= header != "connection: close" && !status.starts_with("HTTP/1.0");
            if header.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the server answers whole");
        let body = String::from_utf8(body).expect("answers are text");
        assert!(status.contains(" 200 "), "{action}: {status}{body}");
        if !stays_open {
            *self = Self::new(&self.address.clone());
        }
        body
    }
}

/// The text of a member.
fn member(body: &str, name: &str) -> String {
    let name = format!("\"{name}\"");
    let after = body.split_once(&name).unwrap_or_else(|| panic!("{body} has no {name}")).1;
    after.split('"').nth(1).expect("the member is a text").to_owned()
}

/// An action and its request.
type Call = (&'static str, String);

/// The request of a start under a new name: moto gives every execution without one the same.
fn start(machine: &str) -> Call {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let request = format!(r#"{{"stateMachineArn":"{machine}","name":"load-{number}","input":"{{}}"}}"#);
    ("StartExecution", request)
}

fn describe(arn: &str) -> Call {
    ("DescribeExecution", format!(r#"{{"executionArn":"{arn}"}}"#))
}

/// How often all connections do something, a second. `next` is what a connection calls after its last call and the answer to
/// it, the first time after none, and whether something is done with that answer.
///
/// Each thread sends the calls of its connections, then waits for their answers one after the other: a thread for each
/// connection would take more of the processors for waking up than the server takes.
fn rate(
    address: &str,
    seconds: u64,
    next: impl Fn(Option<(&Call, &str)>) -> (Call, bool) + Send + Sync + 'static,
) -> f64 {
    let (next, done) = (Arc::new(next), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (next, done) = (Arc::clone(&next), Arc::clone(&done));
            let mut clients: Vec<_> = (0..CONNECTIONS / THREADS)
                .map(|_| (Client::new(address), next(None).0))
                .collect();
            std::thread::spawn(move || {
                while Instant::now() < end {
                    for (client, call) in &mut clients {
                        client.send(call);
                    }
                    for (client, call) in &mut clients {
                        let answer = client.answer(call);
                        let (after, is_done) = next(Some((call, &answer)));
                        *call = after;
                        done.fetch_add(usize::from(is_done), Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("every call is answered");
    }
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, address, seconds] = arguments.as_slice() else {
        panic!("usage: load NAME ADDRESS SECONDS")
    };
    let seconds = seconds.parse().expect("SECONDS is a number");
    let mut client = Client::new(address);
    let role = "arn:aws:iam::123456789012:role/load";
    let create = format!(r#"{{"name":"load","definition":"{DEFINITION}","roleArn":"{role}"}}"#);
    let machine = member(&client.call(&("CreateStateMachine", create)), "stateMachineArn");
    let started = member(&client.call(&start(&machine)), "executionArn");

    let described = describe(&started);
    let describes = rate(address, seconds, move |_| (described.clone(), true));
    let of = machine.clone();
    let starts = rate(address, seconds, move |_| (start(&of), true));
    let completed = rate(address, seconds, move |last| match last {
        Some((("StartExecution", _), answer)) => (describe(&member(answer, "executionArn")), false),
        Some((call, answer)) if member(answer, "status") == "RUNNING" => (call.clone(), false),
        last => (start(&machine), last.is_some()),
    });
    println!("{name} {starts:.0} {describes:.0} {completed:.0}");
}
