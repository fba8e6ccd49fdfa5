//! `--restate`: the arguments of a bar whose pizzas are made on a cluster, and of those who make them.

use std::io;
use std::net::SocketAddr;

use clap::Args;

use crate::server::Place;
use crate::server::kitchen::cluster::{Cluster, Options};
use crate::{closing_time, log, say, speed};

/// Where a bar's cluster is.
#[derive(Debug, Args)]
pub(crate) struct ClusterArgs {
    /// Have pizzas made on a cluster of Restate servers, by the URL of a node's ingress: once for each node, with the URL of its
    /// admin API behind a comma if that is not at port 9070
    #[arg(long, value_name = "URL[,ADMIN-URL]", value_parser = node)]
    restate: Vec<(String, String)>,
    /// Where the bar listens for the cluster
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9080", requires = "restate")]
    worker: SocketAddr,
    /// Only tell the customers: others, by `pizza-bar cook`, make the pizzas
    #[arg(long, requires = "restate")]
    without_kitchen: bool,
}

/// Whom pizzas are made for.
#[derive(Debug, Args)]
pub(crate) struct CookArgs {
    /// The cluster of Restate servers, by the URL of a node's ingress: once for each node, with the URL of its admin API behind a
    /// comma if that is not at port 9070
    #[arg(long, value_name = "URL[,ADMIN-URL]", value_parser = node, required = true)]
    restate: Vec<(String, String)>,
    /// Where to listen for the cluster: cooks on one machine share an address, so that the others go on if one of them dies
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9081")]
    worker: SocketAddr,
    /// How many times as fast as in real life pizzas are made
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Log what happens
    #[arg(long, short)]
    verbose: bool,
}

impl ClusterArgs {
    pub(crate) fn place(self, speed: f64) -> Place {
        if self.restate.is_empty() {
            return Place::Here;
        }
        Place::Cluster(Options {
            nodes: self.restate,
            worker: self.worker,
            cooks: !self.without_kitchen,
            speed,
        })
    }
}

/// Makes pizzas until it is told to stop.
pub(crate) async fn cook(args: CookArgs) -> Result<(), Box<dyn std::error::Error>> {
    log(args.verbose);
    let options = Options {
        nodes: args.restate,
        worker: args.worker,
        cooks: true,
        speed: args.speed,
    };
    let (_, work) = Cluster::work(&options, None).await?;
    say(&mut io::stdout(), "The oven is hot (Ctrl-C lets another cook go on).");
    let told = closing_time().await;
    work.stop().await;
    Ok(told?)
}

/// The URLs of a node.
fn node(text: &str) -> Result<(String, String), String> {
    if let Some((ingress, admin)) = text.split_once(',') {
        return Ok((ingress.to_owned(), admin.to_owned()));
    }
    let host = text
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .and_then(|authority| authority.rsplit_once(':'));
    let (host, _) = host.ok_or_else(|| "write it as http://HOST:8080".to_owned())?;
    Ok((text.to_owned(), format!("http://{host}:9070")))
}
