//! Loads a Step Functions API with 64 connections and prints what it does a second: starts, describes, completed executions.
//!
//! Usage: `load NAME ADDRESS SECONDS`. Compiled by `run` without cargo: std alone, so that the client is no bottleneck.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 64;
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
    fn call(&mut self, action: &str, body: &str) -> String {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: \
             AWSStepFunctions.{action}\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: {AUTHORIZATION}\r\nContent-Length: \
             {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("the server reads");
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

/// The request of a start under a new name: moto gives every execution without one the same.
fn start(machine: &str) -> String {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    format!(r#"{{"stateMachineArn":"{machine}","name":"load-{number}","input":"{{}}"}}"#)
}

/// How often all connections do something, a second.
fn rate(address: &str, seconds: u64, work: impl Fn(&mut Client) + Send + Sync + 'static) -> f64 {
    let (work, done) = (Arc::new(work), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (work, done, mut client) = (Arc::clone(&work), Arc::clone(&done), Client::new(address));
            std::thread::spawn(move || {
                while Instant::now() < end {
                    work(&mut client);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for client in clients {
        client.join().expect("every call is answered");
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
    let machine = member(&client.call("CreateStateMachine", &create), "stateMachineArn");
    let started = member(&client.call("StartExecution", &start(&machine)), "executionArn");
    let describe = |arn: &str| format!(r#"{{"executionArn":"{arn}"}}"#);

    let described = describe(&started);
    let describes = rate(address, seconds, move |client| {
        drop(client.call("DescribeExecution", &described))
    });
    let of = machine.clone();
    let starts = rate(address, seconds, move |client| {
        drop(client.call("StartExecution", &start(&of)))
    });
    let completed = rate(address, seconds, move |client| {
        let arn = member(&client.call("StartExecution", &start(&machine)), "executionArn");
        while member(&client.call("DescribeExecution", &describe(&arn)), "status") == "RUNNING" {}
    });
    println!("{name} {starts:.0} {describes:.0} {completed:.0}");
}
