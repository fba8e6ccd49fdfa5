//! A cluster with a worker.

use asl_engine::durable::RestateClient;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cluster::{Cluster, free_ports};
use crate::proxy::Proxy;
use crate::round::until_served;
use crate::worker::Worker;

pub(crate) struct Setup {
    pub(crate) folder: PathBuf,
    /// Where the worker notes the attempts of tasks.
    pub(crate) effects: PathBuf,
    pub(crate) cluster: Cluster,
    pub(crate) worker: Worker,
    pub(crate) client: RestateClient,
    /// Between the node and the worker, each way to call.
    pub(crate) networks: Vec<Proxy>,
}

impl Setup {
    pub(crate) async fn start(program: &Path, name: &str, nodes: usize) -> Self {
        let (folder, effects, mut cluster) = Self::prepare(program, name, nodes);
        cluster.start();
        let client = cluster.client();
        let [port] = free_ports();
        let mut worker = Worker::new(port, &effects, cluster.ingresses());
        worker.start();
        until_served(&client, &worker.url()).await;
        Self {
            folder,
            effects,
            cluster,
            worker,
            client,
            networks: Vec::new(),
        }
    }

    /// One node and its worker, with a network between them.
    pub(crate) async fn start_apart(program: &Path, name: &str) -> Self {
        let (folder, effects, mut cluster) = Self::prepare(program, name, 1);
        cluster.start();
        let client = cluster.client();
        let [port] = free_ports();
        let networks = vec![Proxy::to(port).await, Proxy::to(cluster.nodes[0].ingress_port()).await];
        let mut worker = Worker::new(port, &effects, vec![networks[1].url()]);
        worker.start();
        until_served(&client, &networks[0].url()).await;
        Self {
            folder,
            effects,
            cluster,
            worker,
            client,
            networks,
        }
    }

    fn prepare(program: &Path, name: &str, nodes: usize) -> (PathBuf, PathBuf, Cluster) {
        let folder = std::env::temp_dir().join(format!("asl-engine-fleet-{name}-{}", std::process::id()));
        let effects = folder.join("effects");
        let cluster = Cluster::new(program, &folder, nodes);
        (folder, effects, cluster)
    }

    /// Ends both, and leaves nothing behind.
    pub(crate) fn end(self) {
        drop((self.cluster, self.worker));
        fs::remove_dir_all(self.folder).unwrap();
    }
}
