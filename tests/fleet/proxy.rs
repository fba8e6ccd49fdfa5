//! A network between two processes that can be cut.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a process that was just started may take to listen.
const STARTING: Duration = Duration::from_millis(500);

/// What a network does.
#[derive(Debug, Clone, Copy)]
struct Network {
    /// Whether bytes pass to the one that is called, and back.
    passes: [bool; 2],
    /// Connections of an earlier age are reset.
    age: u64,
}

/// Passes on what is sent to a port, unless the network is cut.
pub(crate) struct Proxy {
    port: u16,
    network: watch::Sender<Network>,
    serving: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Network {
            passes: [true, true],
            age: 0,
        };
        let (network, now) = watch::channel(open);
        let serving = tokio::spawn(async move {
            loop {
                let (caller, _) = listener.accept().await.unwrap();
                tokio::spawn(connect(caller, target, now.clone()));
            }
        });
        Self { port, network, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether bytes pass from now on to the one that is called, and back. Those that do not are kept: nobody is told that
    /// the network is cut.
    pub(crate) fn pass(&self, there: bool, back: bool) {
        self.network.send_modify(|network| network.passes = [there, back]);
    }

    /// Resets all connections: both ends are told at once. New ones pass.
    pub(crate) fn reset(&self) {
        self.network.send_modify(|network| {
            network.passes = [true, true];
            network.age += 1;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
        self.reset();
    }
}

async fn connect(mut near: TcpStream, target: u16, network: watch::Receiver<Network>) {
    let age = network.borrow().age;
    let Ok(Ok(mut far)) = timeout(STARTING, TcpStream::connect(("127.0.0.1", target))).await else {
        return;
    };
    near.set_zero_linger().unwrap();
    far.set_zero_linger().unwrap();
    let (from_near, to_near) = near.split();
    let (from_far, to_far) = far.split();
    let there = pump(from_near, to_far, network.clone(), 0, age);
    let back = pump(from_far, to_near, network.clone(), 1, age);
    let mut until_reset = network.clone();
    tokio::select! {
        _ = async { tokio::join!(there, back) } => {}
        _ = until_reset.wait_for(|network| network.age != age) => {}
    }
}

/// Passes on what comes from one end to the other, while the network lets it.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut network: watch::Receiver<Network>,
    direction: usize,
    age: u64,
) -> io::Result<()> {
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await?;
        let is_open = |network: &Network| network.passes[direction] && network.age == age;
        if network.wait_for(is_open).await.is_err() {
            return Ok(());
        }
        match read {
            0 => return to.shutdown().await,
            read => to.write_all(&bytes[..read]).await?,
        }
    }
}
